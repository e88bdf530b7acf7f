import { expect, it } from 'vitest'
import { substituteSecrets } from './secrets.js'

const secrets = { DB: 'hunter2', JSON: '{"user":"me","ports":[1,2]}' }

it('replaces references at any depth', () => {
  const input = { a: '${workflow.secrets.DB}', b: ['x:${workflow.secrets.DB}:y', { c: '${workflow.secrets.JSON.user}' }], d: 1 }
  expect(substituteSecrets(input, secrets)).toEqual({ a: 'hunter2', b: ['x:hunter2:y', { c: 'me' }], d: 1 })
})

it('gives what a path finds in a secret its type', () => {
  expect(substituteSecrets('${workflow.secrets.JSON.ports}', secrets)).toEqual([1, 2])
  expect(substituteSecrets('ports ${workflow.secrets.JSON.ports}', secrets)).toBe('ports [1, 2]')
})

it('has null, or nothing inside a text, for what is unknown', () => {
  const unknown = ['${workflow.secrets.NONE}', '<${workflow.secrets.NONE}>', '${workflow.secrets.DB.user}', '${workflow.secrets.constructor}']
  expect(substituteSecrets(unknown, secrets)).toEqual([null, '<>', null, null])
})

it('gives back uncopied what holds no reference', () => {
  const input = { a: [{ b: '${workflow.input.x}' }] }
  expect(substituteSecrets(input, secrets)).toBe(input)
})

it('does not look for references in secrets', () => {
  expect(substituteSecrets('<${workflow.secrets.A}>', { A: '${workflow.secrets.B} $& $1', B: 'no' })).toBe('<${workflow.secrets.B} $& $1>')
})
