import type { Task } from './task.js'

/** Why an execution ends, and how. */
export interface Ending {
  readonly status: 'completed' | 'failed' | 'timedOut' | 'cancelled'
  readonly reason: string | null
  /** The task that failed it. */
  readonly failedBy: Task | null
  /** A TERMINATE task gives its output to the workflow. */
  readonly terminatedBy: Task | null
  readonly startsFailureWorkflow: boolean
  /** What it would be is larger than it may be. */
  readonly hasNoOutput?: true
}
