import { childIdOf, isJsonObject, type JsonObject } from '@busbar/kernel'
import { planOf } from '../decide/book.js'
import { awaitsUpdate } from '../decide/effects.js'
import { evaluate } from '../decide/input.js'
import type { TaskRule } from '../decide/mapping.js'
import type { ConductorView, Task } from '../decide/task.js'
import { javaText } from '../expression/java-text.js'
import { effectQueueOf } from '../queue.js'
import { eventMessageRequest } from '../start/event-message.js'
import { noticeNamespace } from '../listeners/notice.js'
import { type Sink, sinkOf } from './event-sink.js'

/** Publishes its input. To a queue of the server in the very decision that ends it; to a broker by the engine's own worker. */
export const event: TaskRule = {
  schedule(mapping, place) {
    const { task } = place.node
    const given = mapping.input(place.node)
    const sink = task.sink === null ? given['sink'] : evaluate(mapping.turn, task.sink, mapping.drafts.length)
    const input = { ...given, sink: sink ?? null, asyncComplete: task.asyncComplete }
    const { def } = planOf(mapping.turn.view)
    const { kind } = sinkOf(javaText(input.sink), { workflow: def.name, ref: task.taskReferenceName + place.suffix })
    const how = kind === 'broker' ? ({ how: 'effect', queue: effectQueueOf('event') } as const) : ({ how: 'engine' } as const)
    mapping.add(place, { type: 'EVENT', name: task.name, input, ...how })
  },
  look(turn, task, node) {
    if (task.data.sent === true) return
    const sink = sinkOfTask(turn.view, task)
    const output = publishedBy(turn.view, task)
    if (sink.kind !== 'internal') {
      const problem = sink.kind === 'unknown' ? sink.reason : 'a broker cannot be reached from a dynamic task'
      return turn.close(task, 'failed', { output, reason: `Error loading queue:${sink.event}, for task:${task.id}, error: ${problem}` })
    }
    const request = eventMessageRequest({ event: sink.event, id: task.id, payload: output })
    turn.view.send(childIdOf(task.id, task.fence, 'event'), { kind: 'start', dialect: 'conductor', request, parent: null })
    if (awaitsUpdate(task, node.task.asyncComplete)) turn.amend(task, { output, sent: true })
    else turn.close(task, 'completed', { output })
  },
}

export function sinkOfTask(view: ConductorView, task: Task): Sink {
  return sinkOf(javaText(task.data.input?.['sink'] ?? null), { workflow: planOf(view).def.name, ref: task.key })
}

/** The output of the task, which is the message as well. */
export function publishedBy(view: ConductorView, task: Task): JsonObject {
  const { def } = planOf(view)
  // What a listener is told is not the notice's own.
  const { payload } = view.brief.input
  if (view.execution.label.namespace === noticeNamespace && isJsonObject(payload)) return payload
  return {
    ...task.data.input,
    workflowInstanceId: view.id,
    workflowType: def.name,
    workflowVersion: def.version,
    correlationId: view.brief.correlationId ?? null,
    taskToDomain: view.brief.taskToDomain ?? {},
    event_produced: sinkOfTask(view, task).event,
  }
}
