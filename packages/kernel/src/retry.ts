/** Retry and backoff: rules of values. Both dialects express theirs in this policy. */
import { after, type Instant } from './time.js'

export interface Backoff {
  readonly kind: 'fixed' | 'linear' | 'exponential'
  readonly delayMs: number
  /** Linear: multiplies the delay of each further try. */
  readonly factor: number
  /** Exponential: the doublings stop here. */
  readonly doublingsMax: number
  /** 0: no cap. Applies to fixed delays too. */
  readonly delayMsMax: number
  /** Added at random on top, after the cap: up to this many milliseconds… */
  readonly jitterMsMax: number
  /** …or up to this share of the delay. */
  readonly jitterShareMax: number
}

export const noBackoff: Backoff = { kind: 'fixed', delayMs: 0, factor: 1, doublingsMax: 62, delayMsMax: 0, jitterMsMax: 0, jitterShareMax: 0 }

export interface RetryPolicy {
  /** Tries after the first one. */
  readonly retriesMax: number
  readonly backoff: Backoff
}

/** A whole number of seconds more than this counts as this: what a 32-bit integer of seconds holds. */
export const delayMsLimit = 2_147_483_647_000

/** The delay before the try that follows the `tried`-th (the first try is number 0), without jitter. */
export function delayAfter(backoff: Backoff, tried: number): number {
  const grown = growth(backoff, tried)
  const capped = backoff.delayMsMax > 0 ? Math.min(grown, backoff.delayMsMax) : grown
  return Math.min(capped, delayMsLimit)
}

function growth(backoff: Backoff, tried: number): number {
  switch (backoff.kind) {
    case 'fixed':
      return backoff.delayMs
    case 'linear':
      return backoff.delayMs * backoff.factor * (tried + 1)
    case 'exponential':
      return backoff.delayMs * 2 ** Math.min(tried, backoff.doublingsMax)
  }
}

export function jitterOf(backoff: Backoff, delayMs: number, chance: number): number {
  return Math.floor(chance * (backoff.jitterMsMax + delayMs * backoff.jitterShareMax))
}

export type AfterFailure =
  | { readonly kind: 'retry'; readonly at: Instant; readonly delayMs: number }
  | { readonly kind: 'giveUp'; readonly why: 'final' | 'exhausted' }

/** What follows a failed try. `tried` is its number, from 0; `chance` is in [0, 1). */
export function afterFailure(policy: RetryPolicy, tried: number, failure: { readonly retryable: boolean }, now: Instant, chance: number): AfterFailure {
  if (!failure.retryable) return { kind: 'giveUp', why: 'final' }
  if (tried >= policy.retriesMax) return { kind: 'giveUp', why: 'exhausted' }
  const delayMs = delayAfter(policy.backoff, tried)
  return { kind: 'retry', at: after(now, delayMs + jitterOf(policy.backoff, delayMs, chance)), delayMs }
}
