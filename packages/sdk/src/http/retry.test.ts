import { expect, test } from 'vitest'
import { retryAfterMs, retrying } from './retry.js'
import type { HttpRequest, HttpResponse } from './transport.js'
import { TransportError } from './transport-error.js'

const get: HttpRequest = { method: 'GET', origin: 'http://h', path: '/', headers: {}, body: undefined, timeoutMs: 1, signal: undefined, repeatable: true }
const post: HttpRequest = { ...get, method: 'POST', repeatable: false }
const ok: HttpResponse = { status: 200, headers: {}, text: 'ok' }
const busy: HttpResponse = { status: 503, headers: {}, text: '' }
const tooMany: HttpResponse = { status: 429, headers: { 'retry-after': '2' }, text: '' }
const unreachable = new TransportError(get, 'unreachable', 'refused')
const broken = new TransportError(get, 'broken', 'reset')
const timeout = new TransportError(get, 'timeout', 'slow')

/** Sends through a transport that gives these outcomes in turn. */
async function send(request: HttpRequest, outcomes: (HttpResponse | Error)[], random = 1) {
  const delays: number[] = []
  let sent = 0
  const transport = retrying(
    {
      close: () => {},
      send: async () => {
        const outcome = outcomes[sent++] ?? ok
        if (outcome instanceof Error) throw outcome
        return outcome
      },
    },
    { random: () => random, sleep: async delayMs => void delays.push(delayMs) },
  )
  const result = await transport.send(request).catch((error: unknown) => error)
  return { result, sent, delays }
}

test('repeats what may be repeated, with doubling delays, until it works', async () => {
  expect(await send(get, [broken, busy, unreachable])).toEqual({ result: ok, sent: 4, delays: [100, 200, 400] })
})

test('draws each delay from the whole range', async () => {
  expect((await send(get, [broken, broken], 0.5)).delays).toEqual([50, 100])
})

test('gives the last answer to the caller when its tries are used up', async () => {
  expect(await send(get, [busy, busy, busy, busy, busy])).toMatchObject({ result: busy, sent: 4 })
  expect(await send(get, [broken, broken, broken, broken])).toMatchObject({ result: broken, sent: 4 })
})

test('repeats a request that must not arrive twice only if it certainly did nothing', async () => {
  expect(await send(post, [unreachable])).toMatchObject({ result: ok, sent: 2 })
  expect(await send(post, [tooMany])).toMatchObject({ result: ok, sent: 2 })
  expect(await send(post, [broken])).toMatchObject({ result: broken, sent: 1 })
  expect(await send(post, [busy])).toMatchObject({ result: busy, sent: 1 })
})

test('waits as long as the server asks', async () => {
  expect((await send(get, [tooMany], 0)).delays).toEqual([2_000])
})

test('does not wait longer than a minute for a server that asks for more', async () => {
  const patient = { ...tooMany, headers: { 'retry-after': '3600' } }
  expect(await send(get, [patient])).toMatchObject({ result: patient, sent: 1 })
})

test('never repeats after a time-out or an abort', async () => {
  expect(await send(get, [timeout])).toMatchObject({ result: timeout, sent: 1 })
  const aborted = new Error('aborted')
  expect(await send(get, [aborted])).toMatchObject({ result: aborted, sent: 1 })
})

test('reads Retry-After as seconds and as a date', () => {
  const now = Date.parse('2030-01-01T00:00:00Z')
  expect(retryAfterMs('3', now)).toBe(3_000)
  expect(retryAfterMs('Tue, 01 Jan 2030 00:00:05 GMT', now)).toBe(5_000)
  expect(retryAfterMs('soon', now)).toBeUndefined()
  expect(retryAfterMs(undefined, now)).toBeUndefined()
})
