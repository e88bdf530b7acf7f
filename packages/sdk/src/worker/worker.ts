import type { Task, TaskResult } from '../models/task.js'

/** What `execute` is told besides its task. */
export interface TaskContext {
  /** Aborts when the server takes the task away, when its lease is lost, and when the worker stops and will wait no longer. */
  readonly signal: AbortSignal
  /** A line for the task's log; sent with the result. */
  readonly log: (message: string) => void
}

export type WorkerResult = Omit<TaskResult, 'workflowInstanceId' | 'taskId'>

/** As the original client has it. `TaskWorker` is the same with a context that is always there. */
export interface WorkerInterface {
  taskDefName: string
  domain?: string
  /** Milliseconds. */
  pollInterval?: number
  /** How many tasks at a time. */
  concurrency?: number
  execute: (task: Task, context?: TaskContext) => Promise<WorkerResult>
}

/** Returning nothing completes the task with no output; returning or throwing an `Error` fails it. */
export interface TaskWorker extends Omit<WorkerInterface, 'execute'> {
  // oxlint-disable-next-line typescript/no-invalid-void-type -- a function that returns nothing is a worker, too
  execute: (task: Task, context: TaskContext) => Promise<WorkerResult | Error | undefined | void>
}

/** Thrown by `execute`: the task has failed for good, no retry will help. */
export class NonRetryableException extends Error {}

export type WorkerErrorHandler = (error: Error, task?: Task) => void

export const noopErrorHandler: WorkerErrorHandler = () => {}
