/** What `${…}` may read, made when it is read (conductor-semantics.md §8.1). */
import type { AttemptId, Context, ExecutionStatus, Json, JsonObject } from '@busbar/kernel'
import type { Scope } from '../expression/resolve.js'
import { type ReadPayload, readLater } from '../payload/outside.js'
import { taskStatus, workflowStatus } from '../wire/status.js'
import { taskTimes } from '../wire/times.js'
import { bookOf, planOf } from './book.js'
import type { ConductorView, Task } from './task.js'
import { lazyLoopOutput, outputOf } from './output.js'
import { workerOf } from './worker-of.js'

export interface ReadScope extends Scope {
  /** A loop's output was read: what came out may hold a part that is not plain yet. */
  readonly readLoop: () => boolean
}

/** How a decision reads: see `Turn`. */
export interface Reading {
  readonly taskId: AttemptId | null
  readonly read: ReadPayload
  readonly output: typeof outputOf
  readonly status: ExecutionStatus
}

export function scopeOf(view: ConductorView, context: Context, { taskId, read, output, status }: Reading): ReadScope {
  let readLoop = false
  const document = (task: Task): JsonObject => {
    const { type, output: stored, inputPath, outputPath } = task.data
    if (inputPath !== undefined || outputPath !== undefined) return documentOfOutside(view, task, read)
    if (type !== 'DO_WHILE' || stored !== undefined) return taskDocument(view, task, output(view, task, read))
    readLoop = true
    return taskDocument(view, task, lazyLoopOutput(view, task, read))
  }
  return {
    workflow: () => workflowDocument(view, status, read),
    task: reference => {
      const ordinal = bookOf(view).latest.get(reference)
      const task = ordinal === undefined ? undefined : view.attempt(ordinal)
      return task === undefined ? undefined : document(task)
    },
    allTasks: () => {
      const all: Record<string, Json> = {}
      for (const [name, ordinal] of bookOf(view).latest) {
        const task = view.attempt(ordinal)
        if (task !== undefined) all[name] = document(task)
      }
      return all
    },
    environment: name => context.environment(name),
    configuration: name => context.environment(`CONDUCTOR_ENV_${name}`),
    taskId,
    readLoop: () => readLoop,
  }
}

/** What is kept outside is read when it is looked at. */
function documentOfOutside(view: ConductorView, task: Task, read: ReadPayload): JsonObject {
  const { inputPath, outputPath } = task.data
  const document = taskDocument(view, task, outputPath === undefined ? outputOf(view, task, read) : {})
  return readLater(document, {
    ...(inputPath !== undefined && { input: () => read(inputPath) }),
    ...(outputPath !== undefined && { output: () => outputOf(view, task, read) }),
  })
}

function workflowDocument(view: ConductorView, status: ExecutionStatus, read: ReadPayload): JsonObject {
  const { inputPath } = view.brief
  const document = documentOf(view, status)
  return inputPath === undefined ? document : readLater(document, { input: () => read(inputPath) })
}

function documentOf(view: ConductorView, status: ExecutionStatus): JsonObject {
  const { execution, brief, state } = view
  const plan = planOf(view)
  return {
    input: brief.input,
    output: state.output ?? {},
    status: workflowStatus(status),
    workflowId: execution.id,
    parentWorkflowId: execution.parent?.execution ?? null,
    parentWorkflowTaskId: execution.parent?.attempt ?? null,
    workflowType: plan.def.name,
    version: plan.def.version,
    correlationId: brief.correlationId ?? null,
    reasonForIncompletion: state.reason ?? null,
    schemaVersion: plan.def.schemaVersion,
    variables: state.variables,
  }
}

function taskDocument(view: ConductorView, task: Task, output: JsonObject): JsonObject {
  const { data } = task
  const times = taskTimes(task)
  return {
    input: data.input ?? {},
    output,
    taskType: data.type,
    status: taskStatus(task),
    referenceTaskName: task.key,
    retryCount: task.number,
    correlationId: view.brief.correlationId ?? null,
    pollCount: task.claims,
    taskDefName: data.name ?? data.type,
    scheduledTime: times.scheduled,
    startTime: times.started,
    endTime: times.ended,
    workflowInstanceId: view.id,
    taskId: task.id,
    reasonForIncompletion: data.reason ?? null,
    callbackAfterSeconds: data.callbackAfterSeconds ?? 0,
    workerId: workerOf(task) ?? null,
    iteration: data.iteration ?? 0,
  }
}
