import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileRegex } from './compile-regex.js'

const fuel = () => ({ left: 1_000_000 })

describe('a regular expression', () => {
  it.each<[pattern: string, flags: string, matching: readonly string[], other: readonly string[]]>([
    ['abc', '', ['abc'], ['ab', 'abcd', 'xabc']],
    ['a.*b', '', ['ab', 'axxb'], ['a\nb', 'abc']],
    ['a.*b', 's', ['a\nb'], []],
    ['a|bc|', '', ['a', 'bc', ''], ['abc']],
    ['(foo|bar)+baz?', '', ['fooba', 'foobarbaz'], ['baz']],
    ['(?:a|b){2,3}', '', ['ab', 'bba'], ['a', 'abab']],
    ['a{2}', '', ['aa'], ['a', 'aaa']],
    ['a{2,}', '', ['aa', 'aaaa'], ['a']],
    ['(?<year>\\d{4})-\\d\\d', '', ['2031-05'], ['31-05']],
    ['[^a-c]+[\\d_]', '', ['xyz_', 'x1'], ['a1']],
    ['\\w+@\\w+\\.com', '', ['me@home.com'], ['me@home_com']],
    ['hello\\/you', '', ['hello/you'], []],
    ['ÄÖ.', 'i', ['äöü'], ['ao1']],
    ['^a$', '', ['a'], ['a\n']],
    ['a\\b.\\bc', '', ['a-c'], ['abc']],
    ['a$\\n^b', 'm', ['a\nb'], ['ab']],
    ['.', '', ['😀'], ['', 'ab']],
    ['\\p{Lu}\\p{L}*', '', ['Émile'], ['émile']],
    ['x*?y??', '', ['', 'xx', 'xy'], ['yx']],
  ])('/%s/%s', (pattern, flags, matching, other) => {
    const matches = compileRegex(pattern, flags)
    for (const text of matching) expect(matches?.(text, fuel()), text).toBe(true)
    for (const text of other) expect(matches?.(text, fuel()), text).toBe(false)
  })

  it.each([
    '(?=a)b',
    '(?!a)b',
    '(?<=a)b',
    '(a)\\1',
    'a++',
    '(?>a)',
    '(?i)a',
    '[a-z&&[^x]]',
    '[a',
    '(a',
    'a)',
    '*a',
    'a{3,2}',
    '\\q',
    '((a{900}){900}){900}',
    `${'('.repeat(500)}${')'.repeat(500)}`,
  ])('is refused when linear time cannot be had, or it is wrong: %s', pattern => {
    expect(compileRegex(pattern, '')).toBe(null)
  })

  it('is refused when its flags are unknown', () => {
    expect(compileRegex('a', 'x')).toBe(null)
  })

  it('takes no longer for patterns that make others loop for years', () => {
    const text = `${'a'.repeat(5_000)}b`
    for (const pattern of ['(a+)+', '(a|a)*', '(a*)*', '(a|aa)+', '(.*a){12}']) expect(compileRegex(pattern, '')?.(text, fuel())).toBe(false)
  })

  it('gives up when it runs out of fuel', () => {
    expect(compileRegex('a*', '')?.('a'.repeat(100), { left: 50 })).toBe(false)
  })

  it('agrees with the language about simple patterns', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '(a|b)', '(ab)', '\\w')
    const part = fc.tuple(atom, fc.constantFrom('', '*', '+', '?', '{1,2}')).map(([base, times]) => base + times)
    const pattern = fc.array(fc.oneof(part, fc.constant('|')), { maxLength: 5 }).map(parts => parts.join(''))
    fc.assert(
      fc.property(pattern, fc.stringMatching(/^[abc]{0,6}$/), (source, text) => {
        expect(compileRegex(source, '')?.(text, fuel())).toBe(new RegExp(`^(?:${source})$`).test(text))
      }),
      { numRuns: 1_000 },
    )
  })
})
