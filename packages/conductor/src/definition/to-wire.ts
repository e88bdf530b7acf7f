/**
 * Definitions as the wire shows them (conductor-api.md §4.1–4.4): keys in the original's order, empty collections kept,
 * and nothing where nothing was given. A member that is `undefined` vanishes when the JSON is written. The literals are
 * long and without spreads on purpose: one with a spread costs ten times as much, and this runs for every start.
 */
import type { JsonObject } from '@busbar/kernel'
import type { SubWorkflowParams, TaskDef, WorkflowDef, WorkflowTask } from './types.js'

export function workflowDefToWire(def: WorkflowDef): JsonObject {
  return {
    ownerApp: def.ownerApp ?? undefined,
    createTime: def.createTime,
    updateTime: def.updateTime,
    createdBy: def.createdBy ?? undefined,
    updatedBy: def.updatedBy ?? undefined,
    name: def.name,
    description: def.description ?? undefined,
    version: def.version,
    tasks: def.tasks.map(task => workflowTaskToWire(task)),
    inputParameters: def.inputParameters,
    outputParameters: def.outputParameters,
    failureWorkflow: def.failureWorkflow ?? undefined,
    schemaVersion: def.schemaVersion,
    restartable: def.restartable,
    workflowStatusListenerEnabled: def.workflowStatusListenerEnabled,
    ownerEmail: def.ownerEmail ?? undefined,
    timeoutPolicy: def.timeoutPolicy,
    timeoutSeconds: def.timeoutSeconds,
    variables: def.variables,
    inputTemplate: def.inputTemplate,
    failureWorkflowVersion: def.failureWorkflowVersion ?? undefined,
    workflowStatusListenerSink: def.workflowStatusListenerSink ?? undefined,
    rateLimitConfig: def.rateLimitConfig ?? undefined,
    inputSchema: def.inputSchema ?? undefined,
    outputSchema: def.outputSchema ?? undefined,
    enforceSchema: def.enforceSchema,
    metadata: def.metadata,
    cacheConfig: def.cacheConfig ?? undefined,
    maskedFields: def.maskedFields,
  }
}

/** `embedded` is shown as the task's definition when it has none of its own. */
export function workflowTaskToWire(task: WorkflowTask, embedded: TaskDef | null = null): JsonObject {
  const definition = task.taskDefinition ?? embedded
  return {
    name: task.name,
    taskReferenceName: task.taskReferenceName,
    description: task.description ?? undefined,
    inputParameters: task.inputParameters,
    type: task.type,
    dynamicTaskNameParam: task.dynamicTaskNameParam ?? undefined,
    caseValueParam: task.caseValueParam ?? undefined,
    caseExpression: task.caseExpression ?? undefined,
    scriptExpression: task.scriptExpression ?? undefined,
    decisionCases: casesToWire(task.decisionCases),
    dynamicForkJoinTasksParam: task.dynamicForkJoinTasksParam ?? undefined,
    dynamicForkTasksParam: task.dynamicForkTasksParam ?? undefined,
    dynamicForkTasksInputParamName: task.dynamicForkTasksInputParamName ?? undefined,
    defaultCase: tasksToWire(task.defaultCase),
    forkTasks: task.forkTasks.map(tasksToWire),
    startDelay: task.startDelay,
    subWorkflowParam: task.subWorkflowParam === null ? undefined : subWorkflowParamsToWire(task.subWorkflowParam),
    joinOn: task.joinOn,
    sink: task.sink ?? undefined,
    optional: task.optional,
    taskDefinition: definition === null ? undefined : taskDefToWire(definition),
    rateLimited: task.rateLimited ?? undefined,
    defaultExclusiveJoinTask: task.defaultExclusiveJoinTask,
    asyncComplete: task.asyncComplete,
    loopCondition: task.loopCondition ?? undefined,
    loopOver: tasksToWire(task.loopOver),
    items: task.items ?? undefined,
    retryCount: task.retryCount ?? undefined,
    evaluatorType: task.evaluatorType ?? undefined,
    expression: task.expression ?? undefined,
    onStateChange: task.onStateChange,
    joinStatus: task.joinStatus ?? undefined,
    cacheConfig: task.cacheConfig ?? undefined,
    permissive: task.permissive,
    joinMode: task.joinMode ?? undefined,
    metadata: task.metadata,
  }
}

export function taskDefToWire(def: TaskDef): JsonObject {
  return {
    ownerApp: def.ownerApp ?? undefined,
    createTime: def.createTime,
    updateTime: def.updateTime,
    createdBy: def.createdBy ?? undefined,
    updatedBy: def.updatedBy ?? undefined,
    name: def.name,
    description: def.description ?? undefined,
    retryCount: def.retryCount,
    timeoutSeconds: def.timeoutSeconds,
    inputKeys: def.inputKeys,
    outputKeys: def.outputKeys,
    runtimeMetadata: def.runtimeMetadata,
    timeoutPolicy: def.timeoutPolicy,
    retryLogic: def.retryLogic,
    retryDelaySeconds: def.retryDelaySeconds,
    responseTimeoutSeconds: def.responseTimeoutSeconds,
    concurrentExecLimit: def.concurrentExecLimit ?? undefined,
    inputTemplate: def.inputTemplate,
    rateLimitPerFrequency: def.rateLimitPerFrequency,
    rateLimitFrequencyInSeconds: def.rateLimitFrequencyInSeconds,
    isolationGroupId: def.isolationGroupId ?? undefined,
    executionNameSpace: def.executionNameSpace ?? undefined,
    ownerEmail: def.ownerEmail ?? undefined,
    pollTimeoutSeconds: def.pollTimeoutSeconds ?? undefined,
    backoffScaleFactor: def.backoffScaleFactor,
    maxRetryDelaySeconds: def.maxRetryDelaySeconds,
    backoffJitterMs: def.backoffJitterMs,
    baseType: def.baseType ?? undefined,
    totalTimeoutSeconds: def.totalTimeoutSeconds,
    taskStatusListenerEnabled: def.taskStatusListenerEnabled,
    inputSchema: def.inputSchema ?? undefined,
    outputSchema: def.outputSchema ?? undefined,
    enforceSchema: def.enforceSchema,
  }
}

function tasksToWire(tasks: readonly WorkflowTask[]): readonly JsonObject[] {
  return tasks.map(task => workflowTaskToWire(task))
}

function casesToWire(cases: WorkflowTask['decisionCases']): JsonObject {
  return Object.fromEntries(Array.from(cases, ([key, tasks]) => [key, tasksToWire(tasks)]))
}

function subWorkflowParamsToWire(params: SubWorkflowParams): JsonObject {
  const definition = params.workflowDefinition
  return {
    name: params.name ?? undefined,
    version: params.version ?? undefined,
    taskToDomain: params.taskToDomain ?? undefined,
    idempotencyKey: params.idempotencyKey ?? undefined,
    idempotencyStrategy: params.idempotencyStrategy ?? undefined,
    priority: params.priority ?? undefined,
    workflowDefinition: definition === null ? undefined : typeof definition === 'string' ? definition : workflowDefToWire(definition),
  }
}
