/** The time-outs of tasks and of the execution itself (conductor-semantics.md §3.4, §5), checked when a timer went off. */
import type { Instant } from '@busbar/kernel'
import type { TaskDef } from '../definition/types.js'
import { armAgain, limitsOf } from './task-limits.js'
import { isEffect } from '../queue.js'
import { nodeOf, planOf } from './book.js'
import { takeBackEffect } from './effects.js'
import type { Task } from './task.js'
import type { Turn } from './turn.js'
import type { Ending } from './ending.js'

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
  return { status: 'timedOut', reason, failedBy: null, terminatedBy: null, startsFailureWorkflow: true }
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
        startsFailureWorkflow: true,
      }
    }
    return
  }
  if (task.state.kind === 'held') book.runnable.add(task.ordinal)
  if (isEffect(task) && takeBackEffect(turn, task)) return
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
