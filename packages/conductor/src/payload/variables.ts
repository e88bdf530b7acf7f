import type { JsonObject } from '@busbar/kernel'
import type { Settings } from '../settings.js'
import { jsonSize } from './json-size.js'

/** Why the variables of a workflow cannot become these, or null. */
export function variablesTooLarge(workflow: string, variables: JsonObject, { payloads: { variablesMax } }: Settings): string | null {
  const size = jsonSize(variables, variablesMax * 4)
  if (size <= variablesMax) return null
  return `The variables payload size: ${size} of workflow: ${workflow} is greater than the permissible limit: ${variablesMax / 1024} kilobytes`
}
