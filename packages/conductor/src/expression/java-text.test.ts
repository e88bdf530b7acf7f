import type { Json } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import { javaDouble, javaText } from './java-text.js'

describe('text as Java writes it', () => {
  it.each<[Json, string]>([
    [null, 'null'],
    [true, 'true'],
    ['plain "text" \\', 'plain "text" \\'],
    [0, '0'],
    [-7, '-7'],
    [12345678901, '12345678901'],
    [123456789012345680000, '123456789012345680000'],
    [0.1, '0.1'],
    [-1.5, '-1.5'],
    [0.000001, '1.0E-6'],
    [0.00123, '0.00123'],
    [0.00012345, '1.2345E-4'],
    [9999999.5, '9999999.5'],
    [12345678.9, '1.23456789E7'],
    [1e300, '1.0E300'],
    [[], '[]'],
    [{}, '{}'],
    [['a', 1, null, [2.5]], '[a, 1, null, [2.5]]'],
    [{ a: 'x', b: null, c: [true, { d: 1 }] }, '{a=x, b=null, c=[true, {d=1}]}'],
  ])('%j is %s', (value, text) => {
    expect(javaText(value)).toBe(text)
  })

  it('leaves out what JSON would leave out', () => {
    expect(javaText({ a: undefined, b: 1 })).toBe('{b=1}')
  })

  it('ends somewhere, however deep a value is', () => {
    let deep: Json = 1
    for (let i = 0; i < 50_000; i++) deep = [deep]
    expect(javaText(deep)).toContain('[...]')
  })

  it('shows whole doubles with a fraction', () => {
    expect([3, 0, 1e7, -2.25].map(javaDouble)).toEqual(['3.0', '0.0', '1.0E7', '-2.25'])
  })
})
