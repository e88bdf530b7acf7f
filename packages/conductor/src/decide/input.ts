import { attemptIdOf, type Json, type JsonObject } from '@busbar/kernel'
import { resolve } from '../expression/resolve.js'
import { resolveInput } from '../expression/resolve-input.js'
import type { Node } from '../plan.js'
import { outputOf, shownOutputOf } from './output.js'
import { type ReadScope, scopeOf } from './scope.js'
import type { Turn } from './turn.js'

/** Types whose input the template of a task definition under their name does not touch. */
const untemplated: ReadonlySet<string> = new Set(['SWITCH', 'DECISION', 'SUB_WORKFLOW', 'START_WORKFLOW', 'SET_VARIABLE', 'EVENT', 'TERMINATE', 'WAIT'])

/** The evaluated parameters of a task, filled up from the input template of its task definition. */
export function inputOf(turn: Turn, node: Node, parameters: JsonObject, offset = 0): JsonObject {
  if (node.task.type === 'SET_VARIABLE') turn.readsOwnChildren = true
  const scope = scopeFor(turn, offset)
  const template = untemplated.has(node.task.type) ? {} : (node.task.taskDefinition?.inputTemplate ?? {})
  const input = resolveInput(parameters, template, scope)
  return scope.readLoop() ? plain(input) : input
}

/** `offset`: how many tasks of this round come before the one that is to be opened. */
export function evaluate(turn: Turn, template: Json, offset = 0): Json {
  const scope = scopeFor(turn, offset)
  const value = resolve(template, scope)
  return scope.readLoop() ? plain(value) : value
}

function scopeFor({ view, context, read, readsOwnChildren, endsAs }: Turn, offset: number): ReadScope {
  const taskId = attemptIdOf(view.id, view.lastOrdinal + 1 + offset)
  return scopeOf(view, context, { taskId, read, output: readsOwnChildren ? shownOutputOf : outputOf, status: endsAs ?? view.status })
}

/** A loop's output gathers itself when it is read; what is stored must not. */
function plain<T extends Json>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}
