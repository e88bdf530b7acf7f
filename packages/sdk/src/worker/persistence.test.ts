import { expect, test } from 'vitest'
import { ApiException } from '../client/api-exception.js'
import { TransportError } from '../http/transport-error.js'
import { delayAfterFailedPoll, delayAfterFailedUpdate } from './persistence.js'

const broken = new TransportError(
  { method: 'POST', origin: 'http://h', path: '/', headers: {}, body: '', timeoutMs: 1, signal: undefined, repeatable: true },
  'broken',
  'reset',
)
const refused = (code: number, body = '', headers = {}) => new ApiException(code, 'no', body, headers)
const delivery = { startedAt: 0, leaseUntil: 60_000, now: 0, chance: 0.5 }

/** The delays before all further tries, with the clock going on. */
function delaysAfter(error: unknown, leaseUntil: number): number[] {
  const delays: number[] = []
  for (let now = 0; delays.length < 1_000; ) {
    const delayMs = delayAfterFailedUpdate(error, { ...delivery, tried: delays.length + 1, leaseUntil, now })
    if (delayMs === undefined) break
    delays.push(delayMs)
    now += delayMs
  }
  return delays
}
const total = (delays: number[]) => delays.reduce((sum, delayMs) => sum + delayMs, 0)

test('what will be refused again is offered three times, quickly', () => {
  expect(delaysAfter(refused(400), 60_000)).toEqual([10, 20])
  expect(delaysAfter(new Error('anything'), 60_000)).toEqual([10, 20])
  expect(delaysAfter(refused(500, '{"status":500,"retryable":false}'), 60_000)).toEqual([10, 20])
})

test('what time may cure is offered until the lease ends', () => {
  for (const error of [broken, refused(503), refused(429), refused(500)]) {
    const delays = delaysAfter(error, 60_000)
    expect(delays.slice(0, 3)).toEqual([10, 20, 125])
    expect(total(delays)).toBeGreaterThan(50_000)
    expect(total(delays)).toBeLessThan(60_000)
  }
})

test('no longer than five minutes, no shorter than ten seconds', () => {
  expect(total(delaysAfter(broken, 3_600_000))).toBeLessThan(300_000)
  expect(total(delaysAfter(broken, 3_600_000))).toBeGreaterThan(280_000)
  expect(total(delaysAfter(broken, 0))).toBeGreaterThan(4_000)
})

test('a server that asks for patience gets it', () => {
  expect(delayAfterFailedUpdate(refused(429, '', { 'retry-after': '7' }), { ...delivery, tried: 1 })).toBe(7_000)
})

test('failed polls come ever more rarely, up to every half minute', () => {
  const told = { pollIntervalMs: 100, now: 0, chance: 1 }
  expect([1, 2, 3, 4, 20].map(failures => delayAfterFailedPoll(broken, { ...told, failures }))).toEqual([100, 200, 400, 800, 30_000])
  expect(delayAfterFailedPoll(broken, { ...told, failures: 4, chance: 0 })).toBe(400)
  expect(delayAfterFailedPoll(refused(503, '', { 'retry-after': '2' }), { ...told, failures: 1 })).toBe(2_000)
})
