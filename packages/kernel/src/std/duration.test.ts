import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseDuration } from './duration.js'

it.each([
  ['90', 90],
  ['90s', 90],
  ['1h30m15s', 5415],
  [' 2m ', 120],
  ['24h', 86_400],
])('%j is %i seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds)
})

it.each(['', '0', '0s', '-1', '1.5h', '1h junk', '1d', 'h', '1 h', '99999999999999999999s'])('%j is no duration', text => {
  expect(parseDuration(text)).toBeNull()
})

it('any mix of hours, minutes and seconds adds up', () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.nat(1000), fc.integer({ min: 1, max: 1000 }), (h, m, s) => {
      expect(parseDuration(`${h}h${m}m${s}s`)).toBe(h * 3600 + m * 60 + s)
    }),
  )
})
