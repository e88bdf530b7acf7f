import { isJsonObject, type JsonObject } from '@busbar/kernel'
import type { Ending } from '../decide/ending.js'
import type { Task } from '../decide/task.js'
import type { TaskRule } from '../decide/mapping.js'
import { scheduleWithInput } from './schedule-with-input.js'

const statuses = { COMPLETED: 'completed', FAILED: 'failed', TERMINATED: 'cancelled' } as const

/** Ends the workflow with a status and an output of its choice. What follows from it is decided in `endingOf`. */
export const terminate: TaskRule = {
  schedule: scheduleWithInput,
  look(turn, task) {
    if (statusOf(task) === null) return turn.close(task, 'failed', { reason: 'given termination status is not valid' })
    turn.close(task, 'completed', { output: workflowOutput(task) })
  },
}

/** How a completed TERMINATE task ends the workflow. */
export function endingOf(task: Task): Ending {
  const wire = String(task.data.input?.['terminationStatus'])
  const status = statusOf(task) ?? 'failed'
  const given = task.data.input?.['terminationReason']
  const reason = typeof given === 'string' ? given : `Workflow is ${wire} by TERMINATE task: ${task.id}`
  return {
    status,
    reason,
    failedBy: status === 'completed' ? null : task,
    terminatedBy: task,
    startsFailureWorkflow: status !== 'completed',
  }
}

function statusOf(task: Task): (typeof statuses)[keyof typeof statuses] | null {
  const status = task.data.input?.['terminationStatus']
  return typeof status === 'string' && Object.hasOwn(statuses, status) ? statuses[status as keyof typeof statuses] : null
}

function workflowOutput(task: Task): JsonObject {
  const output = task.data.input?.['workflowOutput']
  if (output === undefined || output === null) return {}
  return isJsonObject(output) ? output : { output }
}
