/**
 * The message of an event, kept as an execution of one attempt: it is written in the transaction that publishes it,
 * waits durably until a handler of its event is there, is handed to one server at a time, and is history afterwards. Its
 * id is derived from the message, so the same message arriving twice is one.
 */
import { isJsonObject, type Json, type JsonObject, type StartPlan } from '@busbar/kernel'
import { snapshotOf } from '../definition/snapshot.js'
import { parseWorkflowDef } from '../definition/parse-workflow-def.js'
import type { WorkflowDef } from '../definition/types.js'
import type { ConductorTypes } from '../types.js'

export interface EventMessage {
  /** `<type>:<uri>`. */
  readonly event: string
  readonly id: string
  readonly payload: Json
}

/** Messages of events are no workflows: lists of those leave this namespace out. */
export const eventNamespace = 'event'

const requestKey = '_eventMessage'

export function eventMessageRequest({ event, id, payload }: EventMessage): JsonObject {
  return { [requestKey]: { event, id, payload } }
}

/** Only the server makes these: what comes from outside never holds one. */
export function isEventMessageRequest(request: JsonObject): boolean {
  return requestKey in request
}

/** Null: the request is that of a workflow. */
export function planEventMessage(request: JsonObject): StartPlan<ConductorTypes> | null {
  const message = request[requestKey]
  if (!isJsonObject(message)) return null
  const event = String(message['event'])
  const id = String(message['id'])
  return {
    kind: 'create',
    label: { namespace: eventNamespace, name: event, version: '1', handle: id, source: 'event' },
    definition: snapshot(),
    brief: { input: { id, payload: message['payload'] ?? null }, event },
    state: { variables: {} },
  }
}

const task = { name: 'message', taskReferenceName: 'message', type: 'EVENT_MESSAGE', inputParameters: {} }
let text: string | undefined

/** The same for all. */
function snapshot(): string {
  // It is written here, so it parses.
  text ??= snapshotOf(parseWorkflowDef({ name: 'event message', version: 1, tasks: [task] }) as WorkflowDef, new Map())
  return text
}
