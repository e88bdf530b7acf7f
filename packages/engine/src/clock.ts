import { type Instant, instant } from '@busbar/kernel'
import type { Clock } from './api.js'

/** What one `setTimeout` can hold; longer waits are taken in stretches. */
const stretchMsMax = 2_147_483_647

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
  let timer = setTimeout(ring, Math.min(delayMs, stretchMsMax))
  function ring() {
    const leftMs = at - Date.now()
    if (leftMs <= 0) callback()
    else timer = setTimeout(ring, Math.min(leftMs, stretchMsMax))
  }
  return () => clearTimeout(timer)
}
