import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { afterFailure, type Backoff, delayAfter, delayMsLimit, noBackoff } from './retry.js'
import { instant } from './time.js'

const backoffs: fc.Arbitrary<Backoff> = fc.record({
  kind: fc.constantFrom('fixed', 'linear', 'exponential'),
  delayMs: fc.integer({ min: 0, max: 86_400_000 }),
  factor: fc.integer({ min: 1, max: 100 }),
  doublingsMax: fc.integer({ min: 0, max: 62 }),
  delayMsMax: fc.integer({ min: 0, max: 86_400_000 }),
  jitterMsMax: fc.integer({ min: 0, max: 10_000 }),
  jitterShareMax: fc.double({ min: 0, max: 1, noNaN: true }),
})
const tries = fc.integer({ min: 0, max: 1_000 })
const now = instant(1_000)

describe('backoff', () => {
  it.each([
    ['fixed', [10, 10, 10, 10]],
    ['linear', [20, 40, 60, 80]],
    ['exponential', [10, 20, 40, 80]],
  ] as const)('%s grows as its name says', (kind, expected) => {
    const backoff = { ...noBackoff, kind, delayMs: 10, factor: 2 }
    expect([0, 1, 2, 3].map(tried => delayAfter(backoff, tried))).toEqual(expected)
  })

  it('stops doubling where it is told to', () => {
    const backoff: Backoff = { ...noBackoff, kind: 'exponential', delayMs: 1, doublingsMax: 6 }
    expect(delayAfter(backoff, 6)).toBe(64)
    expect(delayAfter(backoff, 60)).toBe(64)
  })

  it('caps every kind of delay, fixed ones too', () => {
    for (const kind of ['fixed', 'linear', 'exponential'] as const) {
      expect(delayAfter({ ...noBackoff, kind, delayMs: 500, delayMsMax: 30 }, 9)).toBe(30)
    }
  })

  it('is never negative, never above its cap, never more than 32 bits of seconds, and never shrinks', () => {
    fc.assert(
      fc.property(backoffs, tries, (backoff, tried) => {
        const delay = delayAfter(backoff, tried)
        expect(delay).toBeGreaterThanOrEqual(0)
        expect(delay).toBeLessThanOrEqual(delayMsLimit)
        if (backoff.delayMsMax > 0) expect(delay).toBeLessThanOrEqual(backoff.delayMsMax)
        expect(delayAfter(backoff, tried + 1)).toBeGreaterThanOrEqual(delay)
      }),
    )
  })
})

describe('after a failure', () => {
  it('gives up on a failure that another try cannot mend', () => {
    expect(afterFailure({ retriesMax: 3, backoff: noBackoff }, 0, { retryable: false }, now, 0)).toEqual({ kind: 'giveUp', why: 'final' })
  })

  it('tries again as often as the policy says, and not once more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), backoffs, retriesAndChance(), (retriesMax, backoff, chance) => {
        let tried = 0
        while (afterFailure({ retriesMax, backoff }, tried, { retryable: true }, now, chance).kind === 'retry') tried += 1
        expect(tried).toBe(retriesMax)
      }),
    )
  })

  it('puts jitter on top of the delay, within its bound, and the same for the same chance', () => {
    fc.assert(
      fc.property(backoffs, tries, retriesAndChance(), (backoff, tried, chance) => {
        const decide = () => afterFailure({ retriesMax: 2_000, backoff }, tried, { retryable: true }, now, chance)
        const next = decide()
        if (next.kind !== 'retry') throw new Error('expected a retry')
        expect(next.at - now).toBeGreaterThanOrEqual(next.delayMs)
        expect(next.at - now - next.delayMs).toBeLessThanOrEqual(backoff.jitterMsMax + next.delayMs * backoff.jitterShareMax)
        expect(decide()).toEqual(next)
      }),
    )
  })
})

function retriesAndChance(): fc.Arbitrary<number> {
  return fc.double({ min: 0, max: 0.999_999, noNaN: true })
}
