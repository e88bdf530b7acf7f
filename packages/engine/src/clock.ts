import { type Instant, instant } from '@busbar/kernel'
import type { Sharing, Store } from '@busbar/store'
import type { Clock } from './api.js'

/** Longer waits are taken in stretches, so that a clock that was set forward, or a machine that slept, is noticed. */
const stretchMsMax = 60_000
/** A clock that was set back holds nobody up for longer than this: who is called early looks and waits again. */
const overdueMsMax = 1_000

/** The machine's clock. What is due already is called back in the next turn of the event loop, never at once. */
export function systemClock(): Clock {
  return clockBy(() => Date.now())
}

/** How often a shared clock is set, with how many readings. */
const settingMs = 60_000
const readingsAtFirst = 8
const readingsLater = 2
/** How much an oscillator may err between two settings: so much an old offset may be too high. */
const driftMs = 2

export interface OpenClock extends Clock {
  /** No longer set from now on; a clock that is not shared has nothing to close. */
  close(): void
}

/**
 * The clock that all servers on a store go by: the store's own where they share it, else the machine's. It is never ahead
 * of the store's and a fraction of a millisecond behind: what one server dates, another one must not take for the future.
 */
export async function openClock(store: Store): Promise<OpenClock> {
  const { sharing } = store
  if (!sharing) return { ...systemClock(), close: () => {} }
  let offset = await offsetOf(sharing, readingsAtFirst)
  const timer = setInterval(() => {
    // A store that does not answer leaves the clock as it is.
    offsetOf(sharing, readingsLater).then(
      value => (offset = Math.max(value, offset - driftMs)),
      () => {},
    )
  }, settingMs)
  timer.unref()
  return { ...clockBy(() => Math.floor(performance.now() + offset)), close: () => clearInterval(timer) }
}

/**
 * What to add to this process's own time, which nobody sets, to have the store's. An answer is old when it arrives, so
 * each reading gives too little: the one that gives most is nearest to the truth.
 */
async function offsetOf(sharing: Sharing, readings: number): Promise<number> {
  let best = Number.NEGATIVE_INFINITY
  for (let reading = 0; reading < readings; reading++) {
    const there = await sharing.clock()
    best = Math.max(best, there - performance.now())
  }
  return best
}

/** `read` may give whole milliseconds of any clock that goes about as fast as time. */
function clockBy(read: () => number): Clock {
  return { now: () => instant(read()), wakeAt: (at, callback) => wakeAt(read, at, callback) }
}

function wakeAt(read: () => number, at: Instant, callback: () => void): () => void {
  const delayMs = at - read()
  if (delayMs <= 0) {
    const immediate = setImmediate(callback)
    return () => clearImmediate(immediate)
  }
  const latest = performance.now() + delayMs + overdueMsMax
  let timer = setTimeout(ring, Math.min(delayMs, stretchMsMax))
  function ring() {
    const leftMs = Math.min(at - read(), latest - performance.now())
    if (leftMs <= 0) callback()
    else timer = setTimeout(ring, Math.min(leftMs, stretchMsMax))
  }
  return () => clearTimeout(timer)
}
