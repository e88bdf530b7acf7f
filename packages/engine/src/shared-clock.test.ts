import { instant } from '@busbar/kernel'
import { MemoryStore } from '@busbar/store/testing'
import { expect, it } from 'vitest'
import { openClock } from './clock.js'

it('the clock of a shared store is that of the store, and never ahead of it', async () => {
  const there = () => Math.floor(performance.now() + 86_400_000)
  const clock = await openClock(new MemoryStore({ shared: true, now: () => instant(there()) }))
  for (let look = 0; look < 1_000; look++) {
    // Read in this order: time may pass between the two.
    const here = clock.now()
    const now = there()
    expect(here).toBeLessThanOrEqual(now)
    expect(now - here).toBeLessThan(1_000)
  }
  clock.close()
})

it('the clock of a store with one user is that of the machine', async () => {
  const before = Date.now()
  const clock = await openClock(new MemoryStore())
  expect(clock.now()).toBeGreaterThanOrEqual(before)
  clock.close()
})
