import { after } from '@busbar/kernel'
import { expect, test } from 'vitest'
import { Deadlines } from './deadlines.js'
import { ManualClock } from './testing/manual-clock.js'

test('never rings early, and soon after the moment', () => {
  const clock = new ManualClock()
  const deadlines = new Deadlines(clock)
  const lateMs: number[] = []
  for (const ms of [1, 7, 19, 20, 21, 999]) {
    const at = after(clock.now(), ms)
    deadlines.set(at, () => lateMs.push(clock.now() - at))
  }
  clock.advance(2_000)
  expect(lateMs).toHaveLength(6)
  expect(Math.min(...lateMs)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...lateMs)).toBeLessThan(50)
})

test('what was dropped does not ring, also by another of its batch, and the last one takes the timer along', () => {
  const clock = new ManualClock()
  const deadlines = new Deadlines(clock)
  const rung: string[] = []
  const at = after(clock.now(), 100)
  deadlines.set(at, () => {
    rung.push('first')
    dropSecond()
  })
  const dropSecond = deadlines.set(at, () => rung.push('second'))
  clock.advance(100)
  expect(rung).toEqual(['first'])
  deadlines.set(after(clock.now(), 50), () => rung.push('alone'))()
  expect(clock.next()).toBeNull()
})
