import { attemptIdOf, isJsonObject, type Json, type JsonObject } from '@busbar/kernel'
import { resolve } from '../expression/resolve.js'
import type { Node } from '../plan.js'
import { scopeOf } from './scope.js'
import type { Turn } from './turn.js'

/**
 * The evaluated parameters of a task. The input template of its task definition supplies missing keys before the
 * evaluation, and its raw values for keys that came out null.
 */
export function inputOf(turn: Turn, node: Node, parameters: JsonObject, offset = 0): JsonObject {
  const template = node.task.taskDefinition?.inputTemplate
  const hasTemplate = template !== undefined && Object.keys(template).length > 0
  const input = evaluate(turn, hasTemplate ? { ...template, ...parameters } : parameters, offset)
  if (!hasTemplate || !isJsonObject(input)) return isJsonObject(input) ? input : {}
  const filled: Record<string, Json | undefined> = { ...input }
  for (const key of Object.keys(template)) if (filled[key] === null || filled[key] === undefined) filled[key] = template[key]
  return filled
}

/** `offset`: how many tasks of this round come before the one that is to be opened. */
export function evaluate(turn: Turn, template: Json, offset = 0): Json {
  const { view } = turn
  const scope = scopeOf(view, turn.context, attemptIdOf(view.id, view.lastOrdinal + 1 + offset))
  const value = resolve(template, scope)
  return scope.readLoop() ? plain(value) : value
}

function plain(value: Json): Json {
  return JSON.parse(JSON.stringify(value)) as Json
}
