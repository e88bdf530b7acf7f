import { instant } from '@busbar/kernel'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from './clock.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const hourMs = 3_600_000

describe('the clock of the system', () => {
  it('rings at the moment, not before', () => {
    const ring = vi.fn()
    systemClock().wakeAt(instant(Date.now() + 90 * 24 * hourMs), ring)
    vi.advanceTimersByTime(90 * 24 * hourMs - 1)
    expect(ring).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(ring).toHaveBeenCalledOnce()
  })

  it('rings within a minute when it was set forward past the moment, or the machine slept', () => {
    const ring = vi.fn()
    systemClock().wakeAt(instant(Date.now() + hourMs), ring)
    vi.setSystemTime(Date.now() + 2 * hourMs)
    vi.advanceTimersByTime(60_000)
    expect(ring).toHaveBeenCalledOnce()
  })

  it('rings after the time it was to wait when it was set back: no poll is held for an hour', () => {
    const ring = vi.fn()
    systemClock().wakeAt(instant(Date.now() + 10_000), ring)
    vi.setSystemTime(Date.now() - hourMs)
    vi.advanceTimersByTime(10_000)
    expect(ring).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1_000)
    expect(ring).toHaveBeenCalledOnce()
  })

  it('does not ring when it was called off', () => {
    const ring = vi.fn()
    const { wakeAt, now } = systemClock()
    for (const delayMs of [0, 1_000, 2 * hourMs]) wakeAt(instant(now() + delayMs), ring)()
    vi.advanceTimersByTime(3 * hourMs)
    expect(ring).not.toHaveBeenCalled()
  })
})
