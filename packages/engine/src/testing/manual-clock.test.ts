import { after, instant } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../clock.js'
import { ManualClock } from './manual-clock.js'

describe('the manual clock', () => {
  it('rings alarms in the order of their time, then of their setting, each at its own moment', () => {
    const clock = new ManualClock(1_000)
    const rung: string[] = []
    const set = (name: string, ms: number) => clock.wakeAt(after(clock.now(), ms), () => rung.push(`${name}@${clock.now()}`))
    set('b', 20)
    set('a', 10)
    set('c', 20)
    const cancel = set('never', 15)
    cancel()
    expect(clock.next()).toBe(1_010)
    clock.wakeAt(instant(1_005), () => set('set on the way', 6))
    clock.advance(30)
    expect(rung).toEqual(['a@1010', 'set on the way@1011', 'b@1020', 'c@1020'])
    expect([clock.now(), clock.next()]).toEqual([1_030, null])
  })

  it('does not move back', () => {
    const clock = new ManualClock(1_000)
    clock.moveTo(instant(5))
    expect(clock.now()).toBe(1_000)
  })
})

describe('an alarm that is due when it is set', () => {
  for (const clock of [systemClock(), new ManualClock()]) {
    it(`rings in the next turn, not at once (${clock.constructor.name})`, async () => {
      let isRung = false
      await new Promise<void>(resolve => {
        clock.wakeAt(clock.now(), () => {
          isRung = true
          resolve()
        })
        expect(isRung).toBe(false)
        const cancel = clock.wakeAt(clock.now(), () => expect.unreachable('it was cancelled'))
        cancel()
      })
      expect(isRung).toBe(true)
    })
  }
})
