import { childIdOf, isJsonObject, isRefusal, type JsonObject } from '@busbar/kernel'
import { isEventMessageRequest } from '../start/event-message.js'
import type { TaskRule } from '../decide/mapping.js'
import { javaText } from '../expression/java-text.js'
import { withoutInnerFields } from '../start/inner-fields.js'
import { keyedStart } from './keyed-start.js'
import { scheduleWithInput } from './schedule-with-input.js'

/** Starts another workflow and goes on at once. */
export const startWorkflow: TaskRule = {
  schedule: scheduleWithInput,
  look(turn, task) {
    const { view } = turn
    const request = task.data.input?.['startWorkflow']
    const problem = problemOf(request)
    if (problem !== null || !isJsonObject(request)) return turn.close(task, 'failed', { reason: problem ?? '' })
    if (!isJsonObject(request['workflowDef'])) {
      const name = String(request['name'])
      const version = typeof request['version'] === 'number' && request['version'] > 0 ? request['version'] : null
      const found = turn.answer({ key: `workflow:${name}:${version}`, kind: 'definition', of: 'workflow', namespace: '', name, version })
      if (found === null) return
      if (!found.ok || found.value === null) return turn.close(task, 'failed', { reason: `No such workflow defined. name=${name}, version=${version}` })
    }
    const keyed = keyedStart(turn, task, request)
    if (keyed === null) return
    if (isRefusal(keyed)) return turn.close(task, 'failed', { reason: keyed.message })
    if (keyed?.kind === 'existing') return turn.close(task, 'completed', { output: { workflowId: keyed.id } })
    const id = keyed?.id ?? childIdOf(task.id, task.fence)
    view.send(id, { kind: 'start', dialect: 'conductor', request: withDefaults(request, view.brief), parent: null })
    turn.close(task, 'completed', { output: { workflowId: id } })
  },
}

const priorityMax = 99

function problemOf(request: unknown): string | null {
  if (request === null || request === undefined) return "Missing 'startWorkflow' in input data."
  if (!isJsonObject(request)) return `Error reading StartWorkflowRequest. Expected an object, found ${typeof request}`
  if (isEventMessageRequest(request)) return 'startWorkflow validation failed. It may not hold the message of an event. '
  const { name, priority, input } = request
  if (input !== null && input !== undefined && !isJsonObject(input))
    return `Error reading StartWorkflowRequest. Expected an object as input, found ${javaText(input)}`
  if (typeof priority === 'number' && priority > priorityMax) {
    return `startWorkflow validation failed. 'priority' -> priority: ${priority} should be maximum ${priorityMax}. `
  }
  return name === null || name === undefined ? "startWorkflow validation failed. 'name' -> Workflow name cannot be null or empty. " : null
}

function withDefaults(request: JsonObject, brief: { readonly correlationId?: string; readonly taskToDomain?: JsonObject }): JsonObject {
  const domains = request['taskToDomain']
  const isGiven = isJsonObject(domains) && Object.keys(domains).length > 0
  return {
    ...withoutInnerFields(request),
    input: request['input'] ?? {},
    correlationId: request['correlationId'] ?? brief.correlationId ?? null,
    taskToDomain: isGiven ? domains : (brief.taskToDomain ?? {}),
  }
}
