import { type Instant, type JsonObject, type Json, refuse, type Refusal } from '@busbar/kernel'
import type { ConductorCommand } from '../commands.js'
import type { ConductorView } from '../decide/task.js'
import { workflowStatus } from '../wire/status.js'

type Update = Extract<ConductorCommand, { kind: 'updateVariables' }>

const charsMax = 256 * 1024

/** Sets variables of a workflow that has not ended. */
export function updateVariables(view: ConductorView, { variables, appendArray }: Update, now: Instant): Refusal | null {
  if (view.isTerminal) return refuse('conflict', `Workflow is in terminal state. Status = ${workflowStatus(view.status)}`)
  const updated = appendArray ? appended(view.state.variables, variables) : { ...view.state.variables, ...variables }
  const size = JSON.stringify(updated).length
  if (size > charsMax)
    return refuse('invalid', `The variables payload size: ${size} of workflow: ${view.id} is greater than the permissible limit: 256 kilobytes`)
  view.setState({ ...view.state, variables: updated })
  view.touch(now)
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
