/** A task as Conductor's clients see it (conductor-api.md §4.7). Keys in the order of the original. */
import type { JsonObject } from '@busbar/kernel'
import { nodeOf, planOf } from '../decide/book.js'
import type { ConductorView, Task } from '../decide/task.js'
import { shownOutputOf } from '../decide/output.js'
import { taskJson } from '../plan.js'
import type { WorkflowTask } from '../definition/types.js'
import { waitsForUpdate } from '../tasks/wait.js'
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
  const worker = data.workerId ?? task.lastWorker ?? undefined
  return {
    taskType: data.type,
    status: taskStatus(task),
    inputData: data.input ?? emptyMap,
    referenceTaskName: task.key,
    retryCount: task.number,
    seq: task.ordinal,
    correlationId: view.brief.correlationId,
    pollCount: task.claims,
    taskDefName: data.name ?? data.type,
    scheduledTime: times.scheduled,
    startTime: times.started,
    endTime: times.ended,
    updateTime: times.updated,
    startDelayInSeconds: data.type === 'SUB_WORKFLOW' ? 0 : (data.startDelay ?? 0),
    retriedTaskId: data.retryOf,
    retried: data.retried === true,
    executed: data.executed === true,
    callbackFromWorker: true,
    responseTimeoutSeconds: limits?.responseTimeoutSeconds ?? 0,
    workflowInstanceId: view.id,
    workflowType: planOf(view).def.name,
    taskId: task.id,
    reasonForIncompletion: data.reason?.slice(0, reasonLengthMax),
    callbackAfterSeconds: callbackOf(task),
    workerId: worker,
    outputData: output,
    workflowTask: wire?.task ?? unknownTask(task),
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

/** What the original shows of a WAIT that only an update from outside can end. */
const forEverSeconds = 2_147_483_647

/** A task that starts a child with a priority of its own shows that one, where it is written as a number. */
function priorityOf(view: ConductorView, task: Task): number {
  const given = task.data.type === 'SUB_WORKFLOW' ? nodeOf(view, task)?.task.subWorkflowParam?.priority : null
  return typeof given === 'number' ? given : (view.brief.priority ?? 0)
}

/** A claim ends the waiting. */
function callbackOf(task: Task): number {
  if (waitsForUpdate(task)) return forEverSeconds
  return task.state.kind === 'leased' ? 0 : (task.data.callbackAfterSeconds ?? 0)
}

/** Shown for workers' tasks only. */
function rateLimitSeconds(task: Task, definition: WorkflowTask | null): number {
  return task.queue === null ? 0 : (definition?.taskDefinition?.rateLimitFrequencyInSeconds ?? 1)
}

/** A task whose definition is gone: a branch of a dynamic fork that was forgotten. */
function unknownTask(task: Task): JsonObject {
  return { name: task.data.name ?? task.data.type, taskReferenceName: task.key, inputParameters: {}, type: task.data.type }
}

/** Truncated as on the wire, for what is stored from outside. */
export function cutReason(reason: string | null): string | null {
  return reason === null || reason.length <= reasonLengthMax ? reason : reason.slice(0, reasonLengthMax)
}
