import { expect, test } from 'vitest'
import { maskingOf } from './masking.js'

const mask = maskingOf({ key: 'made-up-key', pin: '042', nested: { word: 'made-up-key-and-more' }, list: ['in a list'] })

test('secrets vanish wherever they stand, the longest first', () => {
  expect(mask({ a: 'x made-up-key y', b: ['made-up-key-and-more', { c: 'in a list' }], d: 1 })).toEqual({
    a: 'x •••••• y',
    b: ['••••••', { c: '••••••' }],
    d: 1,
  })
})

test('short secrets stay, or half of every text would vanish', () => {
  expect(mask('code 042')).toBe('code 042')
})

test('a reference to a secret is hidden whole', () => {
  expect(maskingOf({})('ref+vault://path#key')).toBe('••••••')
  expect(maskingOf({})('see ref+vault')).toBe('see ref+vault')
})
