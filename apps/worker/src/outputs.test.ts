import { expect, it } from 'vitest'
import { OutputCollector } from './outputs.js'

const outputOf = (...lines: string[]) => {
  const outputs = new OutputCollector()
  for (const line of lines) outputs.see(line)
  return outputs.value
}

it.each([
  [['OUTPUT: {"a":1}'], { a: 1 }],
  [['OUTPUT:[1,2]'], [1, 2]],
  [['OUTPUT:   "padded"  '], 'padded'],
  [['OUTPUT: 1', 'OUTPUT: 2'], 2],
  [['OUTPUT: 1', 'OUTPUT: {broken'], 1],
  [[' OUTPUT: 1'], null],
  [['output: 1'], null],
  [['OUTPUT: null'], null],
  [[], null],
])('%j gives %j', (lines, expected) => {
  expect(outputOf(...lines)).toEqual(expected)
})
