import { type Fault, MemoryStore } from '@busbar/store/testing'
import { describe, expect, it } from 'vitest'
import { startScripted } from './testing/scripted-engine.js'

const ticksOf = async (on: Awaited<ReturnType<typeof startScripted>>, id: Parameters<typeof on.view>[0]) => (await on.view(id)).state.ticks

describe('a timer', () => {
  it('fires at its moment, not before, and once', async () => {
    const on = await startScripted()
    const id = await on.create([{ do: 'wake', afterMs: 10_000 }])
    await on.advance(9_999)
    expect(await ticksOf(on, id)).toBe(0)
    await on.advance(1)
    expect(await ticksOf(on, id)).toBe(1)
    await on.advance(60_000)
    expect(await ticksOf(on, id)).toBe(1)
  })

  it('that is set earlier than the nearest one is not late', async () => {
    const on = await startScripted()
    const far = await on.create([{ do: 'wake', afterMs: 60_000 }])
    const near = await on.create([{ do: 'wake', afterMs: 1_000 }])
    await on.advance(1_000)
    expect([await ticksOf(on, far), await ticksOf(on, near)]).toEqual([0, 1])
    await on.advance(59_000)
    expect(await ticksOf(on, far)).toBe(1)
  })

  it('that was due while nobody ran fires at the start', async () => {
    const on = await startScripted()
    const id = await on.create([{ do: 'wake', afterMs: 1_000 }])
    await on.settle()
    on.store.crash()
    on.clock.advance(5_000)
    const later = await on.successor()
    await later.settle()
    expect(await ticksOf(later, id)).toBe(1)
  })

  it('of many executions of one moment fires for each', async () => {
    const on = await startScripted()
    const ids = await Promise.all(Array.from({ length: 1_200 }, () => on.create([{ do: 'wake', afterMs: 1_000 }])))
    await on.advance(1_000)
    const ticks = await Promise.all(ids.map(id => ticksOf(on, id)))
    expect(ticks.every(count => count === 1)).toBe(true)
  })

  it('can be fired by hand', async () => {
    const on = await startScripted()
    await on.create([{ do: 'wake', afterMs: 1_000 }])
    expect(await on.engine.runOnce()).toEqual({ timersFired: 0, messagesDelivered: 0 })
    await on.engine.stop(0)
    on.clock.advance(1_000)
    const later = await startScripted({ store: on.store, clock: on.clock })
    await later.settle()
    expect(await later.engine.runOnce()).toEqual({ timersFired: 0, messagesDelivered: 0 })
  })

  it('that cannot be handled backs off, and hinders no other', async () => {
    const on = await startScripted()
    await on.create([{ do: 'wake', afterMs: 1_000 }], { name: 'broken timer' })
    const id = await on.create([{ do: 'wake', afterMs: 2_000 }])
    for (let second = 0; second < 60; second++) await on.advance(1_000)
    expect(await ticksOf(on, id)).toBe(1)
    const failures = on.events('error').filter(event => event === 'a rule threw').length
    expect(failures).toBeGreaterThan(3)
    expect(failures).toBeLessThan(9)
  })

  it('that sets itself in the past each time backs off too', async () => {
    const on = await startScripted()
    const id = await on.create([{ do: 'wake', afterMs: 1_000 }], { name: 'restless timer' })
    for (let second = 0; second < 60; second++) {
      on.clock.advance(1_000)
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    }
    expect(await ticksOf(on, id)).toBeGreaterThan(3)
    expect(await ticksOf(on, id)).toBeLessThan(12)
  })

  it('that backs off and is due no more is forgotten: nothing spins', async () => {
    let reads = 0
    class CountingStore extends MemoryStore {
      override due(...range: Parameters<MemoryStore['due']>) {
        reads += 1
        return super.due(...range)
      }
    }
    const on = await startScripted({ store: new CountingStore() })
    const id = await on.create([{ do: 'wake', afterMs: 1_000 }], { name: 'broken timer' })
    await on.advance(1_000)
    await on.steps(id, [{ do: 'end' }])
    reads = 0
    on.clock.advance(1_000)
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
    expect(reads).toBeLessThan(5)
  })

  it('is found again when the store could not be read', async () => {
    let isAway = false
    class AbsentStore extends MemoryStore {
      override due(...range: Parameters<MemoryStore['due']>) {
        return isAway ? Promise.reject(new Error('away')) : super.due(...range)
      }
    }
    const on = await startScripted({ store: new AbsentStore() })
    const id = await on.create([{ do: 'wake', afterMs: 1_000 }])
    isAway = true
    await on.advance(1_000)
    isAway = false
    await on.advance(1_000)
    expect(await ticksOf(on, id)).toBe(1)
    expect(on.events('error')).toContain('timers not read')
  })
})

describe('a lease that ends', () => {
  it('is noticed although nobody heard of the claim', async () => {
    let fault: Fault | undefined
    const on = await startScripted({ store: new MemoryStore({ beforeFlush: () => fault }) })
    await on.create([{ do: 'open', queue: 'q', leaseMs: 1_000 }])
    fault = 'fail after'
    await expect(on.poll('q', { waitMs: 0 })).rejects.toMatchObject({ code: 'unavailable' })
    fault = undefined
    for (let turn = 0; turn < 3; turn++) await on.advance(1_000)
    expect(await on.poll('q', { waitMs: 0 })).toMatchObject([{ attempt: { ordinal: 1 } }])
  })

  it('makes its attempt claimable again, and the old fence is worth nothing', async () => {
    const on = await startScripted()
    await on.create([{ do: 'open', queue: 'q', leaseMs: 1_000 }])
    const first = await on.work('q')
    const second = on.work('q')
    await on.advance(1_000)
    const again = await second
    expect(again.attempt.id).toBe(first.attempt.id)
    expect(await on.done(first.attempt.id, first.attempt.fence)).toMatchObject({ code: 'conflict' })
    expect(await on.done(again.attempt.id, again.attempt.fence)).toBe('closed')
  })
})
