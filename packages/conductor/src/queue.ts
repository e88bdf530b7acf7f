import type { Attempt, QueueName } from '@busbar/kernel'

/** The queue of the worker tasks of a type, within a domain if there is one. */
export function queueOf(taskType: string, domain: string | null): QueueName {
  return (domain === null ? `conductor/${taskType}` : `conductor/${domain}:${taskType}`) as QueueName
}

/** What the engine itself does outside: its own workers claim these. */
export type EffectKind = 'http' | 'event' | 'kafka'

const effectQueues = { http: 'system/http', event: 'system/event', kafka: 'system/kafka' } satisfies Record<EffectKind, string>

export function effectQueueOf(kind: EffectKind): QueueName {
  return effectQueues[kind] as QueueName
}

export function effectKindOf(queue: QueueName): EffectKind | null {
  for (const kind of ['http', 'event', 'kafka'] as const) if (effectQueues[kind] === queue) return kind
  return null
}

/** Where the messages of an event wait for its handlers. */
export function eventQueueOf(event: string): QueueName {
  return `${eventPrefix}${event}` as QueueName
}

const eventPrefix = 'event/'

/** The event whose messages wait in a queue; null: it is another kind of queue. */
export function eventOfQueue(queue: QueueName): string | null {
  return queue.startsWith(eventPrefix) ? queue.slice(eventPrefix.length) : null
}

/** Neither a worker nor the decision itself ends it, but the engine's own workers. */
export function isEffect(task: Attempt): boolean {
  return task.queue !== null && !task.queue.startsWith('conductor/')
}
