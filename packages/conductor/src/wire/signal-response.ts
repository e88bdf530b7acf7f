/** What synchronous execution and synchronous signals answer (conductor-api.md §4.15). */
import type { JsonObject } from '@busbar/kernel'
import type { ConductorView, Task } from '../decide/task.js'
import { shownOutputOf } from '../decide/output.js'
import { planOf } from '../decide/book.js'
import { taskStatus, workflowStatus } from './status.js'
import { taskToWire } from './task.js'
import { taskTimes, updateTimeOf } from './times.js'
import { tasksInOrder } from './workflow.js'
import { workerOf } from '../decide/worker-of.js'

export const returnStrategies = ['TARGET_WORKFLOW', 'BLOCKING_WORKFLOW', 'BLOCKING_TASK', 'BLOCKING_TASK_INPUT'] as const
export type ReturnStrategy = (typeof returnStrategies)[number]

export interface SignalAnswer {
  readonly strategy: ReturnStrategy
  readonly requestId: string
  /** The workflow that was started or signalled. */
  readonly target: ConductorView
  /** What everybody waits for, and in which workflow; null: the target has ended, or the time was up. */
  readonly blocked: { readonly view: ConductorView; readonly task: Task } | null
  readonly isTimeUp: boolean
}

export function signalResponse(answer: SignalAnswer): JsonObject {
  const { strategy, target, blocked } = answer
  if (strategy === 'TARGET_WORKFLOW') return workflowRun(answer, strategy, target)
  if (strategy === 'BLOCKING_WORKFLOW') return workflowRun(answer, strategy, blocked?.view ?? target)
  // Asked for a task where none blocks, the original breaks; the workflow, named as what it is, says how it stands.
  return blocked === null ? workflowRun(answer, 'TARGET_WORKFLOW', target) : taskRun(answer, strategy, blocked.view, blocked.task)
}

function shared({ target, requestId, isTimeUp }: SignalAnswer, responseType: ReturnStrategy, view: ConductorView): JsonObject {
  return {
    responseType,
    targetWorkflowId: target.id,
    targetWorkflowStatus: workflowStatus(target.status),
    requestId,
    workflowId: view.id,
    correlationId: view.brief.correlationId,
    signalTimeout: isTimeUp,
    priority: view.brief.priority ?? 0,
  }
}

function workflowRun(answer: SignalAnswer, responseType: ReturnStrategy, view: ConductorView): JsonObject {
  const { execution, brief, state } = view
  return {
    ...shared(answer, responseType, view),
    input: brief.input,
    output: state.output ?? {},
    variables: state.variables,
    tasks: tasksInOrder(view).map(task => taskToWire(view, task)),
    createTime: execution.createdAt,
    status: workflowStatus(execution.status),
    updateTime: updateTimeOf(view),
  }
}

function taskRun(answer: SignalAnswer, responseType: ReturnStrategy, view: ConductorView, task: Task): JsonObject {
  const { data } = task
  const times = taskTimes(task)
  return {
    ...shared(answer, responseType, view),
    input: data.input ?? {},
    output: shownOutputOf(view, task),
    taskType: data.type,
    taskId: task.id,
    referenceTaskName: task.key,
    retryCount: task.number,
    taskDefName: data.name ?? data.type,
    retriedTaskId: data.retryOf,
    workflowType: planOf(view).def.name,
    reasonForIncompletion: data.reason,
    createdBy: workerOf(task),
    createTime: times.started,
    updateTime: times.updated,
    status: taskStatus(task),
  }
}
