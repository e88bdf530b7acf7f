/** The limits of one open task (conductor-semantics.md §5), and when they are to be looked at. */
import type { Instant } from '@busbar/kernel'
import type { TaskDef } from '../definition/types.js'
import type { ConductorView, Task } from './task.js'

/** How long the original leaves an execution alone in which nobody but itself could move. */
const evaluationMs = 30_000

export interface Limit {
  readonly from: number
  readonly seconds: number
  /** The time-out policy of the definition applies; without it, the retry rule. */
  readonly isPoliced: boolean
  readonly reason: (elapsed: number) => string
}

export function limitsOf(task: Task, definition: TaskDef): Limit[] {
  const { data, state } = task
  const { timeoutPolicy: policy, name } = definition
  const limits: Limit[] = []
  const startDelay = (data.startDelay ?? 0) * 1000
  const isPolicied = policy !== 'ALERT_ONLY'
  if (isPolicied && definition.totalTimeoutSeconds > 0) {
    const seconds = definition.totalTimeoutSeconds
    const reason = (elapsed: number) =>
      `Task ${name}/${task.id} exceeded total timeout of ${seconds} seconds (elapsed ${elapsed} seconds across all attempts including retry delays). Timeout policy: ${policy}`
    limits.push({ from: data.firstScheduledTime ?? task.openedAt, seconds, isPoliced: true, reason })
  }
  const started = task.queue === null ? task.openedAt : task.firstClaimedAt
  if (isPolicied && definition.timeoutSeconds > 0 && started !== null) {
    const seconds = definition.timeoutSeconds
    const reason = (elapsed: number) =>
      `Task timed out after ${elapsed} seconds. Timeout configured as ${seconds} seconds. Timeout policy configured to ${policy}`
    limits.push({ from: started + startDelay, seconds, isPoliced: true, reason })
  }
  const poll = definition.pollTimeoutSeconds ?? 0
  if (isPolicied && poll > 0 && state.kind === 'waiting') {
    const reason = (elapsed: number) =>
      `Task poll timed out after ${elapsed} seconds. Poll timeout configured as ${poll} seconds. Timeout policy configured to ${policy}`
    limits.push({ from: task.openedAt + startDelay, seconds: poll + (data.callbackAfterSeconds ?? 0), isPoliced: true, reason })
  }
  const response = definition.responseTimeoutSeconds
  if (response > 0 && (state.kind === 'leased' || (state.kind === 'held' && respondsLate(task)))) {
    const reason = () => `responseTimeout: ${response} exceeded for the taskId: ${task.id} with Task Definition: ${name}`
    limits.push({ from: Math.max(state.since, data.updatedAt ?? 0), seconds: response, isPoliced: false, reason })
  }
  return limits
}

/** Tasks of the engine that wait for somebody: a registered definition of their name gives them a response time-out. */
function respondsLate(task: Task): boolean {
  return task.data.type === 'WAIT' || task.data.type === 'HUMAN'
}

/** The lease is over but no limit is: an extension, or a limit that counts from elsewhere. */
export function armAgain({ view, now }: { readonly view: ConductorView; readonly now: Instant }, task: Task, definition: TaskDef): void {
  const moments = limitsOf(task, definition).map(limit => limit.from + limit.seconds * 1000)
  const next = moments.length === 0 ? null : (Math.min(...moments) as Instant)
  if (task.state.kind === 'leased') {
    if (task.state.until !== null && task.state.until <= now) view.extend(task.ordinal, next, now)
    else view.wakeAt(next)
    return
  }
  // Limits of the engine's own tasks are looked at with the first regular evaluation, as in the original.
  const isEarly = task.state.kind === 'held' && next !== null && next < task.openedAt + evaluationMs
  view.wakeAt(isEarly ? ((task.openedAt + evaluationMs) as Instant) : next)
}
