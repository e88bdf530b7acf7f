/** Kernel states and the wire's statuses: the one table of each. */
import { type ExecutionStatus, invariant, type Outcome } from '@busbar/kernel'
import type { Task } from '../decide/task.js'
import type { ResultStatus } from '../commands.js'

export type TaskStatus =
  | 'SCHEDULED'
  | 'IN_PROGRESS'
  | 'COMPLETED'
  | 'COMPLETED_WITH_ERRORS'
  | 'SKIPPED'
  | 'FAILED'
  | 'FAILED_WITH_TERMINAL_ERROR'
  | 'TIMED_OUT'
  | 'CANCELED'

export type WorkflowStatus = 'RUNNING' | 'PAUSED' | 'COMPLETED' | 'FAILED' | 'TIMED_OUT' | 'TERMINATED'

/** The word of each outcome of a task. */
export const outcomeWords = {
  completed: 'COMPLETED',
  tolerated: 'COMPLETED_WITH_ERRORS',
  failed: 'FAILED',
  failedFinally: 'FAILED_WITH_TERMINAL_ERROR',
  timedOut: 'TIMED_OUT',
  cancelled: 'CANCELED',
  skipped: 'SKIPPED',
} satisfies Record<Outcome, TaskStatus>

const executions = {
  running: 'RUNNING',
  paused: 'PAUSED',
  completed: 'COMPLETED',
  failed: 'FAILED',
  timedOut: 'TIMED_OUT',
  cancelled: 'TERMINATED',
} satisfies Record<ExecutionStatus, WorkflowStatus>

/** In the order of the alphabet, in which searches sort them. */
export const workflowStatuses: readonly WorkflowStatus[] = ['COMPLETED', 'FAILED', 'PAUSED', 'RUNNING', 'TERMINATED', 'TIMED_OUT']

const byWord = new Map(Object.entries(executions).map(([status, word]) => [word, status as ExecutionStatus]))

export function executionStatusOf(word: WorkflowStatus): ExecutionStatus {
  const status = byWord.get(word)
  invariant(status !== undefined, `no execution has the status ${word}`)
  return status
}

/** What a worker's result ends a task as; null: it goes on. */
export const resultOutcomes = {
  IN_PROGRESS: null,
  COMPLETED: 'completed',
  FAILED: 'failed',
  FAILED_WITH_TERMINAL_ERROR: 'failedFinally',
  CANCELED: 'cancelled',
} satisfies Record<ResultStatus, Outcome | null>

export function taskStatus(task: Task): TaskStatus {
  switch (task.state.kind) {
    case 'waiting':
      return 'SCHEDULED'
    case 'leased':
      return 'IN_PROGRESS'
    case 'held':
      return task.data.startAt === undefined ? 'IN_PROGRESS' : 'SCHEDULED'
    case 'closed':
      return outcomeWords[task.state.outcome]
  }
}

export function workflowStatus(status: ExecutionStatus): WorkflowStatus {
  return executions[status]
}

export function isUnsuccessful(outcome: Outcome): boolean {
  return outcome === 'failed' || outcome === 'failedFinally' || outcome === 'timedOut' || outcome === 'cancelled'
}
