import type { Json, JsonObject } from '@busbar/kernel'
import { resolve, type Scope } from './resolve.js'

/**
 * The input of a task: its parameters, and below them the template of its task definition, which supplies what is
 * missing or null (evaluated) and what became null (as it is written, conductor-semantics.md §8.1).
 */
export function resolveInput(parameters: JsonObject, template: JsonObject, scope: Scope): JsonObject {
  const input = resolve(parameters, scope)
  const keys = Object.keys(template)
  if (keys.length === 0) return input
  const defaults = resolve(template, scope)
  const supplied = keys.flatMap((key): [string, Json][] => {
    if ((own(input, key) ?? null) !== null) return []
    const isGiven = (own(parameters, key) ?? null) !== null
    return [[key, (isGiven ? null : own(defaults, key)) ?? template[key] ?? null]]
  })
  return supplied.length === 0 ? input : Object.fromEntries([...Object.entries(input), ...supplied])
}

function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}
