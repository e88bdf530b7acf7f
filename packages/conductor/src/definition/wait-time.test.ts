import { describe, expect, it } from 'vitest'
import { parseWaitDuration, parseWaitUntil } from './wait-time.js'

describe('a duration', () => {
  it.each<[string, number]>([
    ['5 seconds', 5],
    ['5s', 5],
    ['1 s', 1],
    ['2mins', 120],
    ['2 m 3 SEC', 123],
    ['1 day 2 hours 3 minutes 4 seconds', 93_784],
    ['1d2h3m4s', 93_784],
    ['  1   hr  ', 3_600],
    ['', 0],
    ['   ', 0],
  ])('%j is %d seconds', (text, seconds) => {
    expect(parseWaitDuration(text)).toBe(seconds)
  })

  it.each(['soon', '5', '5 weeks', '4 seconds 1 day', '1.5 h', '-1 s', `${' '.repeat(90)}x`, 'x'.repeat(10_000)])('is not %j', text => {
    expect(parseWaitDuration(text)).toBe(null)
  })
})

describe('a moment', () => {
  it('is a date, or a date and a time, of the server unless its zone is given', () => {
    expect(parseWaitUntil('2031-05-06')).toEqual({ localMs: Date.UTC(2031, 4, 6), offsetMinutes: null })
    expect(parseWaitUntil('2031-05-06 07:08')).toEqual({ localMs: Date.UTC(2031, 4, 6, 7, 8), offsetMinutes: null })
    expect(parseWaitUntil('2031-05-06 07:08 PST')?.offsetMinutes).toBe(-480)
    expect(parseWaitUntil('2031-05-06 07:08 GMT+05:30')?.offsetMinutes).toBe(330)
    expect(parseWaitUntil('2031-05-06 07:08 -0100')?.offsetMinutes).toBe(-60)
  })

  it.each(['tomorrow', '', '2031', '2031-05-06T07:08', '2031-05-06 07', '2031-05-06 07:08 NOWHERE', '2031-05-06 07:08:09'])('is not %j', text => {
    expect(parseWaitUntil(text)).toBe(null)
  })
})
