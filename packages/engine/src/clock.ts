import { type Instant, instant } from '@busbar/kernel'
import type { Clock } from './api.js'

/** Longer waits are taken in stretches, so that a clock that was set forward, or a machine that slept, is noticed. */
const stretchMsMax = 60_000
/** A clock that was set back holds nobody up for longer than this: who is called early looks and waits again. */
const overdueMsMax = 1_000

/** The machine's clock. What is due already is called back in the next turn of the event loop, never at once. */
export function systemClock(): Clock {
  return { now: () => instant(Date.now()), wakeAt }
}

function wakeAt(at: Instant, callback: () => void): () => void {
  const delayMs = at - Date.now()
  if (delayMs <= 0) {
    const immediate = setImmediate(callback)
    return () => clearImmediate(immediate)
  }
  const latest = performance.now() + delayMs + overdueMsMax
  let timer = setTimeout(ring, Math.min(delayMs, stretchMsMax))
  function ring() {
    const leftMs = Math.min(at - Date.now(), latest - performance.now())
    if (leftMs <= 0) callback()
    else timer = setTimeout(ring, Math.min(leftMs, stretchMsMax))
  }
  return () => clearTimeout(timer)
}
