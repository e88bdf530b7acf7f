import type { Json, JsonObject } from '@busbar/kernel'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isTruthyCondition, loopItemsMax, parseItems } from './outcomes.js'
import { renderInputValue, renderText, templateProblem } from './render.js'

const text = (template: string, context: JsonObject = {}): string => {
  const rendered = renderText(template, context)
  return rendered.ok ? rendered.text : `! ${rendered.message}`
}

describe('the cost of a template is bounded', () => {
  const greedy: readonly (readonly [what: string, template: string, message: RegExp])[] = [
    ['a huge range', '{% for i in range(end=1000000000) %}x{% endfor %}', /took too long/],
    ['loops in loops', '{% for i in range(end=1000) %}{% for j in range(end=1000) %}x{% endfor %}{% endfor %}', /took too long/],
    ['a text that doubles', '{% set_global a = "0123456789" %}{% for i in range(end=99) %}{% set_global a = a ~ a %}{% endfor %}', /too large/],
    ['a list that doubles', '{% set_global a = [1, 2] %}{% for i in range(end=99) %}{% set_global a = a | concat(with=a) %}{% endfor %}', /took too long/],
    ['a list in a list, shared', '{% set_global a = [1] %}{% for i in range(end=99) %}{% set_global a = [a, a] %}{% endfor %}{{ a }}', /too l/],
    [
      'the same, compared',
      '{% set_global a = [1] %}{% set_global b = [1] %}{% for i in range(end=99) %}{% set_global a = [a, a] %}{% set_global b = [b, b] %}{% endfor %}{{ a == b }}',
      /too l/,
    ],
    [
      'a list in a list, deep',
      '{% set_global a = [1] %}{% for i in range(end=9999) %}{% set_global a = [a] %}{% endfor %}{{ a | json_encode }}',
      /nested more than/,
    ],
    [
      'a replacement that multiplies',
      '{% set_global a = "aaaaaaaaaa" %}{% for i in range(end=9) %}{% set_global a = a | replace(from="a", to=a) %}{% endfor %}',
      /too large/,
    ],
    ['a separator that multiplies', '{{ range(end=9999) | join(sep=long) }}', /too large/],
    ['a long answer', '{% for i in range(end=50000) %}{{ long }}{% endfor %}', /too large/],
    ['brackets in brackets', `{{ ${'('.repeat(5_000)}1${')'.repeat(5_000)} }}`, /nested more than/],
    ['blocks in blocks', '{% if x %}'.repeat(5_000), /nested more than/],
    ['indexes in indexes', `{{ ${'a['.repeat(5_000)}0${']'.repeat(5_000)} }}`, /nested more than/],
    ['a long chain', `{{ 1${' + 1'.repeat(5_000)} }}`, /nested more than/],
  ]

  it.each(greedy)('%s', (_what, template, message) => {
    const rendered = renderText(template, { long: 'x'.repeat(1_000) })
    expect(rendered).toMatchObject({ ok: false, message: expect.stringMatching(message) })
  })

  it('nothing in the template can catch that: conditions and defaults do not', () => {
    const spent = '{% for i in range(end=500) %}{% if x | default(value=range(end=999)) | length %}{% endif %}{% endfor %}'
    expect(text(spent)).toMatch(/took too long/)
  })

  it('limits can be given', () => {
    expect(renderText('{{ "abcdef" }}', {}, { limits: { charactersMax: 5 } })).toMatchObject({ ok: false })
    expect(renderText('{{ 1 + 1 }}', {}, { limits: { stepsMax: 1 } })).toMatchObject({ ok: false })
  })

  it('a regular expression takes time in proportion to the text', () => {
    expect(text('{{ s is matching("(a+)+$") }}', { s: `${'a'.repeat(5_000)}b` })).toBe('false')
    expect(text('{{ s is matching("(((a{100}){100}){100}){100}") }}', { s: 'a' })).toMatch(/^!/)
    expect(text('{{ s is matching("(") }}', { s: 'a' })).toMatch(/no regular expression/)
  })

  it('texts of tags that never end are no trap', () => {
    expect(text('{{ s | striptags | length }}', { s: '<!--'.repeat(100_000) })).toMatch(/^(\d+|! .*too long.*)$/)
  })
})

describe('any text', () => {
  const pieces = fc.constantFrom(
    '{{',
    '}}',
    '{%',
    '%}',
    '{#',
    '#}',
    '-',
    ' ',
    'if',
    'for',
    'x',
    'in',
    'l',
    'endif',
    'endfor',
    'else',
    '|',
    'default',
    '(',
    ')',
    '=',
    '"',
    "'",
    '[',
    ']',
    '.',
    '1',
    'not',
    'is',
    'set',
    'upper',
    ',',
    '~',
    '+',
    '\n',
    'é',
    'raw',
  )
  const templates = fc.array(pieces, { maxLength: 30 }).map(parts => parts.join(' '))

  it('has an answer or a message, never an exception', () => {
    fc.assert(
      fc.property(fc.oneof(templates, fc.string({ unit: 'binary' })), template => {
        const rendered = renderText(template, { x: 1, l: [1, 'a', null] })
        if (!rendered.ok) expect(rendered.message).not.toBe('')
      }),
      { numRuns: 1_500 },
    )
  })

  it('without brackets it is its own answer', () => {
    fc.assert(
      fc.property(fc.string(), plain => {
        fc.pre(!/\{[{%#]/.test(plain))
        expect(text(plain)).toBe(plain)
      }),
      { numRuns: 200 },
    )
  })

  it('between raw tags it is its own answer', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), plain => {
        fc.pre(!plain.includes('{%'))
        expect(text(`{% raw %}${plain}{% endraw %}`)).toBe(plain)
      }),
      { numRuns: 200 },
    )
  })

  it('json_encode gives any value back', () => {
    const sorted = (value: unknown): unknown =>
      value !== null && typeof value === 'object' && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).map(([key, member]) => [key, sorted(member)]))
        : Array.isArray(value)
          ? value.map(sorted)
          : value
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), value => {
        const plain = JSON.parse(JSON.stringify(value)) as Json
        expect(sorted(JSON.parse(text('{{ v | json_encode }}', { v: plain })))).toEqual(sorted(plain))
      }),
      { numRuns: 200 },
    )
  })

  it('integers add up as they should, or are refused', () => {
    const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    fc.assert(
      fc.property(integer, integer, (a, b) => {
        const sum = a + b
        const fits = sum >= -(2n ** 63n) && sum < 2n ** 63n
        expect(text(`{{ ${a} + ${b} }}`)).toMatch(fits ? new RegExp(`^${sum}$`) : /^! .*64-bit/)
      }),
      { numRuns: 200 },
    )
  })
})

describe('variables', () => {
  it('are asked for only when the template needs them', () => {
    const asked: string[] = []
    const source = {
      get: (name: string) => {
        asked.push(name)
        return name === 'a' ? { b: 'found' } : undefined
      },
      names: () => ['a', 'c'],
    }
    expect(renderText('{{ a.b }}', source)).toEqual({ ok: true, text: 'found' })
    expect(asked).toEqual(['a'])
  })

  it('the names that every object has are not there', () => {
    expect(text('{{ a.constructor }}', { a: {} })).toMatch(/not found/)
    expect(text('{{ toString }}')).toMatch(/not found/)
    expect(text('{{ a.__proto__ }}', { a: {} })).toMatch(/not found/)
    expect(text('{{ l.length }}', { l: [1] })).toMatch(/not found/)
  })
})

describe('chances', () => {
  it('are drawn from the one that is given, and are an error without', () => {
    const template = '{{ get_random(end=1000) }} {{ get_random(end=1000) }}'
    const rendered = renderText(template, {}, { chance: 0.25 })
    expect(rendered).toEqual({ ok: true, text: '250 868' })
    expect(renderText(template, {})).toMatchObject({ ok: false })
    expect(renderText('{{ now() }}', {})).toMatchObject({ ok: false })
  })
})

describe('the value of a step input', () => {
  const context = { input: { object: { a: 1 }, list: [1, { deep: true }], number: 12, flag: true, text: 'words', nil: null } }
  const value = (template: string): Json | undefined => {
    const rendered = renderInputValue(template, context)
    return rendered.ok ? rendered.value : undefined
  }

  it('keeps its structure when it is one variable that holds an object or a list', () => {
    expect(value('{{ input.object }}')).toEqual({ a: 1 })
    expect(value('  {{input.list}}  ')).toEqual([1, { deep: true }])
  })

  it('is text in every other case', () => {
    expect(value('{{ input.number }}')).toBe('12')
    expect(value('{{ input.flag }}')).toBe('true')
    expect(value('{{ input.nil }}')).toBe('')
    expect(value('x{{ input.text }}')).toBe('xwords')
    expect(value('{{ input.object }}{{ input.text }}')).toBe('[object]words')
    expect(value('{{ input.list.1 }}')).toBe('[object]')
    expect(value('plain')).toBe('plain')
  })

  it('is an error when the variable is missing', () => {
    expect(renderInputValue('{{ input.nobody }}', context)).toEqual({ ok: false, message: 'Variable `input.nobody` not found in context' })
  })
})

describe('outcomes', () => {
  it.each(['', ' ', 'false', ' FALSE ', '0', 'null', 'None'])('the condition %j keeps a step from running', condition => {
    expect(isTruthyCondition(condition)).toBe(false)
  })

  it.each(['true', 'no', 'anything', '0.0', '[]'])('the condition %j lets it run', condition => {
    expect(isTruthyCondition(condition)).toBe(true)
  })

  it('items are a JSON array', () => {
    expect(parseItems(' [1, "a", {"k": null}] ')).toEqual({ ok: true, items: [1, 'a', { k: null }] })
    expect(parseItems('{"no":"list"}')).toMatchObject({ ok: false })
    expect(parseItems('[1, 2')).toMatchObject({ ok: false })
    expect(parseItems(JSON.stringify(Array(loopItemsMax + 1).fill(0)))).toMatchObject({ ok: false })
  })

  it('a template can be checked without rendering it', () => {
    expect(templateProblem('{{ whatever.it.is | upper }}')).toBeNull()
    expect(templateProblem('{% if x %}')).toMatch(/expected `\{% endif %\}`/)
  })
})
