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

/** How often a shared clock is set: in between it goes by this machine's oscillator, which errs by some 50 µs a second. */
const settingMs = 300_000
/** Of the readings of one setting the quickest is believed: its answer is the least old. */
const readings = 3

export interface OpenClock extends Clock {
  /** No longer set from now on; a clock that is not shared has nothing to close. */
  close(): void
}

/** The clock that all servers on a store go by: the store's own where they share it, else the machine's. */
export async function openClock(store: Store): Promise<OpenClock> {
  const { sharing } = store
  if (!sharing) return { ...systemClock(), close: () => {} }
  let offset = await offsetOf(sharing)
  const timer = setInterval(() => {
    // A store that does not answer leaves the clock as it is.
    offsetOf(sharing).then(
      value => (offset = value),
      () => {},
    )
  }, settingMs)
  timer.unref()
  return { ...clockBy(() => Math.round(performance.now() + offset)), close: () => clearInterval(timer) }
}

/** What to add to this process's own time, which nobody sets, to have the store's. */
async function offsetOf(sharing: Sharing): Promise<number> {
  let best = { offset: 0, tookMs: Number.POSITIVE_INFINITY }
  for (let reading = 0; reading < readings; reading++) {
    const before = performance.now()
    const there = await sharing.clock()
    const now = performance.now()
    if (now - before < best.tookMs) best = { offset: there - (before + now) / 2, tookMs: now - before }
  }
  return best.offset
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
