/** An execution as Conductor's clients see it (conductor-api.md §4.6). Keys in the order of the original. */
import type { JsonObject } from '@busbar/kernel'
import { planOf } from '../decide/book.js'
import type { ConductorView, Task } from '../decide/task.js'
import { definitionJson } from '../plan.js'
import { isUnsuccessful, workflowStatus } from './status.js'
import { taskModelToWire, taskToWire } from './task.js'
import { updateTimeOf } from './times.js'

export function workflowToWire(view: ConductorView, options: { readonly includeTasks: boolean }): JsonObject {
  const { execution, brief, state } = view
  const plan = planOf(view)
  return {
    ownerApp: '',
    createTime: execution.createdAt,
    updateTime: updateTimeOf(view),
    status: workflowStatus(execution.status),
    endTime: execution.endedAt ?? state.before?.endedAt ?? 0,
    workflowId: execution.id,
    parentWorkflowId: execution.parent?.execution,
    parentWorkflowTaskId: execution.parent?.attempt,
    tasks: options.includeTasks ? tasksInOrder(view).map(task => taskToWire(view, task)) : [],
    input: brief.input,
    output: state.output ?? {},
    correlationId: brief.correlationId,
    reasonForIncompletion: state.reason,
    event: brief.event,
    taskToDomain: brief.taskToDomain ?? {},
    failedReferenceTaskNames: state.failedRefs ?? [],
    workflowDefinition: shownDefinition(view),
    externalInputPayloadStoragePath: brief.inputPath,
    externalOutputPayloadStoragePath: state.outputPath,
    priority: brief.priority ?? 0,
    variables: state.variables,
    lastRetriedTime: state.reran === true ? 0 : (state.lastRetriedTime ?? 0),
    failedTaskNames: state.failedNames ?? [],
    history: [],
    idempotencyKey: brief.idempotencyKey,
    rateLimitKey: state.pass === undefined || state.pass.key === '' ? undefined : state.pass.key,
    rateLimited: state.pass?.state === 'asked',
    startTime: execution.createdAt,
    workflowName: plan.def.name,
    workflowVersion: plan.def.version,
  }
}

/** Its snapshot; variables that were set meanwhile stand in it too, as in the original. */
function shownDefinition(view: ConductorView): JsonObject {
  const plan = planOf(view)
  const definition = definitionJson(plan)
  const { variables } = view.state
  return variables === plan.def.variables ? definition : { ...definition, variables }
}

/** The form in which the original keeps it, and answers bulk reads. */
export function workflowModelToWire(view: ConductorView, options: { readonly includeTasks: boolean }): JsonObject {
  const { updateTime, history: _history, rateLimited: _limited, startTime: _start, ...model } = workflowToWire(view, options)
  const { failedReferenceTaskNames, failedTaskNames, ...rest } = model
  return {
    ...rest,
    tasks: options.includeTasks ? tasksInOrder(view).map(task => taskModelToWire(view, task)) : [],
    ...(updateTime !== 0 && { updatedTime: updateTime }),
    ...(view.state.failedRefs !== undefined && { failedReferenceTaskNames, failedTaskNames, failedTaskId: failedTaskOf(view) }),
    previousStatus: previousStatusOf(view),
  }
}

/** Absent as long as it has only ever run. */
function previousStatusOf({ status, state }: ConductorView): string | undefined {
  if (status !== 'running') return 'RUNNING'
  return state.before === undefined ? undefined : workflowStatus(state.before.status)
}

/** The task that its last end is blamed on. */
function failedTaskOf(view: ConductorView): string | undefined {
  return [...view.attempts()].findLast(task => view.state.failedRefs?.includes(task.key) === true && hasFailed(task))?.id
}

function hasFailed({ state }: Task): boolean {
  return state.kind === 'closed' && isUnsuccessful(state.outcome)
}

/** By sequence; what an operator skipped comes first. */
export function tasksInOrder(view: ConductorView): Task[] {
  const tasks: Task[] = []
  const skipped: Task[] = []
  for (const task of view.attempts()) (task.data.skipped === true ? skipped : tasks).push(task)
  return skipped.length === 0 ? tasks : [...skipped, ...tasks]
}

export function workflowStatusToWire(view: ConductorView, options: { readonly includeOutput: boolean; readonly includeVariables: boolean }): JsonObject {
  return {
    workflowId: view.id,
    correlationId: view.brief.correlationId,
    output: options.includeOutput ? (view.state.output ?? {}) : undefined,
    variables: options.includeVariables ? view.state.variables : undefined,
    status: workflowStatus(view.status),
  }
}
