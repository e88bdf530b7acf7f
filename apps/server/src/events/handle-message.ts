/** One message of an event: which handlers want it, and what their actions come to (conductor-semantics.md §12.2). */
import type { ConductorCommand, EventSend } from '@busbar/conductor'
import type { EngineApi, Work } from '@busbar/engine'
import { isJsonObject, type Json, type JsonObject } from '@busbar/kernel'
import { actionEnd } from './event-actions.js'
import type { EventHandler } from './event-handler.js'
import { expandInlineJson } from './expand-inline-json.js'

type EventHandled = Extract<ConductorCommand, { kind: 'eventHandled' }>

/** Changes nothing by itself: what is to happen leaves with the command, in one transaction. */
export async function handleMessage(engine: EngineApi, handlers: readonly EventHandler[], { work, attempt }: Work): Promise<EventHandled> {
  const event = String(work['event'])
  const messageId = String(work['id'])
  const payload = work['payload'] ?? null
  const actions: JsonObject[] = []
  const sends: EventSend[] = []
  for (const handler of handlers) {
    const record = (rest: JsonObject): void => {
      actions.push({ id: `${messageId}_${actions.length}`, messageId, name: handler.name, event, created: engine.now(), ...rest })
    }
    const wanted = await wants(engine, handler, payload)
    if (wanted !== true) {
      record(wanted === false ? { status: 'SKIPPED' } : { status: 'FAILED', output: { error: wanted.error } })
      continue
    }
    for (const action of handler.actions) {
      const { status, output, send } = await actionEnd(engine, action, { event, messageId, payload, attempt: attempt.id, index: actions.length })
      record({ status, action: action.kind, output })
      if (send !== null) sends.push(send)
    }
  }
  return { kind: 'eventHandled', attempt: attempt.id, fence: attempt.fence, actions, sends }
}

async function wants(engine: EngineApi, { condition, evaluatorType }: EventHandler, payload: Json): Promise<boolean | { readonly error: string }> {
  if (condition === null || condition.trim() === '') return true
  const seen = expandInlineJson(payload)
  if (evaluatorType === 'value-param') return isTrue((isJsonObject(seen) ? seen[condition] : null) ?? null)
  if (evaluatorType === 'python') return { error: 'the evaluator python is not built yet; use javascript' }
  const answer = await engine.evaluate(condition, seen)
  return answer.ok ? isTrue(answer.value) : { error: answer.message }
}

function isTrue(value: Json): boolean {
  return value === true || (typeof value === 'number' && value > 0)
}
