/** The time-outs of tasks and of the execution itself (conductor-semantics.md §3.4, §5), checked when a timer went off. */
import type { Instant } from '@busbar/kernel'
import type { TaskDef } from '../definition/types.js'
import { nodeOf, type Task, planOf } from './book.js'
import type { Ending, Turn } from './turn.js'

export function checkTimeouts(turn: Turn): void {
  const { view, book } = turn
  const overdue = workflowTimeout(turn)
  if (overdue !== null) {
    book.ending ??= overdue
    return
  }
  if (view.status === 'paused') return
  book.timersDue = false
  for (const task of view.openAttempts()) {
    checkTask(turn, task)
    if (book.ending !== null) return
  }
}

/** When the execution as a whole is overdue; null: never. */
export function workflowDeadline(turn: Pick<Turn, 'view'>): Instant | null {
  const { state, execution } = turn.view
  const plan = planOf(turn.view)
  const { timeoutSeconds, timeoutPolicy } = plan.def
  if (timeoutSeconds <= 0 || timeoutPolicy !== 'TIME_OUT_WF') return null
  return ((state.lastRetriedTime ?? execution.createdAt) + timeoutSeconds * 1000) as Instant
}

function workflowTimeout(turn: Turn): Ending | null {
  const deadline = workflowDeadline(turn)
  if (deadline === null || deadline > turn.now) {
    turn.view.wakeAt(deadline)
    return null
  }
  const { timeoutSeconds } = planOf(turn.view).def
  const elapsed = Math.floor((turn.now - deadline) / 1000) + timeoutSeconds
  const reason = `Workflow timed out after ${elapsed} seconds. Timeout configured as ${timeoutSeconds} seconds. Timeout policy configured to TIME_OUT_WF`
  return { status: 'timedOut', reason, failedBy: null, terminatedBy: null, childReason: null, startsFailureWorkflow: true }
}

function checkTask(turn: Turn, task: Task): void {
  const { view, book, now } = turn
  const definition = nodeOf(view, task)?.task.taskDefinition ?? null
  const found = definition && firstExceeded(task, definition, now)
  if (found && definition) {
    turn.close(task, 'timedOut', { reason: found.reason })
    if (found.endsWorkflow) {
      book.ending ??= {
        status: 'timedOut',
        reason: found.reason,
        failedBy: view.attempt(task.ordinal) ?? task,
        terminatedBy: null,
        childReason: null,
        startsFailureWorkflow: true,
      }
    }
    return
  }
  if (task.state.kind === 'held') book.runnable.add(task.ordinal)
  if (definition !== null) armAgain(turn, task, definition)
}

interface Exceeded {
  readonly reason: string
  readonly endsWorkflow: boolean
}

/** Total, attempt, poll, response: the first of them that is over. */
function firstExceeded(task: Task, definition: TaskDef, now: Instant): Exceeded | null {
  for (const limit of limitsOf(task, definition)) {
    if (now < limit.from + limit.seconds * 1000) continue
    const elapsed = Math.floor((now - limit.from) / 1000)
    return { reason: limit.reason(elapsed), endsWorkflow: limit.isPoliced && definition.timeoutPolicy === 'TIME_OUT_WF' }
  }
  return null
}

interface Limit {
  readonly from: number
  readonly seconds: number
  /** The time-out policy of the definition applies; without it, the retry rule. */
  readonly isPoliced: boolean
  readonly reason: (elapsed: number) => string
}

function limitsOf(task: Task, definition: TaskDef): Limit[] {
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
export function armAgain(turn: Pick<Turn, 'view' | 'now'>, task: Task, definition: TaskDef): void {
  const { view, now } = turn
  const moments = limitsOf(task, definition).map(limit => limit.from + limit.seconds * 1000)
  const next = moments.length === 0 ? null : (Math.min(...moments) as Instant)
  if (task.state.kind === 'leased') {
    if (task.state.until !== null && task.state.until <= now) view.extend(task.ordinal, next, now)
    else view.wakeAt(next)
    return
  }
  view.wakeAt(next)
}
