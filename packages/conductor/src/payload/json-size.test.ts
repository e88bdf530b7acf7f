import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonSize } from './json-size.js'

describe('the size of a payload', () => {
  it('is that of its JSON in UTF-8', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        // fast-check makes no lone surrogates here; -0 is written as 0.
        const json = JSON.parse(JSON.stringify(value)) as never
        expect(jsonSize(json, Number.POSITIVE_INFINITY)).toBe(Buffer.byteLength(JSON.stringify(json)))
      }),
      { numRuns: 500 },
    )
  })

  it('is not counted on above the limit', () => {
    let looked = 0
    const endless = Array.from({ length: 1000 }, () => ({
      get text() {
        looked += 1
        return 'x'.repeat(100)
      },
    }))
    const size = jsonSize(endless, 1000)
    expect(size).toBeGreaterThan(1000)
    expect(looked).toBeLessThan(20)
  })

  it('counts what is escaped and what is wide', () => {
    expect(jsonSize('"\\\n\u0001ü€😀', Number.POSITIVE_INFINITY)).toBe(Buffer.byteLength(JSON.stringify('"\\\n\u0001ü€😀')))
  })

  it('leaves out members that are not there', () => {
    expect(jsonSize({ a: undefined, b: 1 }, 100)).toBe('{"b":1}'.length)
  })
})
