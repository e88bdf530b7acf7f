import type { Json, JsonObject } from '@busbar/kernel'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { documentScope, resolve, type Scope } from './resolve.js'

const input: JsonObject = {
  a: 1,
  b: 'str',
  c: { d: [1, 2, { e: 'x' }] },
  k: 'b',
  n: null,
  bool: true,
  f: 1.5,
  'dash-key': 'dk',
  'a b': 'sp',
  'dot.key': 'dot',
  arr: [
    { id: 1, v: 'one' },
    { id: 2, v: 'two' },
  ],
  idx: 1,
  part: 'input',
  names: ['x', 'y "z"'],
  looksLike: '${workflow.input.b}',
}

function scopeOf(change: Partial<Scope> = {}): Scope {
  return {
    workflow: () => ({ input, status: 'RUNNING', variables: {} }),
    task: reference => (reference === 'first' ? { output: { x: 7, list: [1] }, status: 'COMPLETED' } : undefined),
    allTasks: () => ({ first: { output: { x: 7 }, id: 3 } }),
    environment: name => (name === 'HOME' ? '/srv/busbar' : null),
    configuration: name => (name === 'REGION' ? 'north' : name === 'PLACE' ? '{"city":"Oslo","size":2}' : null),
    taskId: 'task-1',
    ...change,
  }
}

const resolved = (text: Json, change?: Partial<Scope>) => resolve(text, scopeOf(change))

describe('the truth table of conductor-semantics.md §8.2', () => {
  it.each<[text: string, value: Json]>([
    ['${workflow.input.a}', 1],
    ['x${workflow.input.a}y', 'x1y'],
    ['${workflow.input.c}', { d: [1, 2, { e: 'x' }] }],
    ['pre ${workflow.input.c} post', 'pre {d=[1, 2, {e=x}]} post'],
    ['${workflow.input.missing}', null],
    ['${workflow.input.n}', null],
    ['${nosuch.output.x}', null],
    ['${workflow.input.a.b.c}', null],
    ['${workflow.input.c.d[9]}', null],
    ['v=${workflow.input.missing}', 'v=null'],
    ['${workflow.input.f}', 1.5],
    ['$${workflow.input.a}', '${workflow.input.a}'],
    ['a $${workflow.input.a} b ${workflow.input.b}', 'a ${workflow.input.a} b str'],
    ['${workflow.input.${workflow.input.k}}', 'str'],
    ['${workflow.input.arr[${workflow.input.idx}].v}', 'two'],
    ['${workflow.input.c.d[-1]}', { e: 'x' }],
    ['${workflow.input.c.d.length()}', 3],
    ['${workflow.input.c.keys()}', ['d']],
    ['${workflow.input.arr[*].id}', [1, 2]],
    ['${workflow..id}', [1, 2]],
    ['${workflow.input.arr[?(@.id==2)].v}', ['two']],
    ['${workflow.input.arr[?(@.id==9)].v}', []],
    ["${workflow.input['dash-key']}", 'dk'],
    ['${workflow.input.dash-key}', 'dk'],
    ['${workflow.input.a b}', null],
    ['${workflow.input[b]}', null],
    ['${workflow.input.dot.key}', null],
    ["${workflow.input['dot.key']}", 'dot'],
    ["${workflow.input['a b']}", 'sp'],
    ['${$.workflow.input.b}', 'str'],
    ['${workflow.input.a}${workflow.input.b}', '1str'],
    ['${}', ''],
    ['${ }', ''],
    ['${ workflow.input.b }', null],
    ['${workflow.input.b }', 'str'],
    ['${workflow.input.b', '${workflow.input.b'],
    ['$workflow.input.b', '$workflow.input.b'],
    ['{${workflow.input.b}}', '{str}'],
    ['${workflow.input.b}}', 'str}'],
    ['${HOME}', '/srv/busbar'],
    ['${NETFLIX_ENV}', '${NETFLIX_ENV}'],
    ['${bad path[}', null],
    ['multi\n${workflow.input.b}\nline', 'multi\nstr\nline'],
  ])('%j gives %j', (text, value) => {
    expect(resolved(text)).toEqual(value)
  })
})

describe('dollar signs', () => {
  it.each([
    ['$$${workflow.input.a}', '$${workflow.input.a}'],
    ['$$', '$$'],
    ['$', '$'],
    ['costs $5', 'costs $5'],
    ['$${', '${'],
    ['$$b', '$$b'],
    ['${workflow.input.b} $$ ${workflow.input.a}', 'str $$ 1'],
    ['${workflow.input.b}${', 'str${'],
    ['#{workflow.input.b}', '#{workflow.input.b}'],
    ['${open ${workflow.input.b}', '${open str'],
  ])('%j gives %j', (text, value) => {
    expect(resolved(text)).toBe(value)
  })
})

describe('values', () => {
  it('are not evaluated again, wherever they land', () => {
    expect(resolved({ whole: '${workflow.input.looksLike}', part: 'x ${workflow.input.looksLike}' })).toEqual({
      whole: '${workflow.input.b}',
      part: 'x ${workflow.input.b}',
    })
  })

  it('are found at any depth, and keys are left alone', () => {
    expect(resolved({ '${workflow.input.b}': [['${workflow.input.a}', { deep: 'is ${workflow.input.a}' }], 5, null] })).toEqual({
      '${workflow.input.b}': [[1, { deep: 'is 1' }], 5, null],
    })
  })

  it('of indefinite paths are JSON inside a text, those of definite ones are as Java shows them', () => {
    expect(resolved('${workflow.input.arr[*].id} ${workflow.input.names[*]} ${workflow.input.names}')).toBe('[1,2] ["x","y \\"z\\""] [x, y "z"]')
  })

  it('that are sums and averages are doubles inside a text', () => {
    expect(resolved('${workflow.input.c.d.sum()} of ${workflow.input.c.d.length()}')).toBe('3.0 of 3')
  })

  it('nested in an expression become part of its path', () => {
    expect(resolved('${workflow.${workflow.input.part}.a}')).toBe(1)
    expect(resolved('x ${workflow.input.${workflow.input.k}} y')).toBe('x str y')
    expect(resolved('${workflow.input.${workflow.input.missing}}')).toBe(null)
  })
})

describe('names that are no paths', () => {
  it('leaves secrets as they are written, also in the middle of a text', () => {
    expect(resolved(['${workflow.secrets.DB}', 'pw=${workflow.secrets.DB.password}!'])).toEqual([
      '${workflow.secrets.DB}',
      'pw=${workflow.secrets.DB.password}!',
    ])
  })

  it('reads the configuration, and inside one that is JSON', () => {
    expect(resolved('${workflow.env.REGION}-${workflow.env.PLACE.city}')).toBe('north-Oslo')
    expect(resolved('${workflow.env.PLACE.size}')).toBe(2)
    expect(resolved(['${workflow.env.NONE}', '${workflow.env.REGION.city}', '${workflow.env.PLACE.[}'])).toEqual([null, null, null])
  })

  it('knows the task it resolves for, and leaves the name where there is none', () => {
    expect(resolved('id ${CPEWF_TASK_ID}')).toBe('id task-1')
    expect(resolved('${CPEWF_TASK_ID}', { taskId: null })).toBe('${CPEWF_TASK_ID}')
  })

  it('prefers the environment to a task of the same name', () => {
    expect(resolved('${first}', { environment: () => 'set' })).toBe('set')
    expect(resolved('${first.status}', { environment: () => 'set' })).toBe('COMPLETED')
  })
})

describe('what is asked for', () => {
  it('is only what a path names', () => {
    const asked: string[] = []
    const scope = scopeOf({
      task: reference => {
        asked.push(reference)
        return { output: { x: 1 } }
      },
      workflow: () => {
        asked.push('workflow')
        return {}
      },
      allTasks: () => {
        asked.push('all')
        return {}
      },
    })
    resolve({ x: '${first.output.x}', y: 'constant' }, scope)
    expect(asked).toEqual(['first'])
  })

  it('is everything when a path begins with anything else', () => {
    expect(resolved('${$..id}')).toEqual([1, 2, 3])
    expect(resolved('${$}', { workflow: () => undefined })).toEqual({ first: { output: { x: 7 }, id: 3 } })
  })

  it('is a document of any shape for the actions of event handlers', () => {
    const scope = documentScope({ order: { id: 4 }, lines: [1, 2] }, { environment: () => null, configuration: () => null })
    expect(resolve({ id: '${order.id}', all: '${$..id}', last: '${lines[-1]}', none: '${workflow.input}' }, scope)).toEqual({
      id: 4,
      all: [4],
      last: 2,
      none: null,
    })
  })

  it('never finds what an object inherits', () => {
    expect(resolved(['${workflow.constructor}', '${workflow.input.toString}', '${workflow.input.b.length}'])).toEqual([null, null, null])
  })
})

describe('templates', () => {
  it('without expressions are given back uncopied', () => {
    const template = { a: [1, { b: 'no expression' }], c: '$x' }
    expect(resolve(template, scopeOf())).toBe(template)
  })

  it('with nothing but escapes are copied, because they change', () => {
    expect(resolved({ a: '$${x}' })).toEqual({ a: '${x}' })
  })

  it('keep a member called __proto__ a member', () => {
    const result = resolved(JSON.parse('{"__proto__": "${workflow.input.c}", "x": "${workflow.input.a}"}') as JsonObject)
    expect(Object.keys(result as object)).toEqual(['__proto__', 'x'])
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype)
  })

  it('give null in place of texts that grow too long', () => {
    const scope = scopeOf({ workflow: () => ({ input: { long: 'x'.repeat(5_000_000) } }) })
    const result = resolve({ short: 'a ${workflow.input.none}', long: '${workflow.input.long}'.repeat(10) }, scope)
    expect(result['short']).toBe('a null')
    expect(result['long']).toBe(null)
  })

  it('nested too deeply give null', () => {
    expect(resolved(`${'${'.repeat(100)}x${'}'.repeat(100)}`)).toBe(null)
  })
})

describe('any text', () => {
  const pieces = fc.constantFrom(
    '${',
    '}',
    '$',
    '$${',
    '{',
    '[',
    ']',
    '(',
    ')',
    "'",
    '.',
    '..',
    '*',
    '?',
    '@',
    'workflow',
    '.input',
    '.arr',
    'id',
    '==',
    ' ',
    '-1',
    'env',
    '/a+/',
    '\\',
  )
  const texts = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 24 }).map(parts => parts.join('')),
  )

  it('is resolved without an error', () => {
    fc.assert(
      fc.property(texts, text => {
        resolve(text, scopeOf())
      }),
      { numRuns: 1_500 },
    )
  })

  it('that holds no ${ is itself', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        fc.pre(!text.includes('${'))
        expect(resolve(text, scopeOf())).toBe(text)
      }),
      { numRuns: 300 },
    )
  })

  it('is kept by escaping every ${ in it', () => {
    fc.assert(
      fc.property(texts, text => {
        fc.pre(!text.includes('$$'))
        expect(
          resolve(
            text.replaceAll('${', () => '$${'),
            scopeOf(),
          ),
        ).toBe(text)
      }),
      { numRuns: 500 },
    )
  })

  it('as a value comes through whole, and inside a text', () => {
    fc.assert(
      fc.property(fc.string(), value => {
        const scope = scopeOf({ workflow: () => ({ input: { v: value } }) })
        expect(resolve('${workflow.input.v}', scope)).toBe(value)
        expect(resolve('<${workflow.input.v}>', scope)).toBe(`<${value}>`)
      }),
      { numRuns: 300 },
    )
  })
})
