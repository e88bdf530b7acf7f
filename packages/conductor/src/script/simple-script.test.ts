import vm from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Json, JsonObject } from '@busbar/kernel'
import { runSimpleScript } from './simple-script.js'

const input: JsonObject = { l: { iteration: 2, items: [1, 'two', null] }, count: 3, x: 'y', empty: '', none: null, list: [], yes: true, 'a b': 7, f: 1.5 }

describe('runSimpleScript', () => {
  it.each([
    ["$.l['iteration'] < $.count", true],
    ["if ($.l['iteration'] < 3) { true; } else { false; }", true],
    ["if ($.count > 5) true; else if ($.x == 'y') { 'second' } else { 'third' }", 'second'],
    ["$.x == 'y' && !$.none", true],
    ["$.x === 'z' ? 'left' : 'right'", 'right'],
    ['$.l.items.length - 1', 2],
    ["$.l.items[1] + '!'", 'two!'],
    ["$['a b'] % 4 * 2", 6],
    ['$.nothing', null],
    ["$.nothing == null || $['none'] == undefined", null],
    ["'3' * '4'", 12],
    ['1 + $.x', '1y'],
    ['  true ; ', true],
    ["''", ''],
  ])('answers %s', (code, expected) => {
    const result = runSimpleScript(code, input)
    // `undefined` as a name is not in the subset: such scripts are left to the sandbox.
    if (code.includes('undefined')) expect(result).toBeNull()
    else expect(result).toEqual({ value: expected })
  })

  it.each([
    '$.nothing.deep > 1',
    '$.l',
    '$.list',
    '$.x.toUpperCase()',
    '$.constructor',
    '$.l.items["length"] = 1',
    'x => x',
    '$.a++',
    '/x/.test($.x)',
    '`${1}`',
    "'it\\'s'",
    '010',
    '1e3',
    '1/0',
    '-0',
    '!-$.x',
    '$?.x',
    '$.x ?? 1',
    '$.list == 0',
    '1; 2',
    'a: 1',
    'while(true){}',
    '2 ** 3',
    '1 <!-- 2',
    '1 // 2',
    'return 1',
    'let a = 1',
    '($.x',
    '',
    '('.repeat(5000),
  ])('leaves %s to the sandbox', code => {
    expect(runSimpleScript(code, input)).toBeNull()
  })

  it('says what JavaScript says, whenever it says anything', () => {
    const atom = fc.constantFrom(
      '$.count',
      '$.x',
      '$.none',
      '$.empty',
      '$.yes',
      '$.f',
      '$.l.iteration',
      "$['a b']",
      '0',
      '1',
      '2.5',
      "''",
      "'2'",
      'true',
      'null',
      '$.zzz',
      '$.list',
      '$.l',
    )
    const { expression } = fc.letrec<{ expression: string }>(tie => ({
      expression: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        atom,
        fc
          .tuple(tie('expression'), fc.constantFrom('==', '!=', '===', '!==', '<', '<=', '>', '>=', '+', '-', '*', '/', '%', '&&', '||'), tie('expression'))
          .map(parts => parts.join(' ')),
        fc.tuple(tie('expression'), tie('expression'), tie('expression')).map(([a, b, c]) => `${a} ? ${b} : ${c}`),
        tie('expression').map(one => `(${one})`),
        tie('expression').map(one => `!${one}`),
        tie('expression').map(one => `- ${one}`),
        fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `if (${a}) { ${b}; } else { false; }`),
      ),
    }))
    fc.assert(
      fc.property(expression, code => {
        const ours = runSimpleScript(code, input)
        if (ours !== null) expect(ours.value).toEqual(inJavaScript(code))
      }),
      { numRuns: 400 },
    )
  })
})

function inJavaScript(code: string): Json {
  const value: unknown = vm.runInNewContext(code, { $: JSON.parse(JSON.stringify(input)) })
  return JSON.parse(JSON.stringify(value ?? null)) as Json
}
