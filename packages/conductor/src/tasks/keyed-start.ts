import { isJsonObject, isRefusal, type JsonObject, type Keyed } from '@busbar/kernel'
import type { Task } from '../decide/task.js'
import type { Turn } from '../decide/turn.js'
import { type AfterKeyed, afterKeyed, idempotencyKeyOf } from '../start/idempotency.js'

/** What becomes of a start by a task whose request may hold an idempotency key. Undefined: it has none; null: the question is asked. */
export function keyedStart(turn: Turn, task: Task, request: JsonObject): AfterKeyed | null | undefined {
  const key = idempotencyKeyOf(request)
  if (key === null) return undefined
  if (isRefusal(key)) return key
  const name = nameOf(request)
  const answer = turn.answer({ key: `keyed:${task.id}:${task.fence}`, kind: 'keyed', name, idempotencyKey: key.key })
  if (answer === null || !answer.ok) return null
  // The engine answers this question with nothing else.
  return afterKeyed(name, key, answer.value as Keyed)
}

function nameOf({ name, workflowDef }: JsonObject): string {
  const given = typeof name === 'string' && name !== '' ? name : isJsonObject(workflowDef) ? workflowDef['name'] : ''
  return typeof given === 'string' ? given : ''
}
