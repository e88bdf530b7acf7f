import { type JsonObject, type Json, refuse, type Refusal } from '@busbar/kernel'
import type { ConductorCommand } from '../commands.js'
import type { ConductorView } from '../decide/task.js'
import { variablesTooLarge } from '../payload/variables.js'
import { type ConductorContext, settingsOf } from '../settings.js'
import { workflowStatus } from '../wire/status.js'

type Update = Extract<ConductorCommand, { kind: 'updateVariables' }>

/** Sets variables of a workflow that has not ended. */
export function updateVariables(view: ConductorView, { variables, appendArray }: Update, context: ConductorContext): Refusal | null {
  if (view.isTerminal) return refuse('conflict', `Workflow is in terminal state. Status = ${workflowStatus(view.status)}`)
  const updated = appendArray ? appended(view.state.variables, variables) : { ...view.state.variables, ...variables }
  const tooLarge = variablesTooLarge(view.id, updated, settingsOf(context))
  if (tooLarge !== null) return refuse('invalid', tooLarge)
  view.setState({ ...view.state, variables: updated })
  view.touch(context.now)
  return null
}

function appended(variables: JsonObject, given: JsonObject): JsonObject {
  const updated: Record<string, Json | undefined> = { ...variables }
  for (const [name, value] of Object.entries(given)) {
    const before = updated[name]
    updated[name] = Array.isArray(before) && Array.isArray(value) ? [...(before as readonly Json[]), ...(value as readonly Json[])] : value
  }
  return updated
}
