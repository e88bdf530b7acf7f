import type { JsonObject } from '@busbar/kernel'
import { expect, it } from 'vitest'
import type { Scope } from './resolve.js'
import { resolveInput } from './resolve-input.js'

const scope: Scope = {
  workflow: () => ({ input: { path: 'x/y', count: 5 } }),
  task: () => undefined,
  allTasks: () => ({}),
  environment: () => null,
  configuration: () => null,
  taskId: null,
}

it('takes what the parameters leave out from the template, evaluated', () => {
  const template: JsonObject = { url: 'base/${workflow.input.path}', own: 'template', nested: { list: ['${workflow.input.count}', 7] } }
  expect(resolveInput({ own: 'mine', more: 1 }, template, scope)).toEqual({ own: 'mine', more: 1, url: 'base/x/y', nested: { list: [5, 7] } })
})

it('treats a parameter that is null as left out', () => {
  expect(resolveInput({ count: null, other: null }, { count: '${workflow.input.count}' }, scope)).toEqual({ count: 5, other: null })
})

it('puts the template as it is written in place of what became null', () => {
  const template = { a: 'from template', b: '${workflow.input.missing}' }
  expect(resolveInput({ a: '${workflow.input.missing}' }, template, scope)).toEqual({ a: 'from template', b: '${workflow.input.missing}' })
})

it('copies nothing when there is nothing to evaluate', () => {
  const parameters = { a: 1 }
  expect(resolveInput(parameters, {}, scope)).toBe(parameters)
  expect(resolveInput(parameters, { a: 2 }, scope)).toBe(parameters)
})
