/** From what `execute` did to what the server is told. */
import type { Task, TaskExecLog, TaskResult } from '../models/task.js'
import { NonRetryableException, type WorkerResult } from './worker.js'

export const unknownErrorMessage = 'An unknown error occurred'

/** A result without a status would make the Java servers fail, so it is a completed one. */
export function resultOfReturn(task: Task, returned: WorkerResult | undefined, logs: readonly TaskExecLog[]): TaskResult {
  const result: WorkerResult = returned ?? { outputData: {} }
  return { ...result, status: result.status ?? 'COMPLETED', ...withLogs([...logs, ...(result.logs ?? [])]), ...idsOf(task) }
}

export function resultOfFailure(task: Task, error: unknown, logs: readonly TaskExecLog[]): TaskResult {
  return {
    ...idsOf(task),
    status: error instanceof NonRetryableException ? 'FAILED_WITH_TERMINAL_ERROR' : 'FAILED',
    reasonForIncompletion: reasonOf(error),
    outputData: {},
    ...withLogs(logs),
  }
}

export function reasonOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown && typeof thrown.message === 'string') return thrown.message
  return asText(thrown) ?? unknownErrorMessage
}

function asText(thrown: unknown): string | undefined {
  try {
    return thrown === null ? undefined : JSON.stringify(thrown)
  } catch {
    return undefined
  }
}

/** Error handlers take errors; whatever was thrown arrives as one. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(reasonOf(thrown), { cause: thrown })
}

export function idsOf(task: Task): { readonly workflowInstanceId: string; readonly taskId: string } {
  return { workflowInstanceId: task.workflowInstanceId ?? '', taskId: task.taskId ?? '' }
}

function withLogs(logs: readonly TaskExecLog[]): { readonly logs?: TaskExecLog[] } {
  return logs.length === 0 ? {} : { logs: [...logs] }
}
