import type { Json } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import { schemaProblems } from './json-schema.js'

const valid: readonly (readonly [Json, Json])[] = [
  [
    { type: 'object', required: ['a'], properties: { a: { type: 'integer', minimum: 1 } } },
    { a: 1, b: 'x' },
  ],
  [{ type: ['string', 'null'] }, null],
  [{ enum: [1, { a: [1] }] }, { a: [1] }],
  [{ const: { a: 1, b: 2 } }, { b: 2, a: 1 }],
  [{ pattern: 'b+' }, 'abbc'],
  [{ pattern: '^a.c$' }, 'abc'],
  [{ prefixItems: [{ type: 'string' }], items: { type: 'number' } }, ['a', 1, 2]],
  [{ items: [{ type: 'string' }], additionalItems: { type: 'number' } }, ['a', 1]],
  [{ oneOf: [{ type: 'string' }, { type: 'number' }] }, 3],
  [JSON.parse('{"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}}') as Json, { c: 1 }],
  [{ $defs: { tree: { properties: { left: { $ref: '#/$defs/tree' } }, additionalProperties: false } }, $ref: '#/$defs/tree' }, { left: { left: {} } }],
  [{ multipleOf: 0.1 }, 0.3],
  [{ patternProperties: { '^x': { type: 'number' } }, additionalProperties: false }, { x1: 1 }],
  [{ contains: { const: 2 }, uniqueItems: true }, [1, 2]],
  [{ maximum: 3, exclusiveMaximum: false }, 3],
  [true, 'anything'],
]

const invalid: readonly (readonly [Json, Json, string])[] = [
  [{ type: 'object', required: ['a'] }, {}, '$: expected "a", found none'],
  [{ properties: { a: { type: 'integer' } } }, { a: 1.5 }, '$.a: expected integer, found number'],
  [{ additionalProperties: false, properties: { a: true } }, { a: 1, b: 2 }, '$.b: nothing is allowed here'],
  [{ items: { maxLength: 1 } }, ['a', 'bb'], '$[1]: expected at most 1 characters, found 2'],
  [{ oneOf: [{ type: 'number' }, { minimum: 0 }] }, 3, '$: expected to fit one schema of oneOf, fits 2'],
  [{ not: { type: 'string' } }, 'a', '$: fits the schema that it must not fit'],
  [{ dependentRequired: { a: ['b'] } }, { a: 1 }, '$: expected "b" beside "a", found none'],
  [{ exclusiveMinimum: 3 }, 3, '$: expected more than 3, found 3'],
  [{ $ref: 'https://example.com/other' }, 1, '$: the schema refers to https://example.com/other, which is not in it'],
  [{ unevaluatedProperties: false }, {}, '$: the schema uses unevaluatedProperties, which is not built yet'],
  [
    { uniqueItems: true },
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    '$: expected items that differ, found some twice',
  ],
]

describe('a JSON schema', () => {
  it.each(valid)('%j allows %j', (schema, value) => {
    expect(schemaProblems(schema, value)).toEqual([])
  })

  it.each(invalid)('%j does not allow %j', (schema, value, problem) => {
    expect(schemaProblems(schema, value)).toEqual([problem])
  })

  it('is not followed for ever', () => {
    const started = performance.now()
    expect(schemaProblems({ $ref: '#' }, 1)).toEqual(['$: the value or its schema is too large to be checked'])
    const wide: Json = Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`k${n}`, [1, 2, 3]]))
    const many: Json = { additionalProperties: { items: { anyOf: Array.from({ length: 50 }, () => ({ type: 'string' })) } } }
    expect(schemaProblems(many, wide).length).toBeGreaterThan(0)
    expect(schemaProblems({ pattern: '(a+)+$' }, `${'a'.repeat(5_000)}b`)).toHaveLength(1)
    expect(performance.now() - started).toBeLessThan(3_000)
  })
})
