import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LineSplitter } from './lines.js'

function split(chunks: readonly string[], bound = 1000): string[] {
  const lines: string[] = []
  const splitter = new LineSplitter(bound, line => lines.push(line))
  for (const chunk of chunks) splitter.push(chunk)
  splitter.end()
  return lines
}

it('lines are the same however the text was cut into chunks', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[ab\r\n]{0,6}$/)), chunks => {
      expect(split(chunks)).toEqual(split([chunks.join('')]))
    }),
  )
})

it('an unterminated last line counts, an empty end does not', () => {
  expect(split(['a\nb'])).toEqual(['a', 'b'])
  expect(split(['a\n'])).toEqual(['a'])
  expect(split(['a\r\n\r\nb\r\n'])).toEqual(['a', '', 'b'])
})

it('a line above the bound is cut, and says how much is missing', () => {
  expect(split(['x'.repeat(15), 'y'.repeat(10), '\nnext\n'], 10)).toEqual([`${'x'.repeat(10)} … [15 more characters were cut]`, 'next'])
})
