/** What an action of an event's handler comes to: a message to one execution, or the reason why there is none. */
import { type ConductorCommand, documentScope, type EventSend, resolve, type ResultStatus } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import {
  assertNever,
  type AttemptId,
  childIdOf,
  executionIdOf,
  type ExecutionId,
  isJsonObject,
  type Json,
  type JsonObject,
  parseAttemptId,
  parseExecutionId,
} from '@busbar/kernel'
import type { EventAction } from './event-handler.js'
import { expandInlineJson } from './expand-inline-json.js'

export interface Occasion {
  readonly event: string
  readonly messageId: string
  readonly payload: Json
  /** The attempt that handles the message: what it starts is derived from it. */
  readonly attempt: AttemptId
  /** Of the action among all of the message. */
  readonly index: number
}

export interface ActionEnd {
  readonly status: 'COMPLETED' | 'FAILED'
  readonly output: JsonObject
  readonly send: EventSend | null
}

export async function actionEnd(engine: EngineApi, { kind, detail, expandInlineJson: expands }: EventAction, occasion: Occasion): Promise<ActionEnd> {
  const payload = expands ? expandInlineJson(occasion.payload) : occasion.payload
  const scope = documentScope(isJsonObject(payload) ? payload : {}, { environment: () => null, configuration: () => null })
  const given = resolve(detail, scope)
  switch (kind) {
    case 'start_workflow':
      return startWorkflow(engine, given, payload, occasion)
    case 'complete_task':
      return updateTask(engine, given, 'COMPLETED', occasion)
    case 'fail_task':
      return updateTask(engine, given, 'FAILED', occasion)
    case 'terminate_workflow':
      return terminateWorkflow(engine, given)
    case 'update_workflow_variables':
      return updateVariables(engine, given)
    case 'start_agent':
      return failed('the action start_agent is not built yet')
    default:
      return assertNever(kind)
  }
}

/** What tells a workflow or a task which event it comes from. */
function origin({ messageId, event }: Occasion): JsonObject {
  return { 'conductor.event.messageId': messageId, 'conductor.event.name': event }
}

async function startWorkflow(engine: EngineApi, given: JsonObject, payload: Json, occasion: Occasion): Promise<ActionEnd> {
  const { name, version, correlationId } = given
  if (typeof name !== 'string' || name === '') return failed('start_workflow: expected the name of a workflow, found none')
  const number = typeof version === 'number' && version > 0 ? version : null
  if ((await engine.definition('workflow', '', name, number)) === null) return failed(`No such workflow found by name: ${name}, version: ${number}`)
  const ofPayload = isJsonObject(payload) && isJsonObject(payload['taskToDomain']) ? payload['taskToDomain'] : {}
  const request = {
    name,
    version: number,
    input: { ...objectOf(given['input']), ...origin(occasion) },
    correlationId: correlationId === null || correlationId === undefined ? null : String(correlationId),
    taskToDomain: isJsonObject(given['taskToDomain']) ? given['taskToDomain'] : ofPayload,
    event: occasion.event,
  }
  const to = childIdOf(occasion.attempt, occasion.index, 'action')
  return { status: 'COMPLETED', output: { workflowId: to }, send: { to, body: { kind: 'start', dialect: 'conductor', request, parent: null } } }
}

async function updateTask(engine: EngineApi, given: JsonObject, status: ResultStatus, occasion: Occasion): Promise<ActionEnd> {
  const { workflowId, taskId, taskRefName, reasonForIncompletion } = given
  const named = Object.fromEntries(Object.entries({ workflowId, taskId, taskRefName, reasonForIncompletion }).filter(([, value]) => value !== undefined))
  const output = { ...named, ...objectOf(given['output']), ...origin(occasion) }
  const reason = typeof reasonForIncompletion === 'string' ? reasonForIncompletion : null
  if (typeof taskId === 'string' && taskId !== '') {
    const attempt = parseAttemptId(taskId)
    const to = attempt && (await existing(engine, executionIdOf(attempt)))
    if (!attempt || !to) return notFound(`No task found with id: ${taskId}`)
    const update = { callbackAfterSeconds: 0, extendLease: false, subWorkflowId: null, logs: [] }
    return sending(to, { kind: 'update', attempt, status, output, reason, worker: null, ...update }, output)
  }
  const to = await existing(engine, typeof workflowId === 'string' ? parseExecutionId(workflowId) : null)
  if (to === null) return notFound(`No workflow found with id: ${String(workflowId)}`)
  if (typeof taskRefName !== 'string' || taskRefName === '') return failed('expected taskId, or workflowId and taskRefName, found neither')
  return sending(to, { kind: 'updateByReference', reference: taskRefName, status, output, reason, worker: null }, output)
}

async function terminateWorkflow(engine: EngineApi, given: JsonObject): Promise<ActionEnd> {
  const { workflowId, terminationReason } = given
  const to = await existing(engine, typeof workflowId === 'string' ? parseExecutionId(workflowId) : null)
  if (to === null) return notFound(`No workflow found with id: ${String(workflowId)}`)
  return sending(to, { kind: 'terminate', reason: typeof terminationReason === 'string' ? terminationReason : null }, { workflowId: to })
}

async function updateVariables(engine: EngineApi, given: JsonObject): Promise<ActionEnd> {
  const { workflowId, variables, appendArray } = given
  const to = await existing(engine, typeof workflowId === 'string' ? parseExecutionId(workflowId) : null)
  if (to === null) return notFound(`No workflow found with id: ${String(workflowId)}`)
  return sending(to, { kind: 'updateVariables', variables: objectOf(variables), appendArray: appendArray === true }, { workflowId: to })
}

async function existing(engine: EngineApi, id: ExecutionId | null): Promise<ExecutionId | null> {
  if (id === null) return null
  return (await engine.store.head(id))?.dialect === 'conductor' ? id : null
}

function sending(to: ExecutionId, command: ConductorCommand, output: JsonObject): ActionEnd {
  // Commands are JSON: messages between executions carry them.
  return { status: 'COMPLETED', output, send: { to, body: { kind: 'command', command: command as unknown as JsonObject } } }
}

/** As in the original, an action whose target is gone counts as done. */
function notFound(error: string): ActionEnd {
  return { status: 'COMPLETED', output: { error }, send: null }
}

function failed(error: string): ActionEnd {
  return { status: 'FAILED', output: { error }, send: null }
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}
