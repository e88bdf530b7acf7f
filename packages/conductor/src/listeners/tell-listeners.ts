/** Workflows that ask for it (`workflowStatusListenerEnabled`) tell of what becomes of them (conductor-semantics.md §14). */
import { type AttemptId, childIdOf, type ExecutionStatus, isTerminal, type JsonObject } from '@busbar/kernel'
import type { ConductorCommand } from '../commands.js'
import { planOf } from '../decide/book.js'
import type { ConductorView } from '../decide/task.js'
import type { Settings } from '../settings.js'
import { eventMessageRequest } from '../start/event-message.js'
import { partsOfEvent, sinkOf } from '../tasks/event-sink.js'
import { workflowSummary } from '../wire/summary.js'
import { noticeNamespace, noticeRequest, type Notice } from './notice.js'

export type WorkflowEvent = 'STARTED' | 'RERAN' | 'RETRIED' | 'PAUSED' | 'RESUMED' | 'RESTARTED' | 'COMPLETED' | 'TERMINATED' | 'FINALIZED'

/** As a verb of an operator is heard of, when it took effect. */
const ofVerbs: { readonly [kind in ConductorCommand['kind']]?: WorkflowEvent } = {
  pause: 'PAUSED',
  resume: 'RESUMED',
  restart: 'RESTARTED',
  retry: 'RETRIED',
  rerun: 'RERAN',
  // A child that runs again made this one run again.
  childResumed: 'RETRIED',
}

/** What happened between two states of a workflow, in order. */
export function eventsBetween(before: ExecutionStatus, after: ExecutionStatus, by: ConductorCommand['kind'] | 'decision'): readonly WorkflowEvent[] {
  if (before === after) return []
  if (!isTerminal(before) && isTerminal(after)) return [after === 'completed' ? 'COMPLETED' : 'TERMINATED', 'FINALIZED']
  const event = by === 'decision' ? undefined : ofVerbs[by]
  return event === undefined ? [] : [event]
}

/** The queues of the original's `queue_publisher`. */
const queues: { readonly [event in WorkflowEvent]?: string } = {
  COMPLETED: 'conductor:_callbackSuccessQueue',
  TERMINATED: 'conductor:_callbackFailureQueue',
  FINALIZED: 'conductor:_callbackFinalizeQueue',
}

export function tellListeners(view: ConductorView, events: readonly WorkflowEvent[], { listeners }: Settings): void {
  if (events.length === 0 || view.execution.label.namespace !== '') return
  const { def } = planOf(view)
  if (!def.workflowStatusListenerEnabled || view.brief.isTest === true) return
  const { publishesToQueues, webhook } = listeners
  for (const event of events) {
    const queue = queues[event]
    if (publishesToQueues && queue !== undefined) publish(view, queue, workflowSummary(view))
    if (webhook !== null) notify(view, { kind: 'webhook', url: webhook }, event)
    if (def.workflowStatusListenerSink !== null && def.workflowStatusListenerSink !== '') tellSink(view, def.workflowStatusListenerSink, event)
  }
}

/** A queue of the server itself, `conductor:<queue>`, or one of a broker. */
function tellSink(view: ConductorView, text: string, event: WorkflowEvent): void {
  const { type, uri } = partsOfEvent(text)
  if (type === 'conductor' && uri !== '') return publish(view, text, bodyOf(view, event))
  const sink = sinkOf(text, { workflow: planOf(view).def.name, ref: '' })
  if (sink.kind === 'broker') return notify(view, { kind: 'sink', sink: text }, event)
  const why = sink.kind === 'unknown' ? sink.reason : 'expected conductor:<queue>, or a sink of a broker'
  view.note({ source: '_server', stream: 'log', at: view.execution.updatedAt, text: `workflowStatusListenerSink ${text}: ${why}; nobody was told ${event}` })
}

function bodyOf(view: ConductorView, eventType: WorkflowEvent): JsonObject {
  return { ...workflowSummary(view), eventType }
}

function publish(view: ConductorView, event: string, payload: JsonObject): void {
  send(view, eventMessageRequest({ event, id: view.id, payload }))
}

function notify(view: ConductorView, to: Notice['to'], event: WorkflowEvent): void {
  send(view, noticeRequest({ to, workflow: planOf(view).def.name, workflowId: view.id, payload: bodyOf(view, event) }))
}

/** Each under an id of its own: what happened once is told once, whatever crashes. */
function send(view: ConductorView, request: JsonObject): void {
  const told = (view.state.told ?? 0) + 1
  view.setState({ ...view.state, told })
  view.send(childIdOf(view.id as string as AttemptId, told, noticeNamespace), { kind: 'start', dialect: 'conductor', request, parent: null })
}
