/** What is handed out for a claimed task: to a worker the task as its wire shows it, to the engine's own workers what they need. */
import { assertNever, type Context, type HandOut, type JsonObject, type QueueName } from '@busbar/kernel'
import type { ConductorView, Task } from './decide/task.js'
import { substituteSecrets } from './expression/secrets.js'
import { begin } from './gate/pass.js'
import { effectKindOf, eventOfQueue } from './queue.js'
import { publishedBy, sinkOfTask } from './tasks/event.js'
import { taskToWire } from './wire/task.js'

export function handOut(view: ConductorView, task: Task, context: Context): HandOut {
  if (view.isTerminal) return { kind: 'spoiled' }
  begin(view, task, context.now)
  const secrets = context.secrets(view.execution.label.namespace)
  const forEngine = task.queue === null ? null : effectWork(view, task, task.queue, secrets)
  if (forEngine !== null) return { kind: 'work', work: forEngine }
  const work = taskToWire(view, task)
  const { input } = task.data
  return { kind: 'work', work: input === undefined ? work : { ...work, inputData: substituteSecrets(input, secrets) } }
}

/** Null: the queue is a worker's. */
function effectWork(view: ConductorView, task: Task, queue: QueueName, secrets: JsonObject): JsonObject | null {
  const event = eventOfQueue(queue)
  if (event !== null) return { event, ...view.brief.input }
  const kind = effectKindOf(queue)
  const { input = {} } = task.data
  switch (kind) {
    case null:
      return null
    case 'http':
    case 'kafka':
      return { input: substituteSecrets(input, secrets) }
    case 'event': {
      const sink = sinkOfTask(view, task)
      const published = publishedBy(view, task)
      const address = sink.kind === 'broker' ? { broker: sink.broker, uri: sink.uri } : {}
      return { ...address, event: sink.event, published, payload: substituteSecrets(published, secrets) }
    }
    default:
      return assertNever(kind)
  }
}
