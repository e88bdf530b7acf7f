import { Problem } from '@busbar/kernel'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJson } from './json.js'
import { limits } from './limits.js'

describe('JSON from outside', () => {
  it('is undefined when there is none', () => {
    expect(parseJson('')).toBeUndefined()
    expect(parseJson(' \n')).toBeUndefined()
  })

  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json(), text => {
        if (!/__proto__|prototype/.test(text)) expect(parseJson(text)).toEqual(JSON.parse(text))
      }),
      { numRuns: 300 },
    )
  })

  it('takes the last of two equal keys', () => {
    expect(parseJson('{"k":1,"k":2}')).toEqual({ k: 2 })
  })

  it('ignores text after the end of the value', () => {
    expect(parseJson('{"a":"}"} trailing')).toEqual({ a: '}' })
    expect(parseJson('[1]]')).toEqual([1])
  })

  it('refuses what is no JSON, and says so', () => {
    expect(() => parseJson('{"a":')).toThrow(Problem)
    expect(() => parseJson('{nope} {}')).toThrow('expected JSON')
  })

  it('refuses more levels than may be written again', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    expect(parseJson(nested(limits.jsonDepthMax))).toBeDefined()
    expect(() => parseJson(nested(limits.jsonDepthMax + 1))).toThrow(`at most ${limits.jsonDepthMax} levels`)
    expect(parseJson(JSON.stringify('['.repeat(5_000)))).toBe('['.repeat(5_000))
  })

  it('refuses keys that reach into prototypes, however they are written', () => {
    expect(() => parseJson('{"a":[{"__proto__":{}}]}')).toThrow('"__proto__" is not accepted')
    expect(() => parseJson('{"\\u005f_proto__":{}}')).toThrow('"__proto__" is not accepted')
    expect(() => parseJson('{"constructor":{"prototype":{}}}')).toThrow('"constructor" is not accepted')
    expect(parseJson('{"constructor":"x","about":"__proto__"}')).toEqual({ constructor: 'x', about: '__proto__' })
  })
})
