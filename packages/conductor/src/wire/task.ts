/** A task as Conductor's clients see it (conductor-api.md §4.7). Keys in the order of the original. */
import type { JsonObject } from '@busbar/kernel'
import { nodeOf, planOf } from '../decide/book.js'
import type { ConductorView, Task } from '../decide/task.js'
import { workerOf } from '../decide/worker-of.js'
import { shownOutputOf } from '../decide/output.js'
import { taskJson } from '../plan.js'
import { isEffect } from '../queue.js'
import type { WorkflowTask } from '../definition/types.js'
import { wakeTime } from '../tasks/wait.js'
import { taskStatus } from './status.js'
import { taskTimes } from './times.js'

const emptyMap: JsonObject = {}
const executionMetadata: JsonObject = { additionalContext: {}, empty: true, additionalContextMap: {} }
/** What is shown of a text, as in the original. */
const reasonLengthMax = 500

export function taskToWire(view: ConductorView, task: Task): JsonObject {
  const { data } = task
  const times = taskTimes(task)
  const definition = nodeOf(view, task)?.task ?? null
  const wire = definition === null ? null : taskJson(definition)
  const limits = definition?.taskDefinition ?? null
  const output = shownOutputOf(view, task)
  return {
    taskType: data.type,
    status: taskStatus(task),
    inputData: data.input ?? emptyMap,
    referenceTaskName: task.key,
    retryCount: task.number,
    seq: task.ordinal - (view.state.forgotten ?? 0),
    correlationId: view.brief.correlationId,
    pollCount: pollCountOf(task),
    taskDefName: data.name ?? data.type,
    scheduledTime: times.scheduled,
    startTime: times.started,
    endTime: times.ended,
    updateTime: times.updated,
    startDelayInSeconds: data.type === 'SUB_WORKFLOW' ? 0 : (data.startDelay ?? 0),
    retriedTaskId: data.retryOf,
    retried: data.retried === true,
    executed: data.executed === true && !completesWorkflow(task),
    callbackFromWorker: true,
    responseTimeoutSeconds: limits?.responseTimeoutSeconds ?? (isWorkers(task) ? responseTimeoutDefaultSeconds : 0),
    workflowInstanceId: view.id,
    workflowType: planOf(view).def.name,
    taskId: task.id,
    reasonForIncompletion: data.reason?.slice(0, reasonLengthMax),
    callbackAfterSeconds: callbackOf(task),
    workerId: workerOf(task),
    outputData: output,
    workflowTask: wire === null ? unknownTask(task) : definition?.type === 'DYNAMIC' ? { ...wire.task, name: data.name ?? data.type } : wire.task,
    domain: data.domain,
    externalInputPayloadStoragePath: data.inputPath,
    externalOutputPayloadStoragePath: data.outputPath,
    rateLimitPerFrequency: limits?.rateLimitPerFrequency ?? 0,
    rateLimitFrequencyInSeconds: rateLimitSeconds(task, definition),
    workflowPriority: priorityOf(view, task),
    iteration: data.iteration ?? 0,
    // A task that started none of its own shows the one that its output names.
    subWorkflowId: data.child ?? data.awaits ?? (typeof output['subWorkflowId'] === 'string' ? output['subWorkflowId'] : undefined),
    subworkflowChanged: data.changed === true,
    firstStartTime: 0,
    executionMetadata,
    taskDefinition: wire?.definition ?? null,
    queueWaitTime: times.started === 0 ? 0 : times.started - times.scheduled,
    loopOverTask: (data.iteration ?? 0) > 0,
  }
}

/** The original's own workers poll once for what starts a workflow; here that happens in the decision. */
function pollCountOf(task: Task): number {
  return task.data.type === 'SUB_WORKFLOW' || task.data.type === 'START_WORKFLOW' ? 1 : task.claims
}

/** The form in which the original keeps a task, and answers bulk reads. */
export function taskModelToWire(view: ConductorView, task: Task): JsonObject {
  const { executionMetadata: _metadata, firstStartTime: _started, ...wire } = taskToWire(view, task)
  const definition = nodeOf(view, task)?.task ?? null
  return {
    ...wire,
    asyncComplete: definition?.asyncComplete ?? false,
    cachedOutput: false,
    callbackAfterMs: 0,
    firstScheduledTime: task.data.firstScheduledTime ?? taskTimes(task).scheduled,
    idempotent: false,
    idempotentExecution: false,
    nonWorkflowEventTask: false,
    notifications: {},
    onStateChange: {},
    waitTimeout: task.data.type === 'WAIT' ? (task.wakeAt ?? 0) : 0,
  }
}

/** Of a worker's task that has no definition, as of one that leaves it open. */
const responseTimeoutDefaultSeconds = 3_600

function isWorkers(task: Task): boolean {
  return task.queue !== null && !isEffect(task)
}

/** The original ends such a workflow before it notes that the task has been dealt with. */
function completesWorkflow({ data }: Task): boolean {
  return data.type === 'TERMINATE' && data.input?.['terminationStatus'] === 'COMPLETED'
}

/** What the original shows of a WAIT that only an update from outside can end. */
const forEverSeconds = 2_147_483_647

/** A task that starts a child with a priority of its own shows that one, where it is written as a number. */
function priorityOf(view: ConductorView, task: Task): number {
  const given = task.data.type === 'SUB_WORKFLOW' ? nodeOf(view, task)?.task.subWorkflowParam?.priority : null
  return typeof given === 'number' ? given : (view.brief.priority ?? 0)
}

function waitSecondsOf(task: Task): number {
  const wake = wakeTime(task.data.input ?? {}, task.openedAt)
  if ('error' in wake) return 0
  return wake.at === null ? forEverSeconds : Math.max(0, Math.floor((wake.at - task.openedAt) / 1000))
}

/** A claim ends the waiting. */
function callbackOf(task: Task): number {
  if (task.state.kind === 'leased') return 0
  return task.data.callbackAfterSeconds ?? (task.data.type === 'WAIT' ? waitSecondsOf(task) : 0)
}

/** Shown for workers' tasks and for loops. */
function rateLimitSeconds(task: Task, definition: WorkflowTask | null): number {
  return task.queue === null && task.data.type !== 'DO_WHILE' ? 0 : (definition?.taskDefinition?.rateLimitFrequencyInSeconds ?? 1)
}

/** A task whose definition is gone: a branch of a dynamic fork that was forgotten. */
function unknownTask(task: Task): JsonObject {
  return { name: task.data.name ?? task.data.type, taskReferenceName: task.key, inputParameters: {}, type: task.data.type }
}

/** Truncated as on the wire, for what is stored from outside. */
export function cutReason(reason: string | null): string | null {
  return reason === null || reason.length <= reasonLengthMax ? reason : reason.slice(0, reasonLengthMax)
}
