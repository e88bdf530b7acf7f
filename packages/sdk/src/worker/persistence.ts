/** How long a result is worth offering, and when to try again. */
import { ApiException } from '../client/api-exception.js'
import { retryAfterMs } from '../http/retry.js'
import { TransportError } from '../http/transport-error.js'

/** The first three follow quickly, as in the original client; then the delays double. */
const quickTries = 3
const quickDelayMs = 10
const slowDelayMs = 250
const slowDelayMsMax = 10_000
/** Even within a long lease nobody waits for ever: a worker that cannot deliver takes no new task. */
const persistMsMax = 5 * 60_000
/** A lease that is about to end still gets this much. */
const persistMsMin = 10_000

export interface Delivery {
  /** Failed tries so far, from 1. */
  readonly tried: number
  readonly startedAt: number
  readonly leaseUntil: number
  readonly now: number
  /** In [0, 1). */
  readonly chance: number
}

/** The delay before the next try; undefined to give up. */
export function delayAfterFailedUpdate(error: unknown, delivery: Delivery): number | undefined {
  const { tried, chance } = delivery
  if (!mayPass(error)) return tried < quickTries ? tried * quickDelayMs : undefined
  const asked = error instanceof ApiException ? retryAfterMs(error.headers['retry-after'], delivery.now) : undefined
  const own = tried < quickTries ? tried * quickDelayMs : chance * Math.min(slowDelayMsMax, slowDelayMs * 2 ** (tried - quickTries))
  const delayMs = Math.max(asked ?? 0, own)
  const until = Math.min(Math.max(delivery.leaseUntil, delivery.startedAt + persistMsMin), delivery.startedAt + persistMsMax)
  return tried < quickTries || delivery.now + delayMs < until ? delayMs : undefined
}

/** Whether time may cure it. Anything else is offered three times and then dropped: it will be refused again. */
function mayPass(error: unknown): boolean {
  if (error instanceof TransportError) return error.fault !== 'misconfigured'
  if (!(error instanceof ApiException)) return false
  if (error.code === 408 || error.code === 429) return true
  return error.code >= 500 && !/"retryable"\s*:\s*false/.test(String(error.body))
}

const pollDelayMsMin = 100
const pollDelayMsMax = 30_000

/** Before the next poll after `failures` failed ones in a row: doubled each time, half of it by chance. */
export function delayAfterFailedPoll(
  error: unknown,
  told: { readonly failures: number; readonly pollIntervalMs: number; readonly now: number; readonly chance: number },
): number {
  const asked = error instanceof ApiException ? retryAfterMs(error.headers['retry-after'], told.now) : undefined
  const ceiling = Math.max(told.pollIntervalMs, Math.min(pollDelayMsMax, Math.max(told.pollIntervalMs, pollDelayMsMin) * 2 ** (told.failures - 1)))
  return Math.max(Math.min(asked ?? 0, pollDelayMsMax), ceiling * (0.5 + told.chance / 2))
}
