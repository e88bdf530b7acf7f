/** What searches answer (conductor-api.md §4.11, §4.12): moments as ISO texts, input and output in Java's notation. */
import type { Json, JsonObject } from '@busbar/kernel'
import { planOf } from '../decide/book.js'
import type { ConductorView, Task } from '../decide/task.js'
import { shownOutputOf } from '../decide/output.js'
import { classifierOf } from '../definition/classifier.js'
import { javaText } from '../expression/java-text.js'
import { taskStatus, workflowStatus } from './status.js'
import { taskTimes, updateTimeOf } from './times.js'

export function workflowSummary(view: ConductorView): JsonObject {
  const { execution, brief, state } = view
  const plan = planOf(view)
  const endedAt = execution.endedAt ?? state.before?.endedAt ?? null
  const input = javaText(brief.input)
  const output = javaText(state.output ?? {})
  return {
    workflowType: plan.def.name,
    version: plan.def.version,
    workflowId: execution.id,
    correlationId: brief.correlationId,
    startTime: iso(execution.createdAt),
    updateTime: iso(updateTimeOf(view)),
    endTime: endedAt === null ? undefined : iso(endedAt),
    status: workflowStatus(execution.status),
    input,
    output,
    reasonForIncompletion: state.reason,
    executionTime: execution.endedAt === null ? 0 : execution.endedAt - execution.createdAt,
    event: brief.event,
    failedReferenceTaskNames: (state.failedRefs ?? []).join(','),
    externalInputPayloadStoragePath: brief.inputPath,
    externalOutputPayloadStoragePath: state.outputPath,
    priority: brief.priority ?? 0,
    failedTaskNames: state.failedNames ?? [],
    taskToDomain: brief.taskToDomain ?? {},
    idempotencyKey: brief.idempotencyKey,
    parentWorkflowId: execution.parent?.execution ?? '',
    classifier: classifierOf(plan.def.metadata),
    inputSize: input.length,
    outputSize: output.length,
  }
}

export function taskSummary(view: ConductorView, task: Task): JsonObject {
  const { data } = task
  const times = taskTimes(task)
  const text = (map: Json): string => javaText(map)
  return {
    workflowId: view.id,
    workflowType: planOf(view).def.name,
    correlationId: view.brief.correlationId,
    scheduledTime: iso(times.scheduled),
    startTime: iso(times.started),
    updateTime: iso(times.updated),
    endTime: iso(times.ended),
    status: taskStatus(task),
    reasonForIncompletion: data.reason,
    executionTime: times.ended > 0 && times.started > 0 ? times.ended - times.started : 0,
    queueWaitTime: times.started > 0 ? times.started - times.scheduled : 0,
    taskDefName: data.name ?? data.type,
    taskType: data.type,
    input: text(data.input ?? {}),
    output: text(shownOutputOf(view, task)),
    taskId: task.id,
    externalInputPayloadStoragePath: data.inputPath,
    externalOutputPayloadStoragePath: data.outputPath,
    workflowPriority: view.brief.priority ?? 0,
    domain: data.domain,
  }
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString()
}
