/**
 * Sends again what may be sent again, after a random part of a growing delay (full jitter), or as late as the server asks.
 *
 * A request that the server certainly did not act on (no connection, or answered 429) is always repeated.
 * One whose fate is unknown (connection broken, 503) only when a second one does no harm. A time-out is final: the caller has waited enough.
 */
import type { HttpRequest, HttpResponse, Transport } from './transport.js'
import { TransportError } from './transport-error.js'

export interface RetryOptions {
  readonly retriesMax: number
  readonly delayMs: number
  readonly delayMsMax: number
  readonly random: () => number
  readonly sleep: (delayMs: number, signal: AbortSignal | undefined) => Promise<void>
}

export const retryDefaults: RetryOptions = { retriesMax: 3, delayMs: 100, delayMsMax: 5_000, random: Math.random, sleep }

/** A server that asks for more patience than this gets its answer passed on to the caller instead. */
const retryAfterMsMax = 60_000

export function retrying(transport: Transport, options: Partial<RetryOptions> = {}): Transport {
  const policy = { ...retryDefaults, ...options }
  return {
    send: request => sendPatiently(transport, request, policy),
    close: () => transport.close(),
  }
}

async function sendPatiently(transport: Transport, request: HttpRequest, policy: RetryOptions): Promise<HttpResponse> {
  for (let tried = 0; ; tried++) {
    const outcome = await attempt(transport, request)
    const delayMs = tried < policy.retriesMax ? delayBefore(outcome, request, tried, policy) : undefined
    if (delayMs === undefined) {
      if ('response' in outcome) return outcome.response
      throw outcome.error
    }
    await policy.sleep(delayMs, request.signal)
  }
}

type Outcome = { readonly response: HttpResponse } | { readonly error: unknown }

async function attempt(transport: Transport, request: HttpRequest): Promise<Outcome> {
  try {
    return { response: await transport.send(request) }
  } catch (error) {
    return { error }
  }
}

function delayBefore(outcome: Outcome, request: HttpRequest, tried: number, policy: RetryOptions): number | undefined {
  const growing = policy.random() * Math.min(policy.delayMsMax, policy.delayMs * 2 ** tried)
  if ('error' in outcome) return mayRepeatAfter(outcome.error, request) ? growing : undefined
  const { status, headers } = outcome.response
  if (status !== 429 && !(status === 503 && request.repeatable)) return undefined
  const asked = retryAfterMs(headers['retry-after'], Date.now()) ?? 0
  return asked > retryAfterMsMax ? undefined : asked + growing
}

function mayRepeatAfter(error: unknown, request: HttpRequest): boolean {
  if (!(error instanceof TransportError)) return false
  return error.fault === 'unreachable' || (error.fault === 'broken' && request.repeatable)
}

/** The header is a number of seconds or a date. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined || header.trim() === '') return undefined
  const seconds = Number(header)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

function sleep(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, delayMs)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
