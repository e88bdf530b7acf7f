import { isJsonObject, type Json, type Refusal } from '@busbar/kernel'
import { FieldReader, Findings, listAt } from './field-reader.js'
import { definitionLimits } from './limits.js'
import { onceForEach } from './once-for-each.js'
import { readCacheConfig, readRateLimitConfig, readSchema, readStateChanges } from './parse-inert-fields.js'
import { readTaskDef } from './parse-task-def.js'
import type { SubWorkflowParams, WorkflowDef, WorkflowTask } from './types.js'

/** A refusal's details are `Unreadable`: JSON that is no definition at all. Whether it is a valid one, `validateWorkflowDef` tells. */
export const parseWorkflowDef = onceForEach((json: unknown): WorkflowDef | Refusal => {
  const reading = new Reading()
  const def = readWorkflowDef(json as Json | undefined, '', 1, reading)
  return reading.refusal ?? def
})

/** One task by itself, as dynamic forks bring them. */
export function parseWorkflowTask(json: unknown): WorkflowTask | Refusal {
  const reading = new Reading()
  const task = readWorkflowTask(json as Json | undefined, '', 1, reading)
  return reading.refusal ?? task
}

/** Counts what is read, so that one document cannot hold more than `definitionLimits` allow. */
class Reading extends Findings {
  #tasks = 0

  /** False when the limits are reached: then nothing below is read. */
  mayRead(path: string, depth: number): boolean {
    this.#tasks += 1
    if (this.#tasks > definitionLimits.tasksMax)
      this.report(path, `more than ${definitionLimits.tasksMax} tasks in one definition; split it into sub-workflows`)
    if (depth > definitionLimits.depthMax) this.report(path, `tasks nested more than ${definitionLimits.depthMax} levels deep; use sub-workflows`)
    return this.refusal === null
  }
}

function readWorkflowDef(json: Json | undefined, path: string, depth: number, reading: Reading): WorkflowDef {
  if (!isJsonObject(json)) reading.mismatch(path, 'a workflow definition (an object)', json)
  const fields = new FieldReader(isJsonObject(json) ? json : {}, path, reading)
  return {
    ownerApp: fields.text('ownerApp'),
    createTime: fields.longOrNull('createTime') ?? 0,
    updateTime: fields.longOrNull('updateTime') ?? 0,
    createdBy: fields.text('createdBy'),
    updatedBy: fields.text('updatedBy'),
    name: fields.text('name') ?? '',
    description: fields.text('description'),
    version: fields.integer('version', 1),
    tasks: readTasks(fields.value('tasks'), fields.pathOf('tasks'), depth, reading),
    inputParameters: fields.texts('inputParameters'),
    outputParameters: fields.map('outputParameters'),
    failureWorkflow: fields.text('failureWorkflow'),
    failureWorkflowVersion: fields.integerOrNull('failureWorkflowVersion'),
    schemaVersion: fields.integer('schemaVersion', 2),
    restartable: fields.flag('restartable', true),
    workflowStatusListenerEnabled: fields.flag('workflowStatusListenerEnabled', false),
    workflowStatusListenerSink: fields.text('workflowStatusListenerSink'),
    ownerEmail: fields.text('ownerEmail'),
    timeoutPolicy: fields.oneOf('timeoutPolicy', ['TIME_OUT_WF', 'ALERT_ONLY']) ?? 'ALERT_ONLY',
    timeoutSeconds: fields.long('timeoutSeconds', 0),
    variables: fields.map('variables'),
    inputTemplate: fields.map('inputTemplate'),
    rateLimitConfig: readRateLimitConfig(fields, 'rateLimitConfig'),
    inputSchema: readSchema(fields, 'inputSchema'),
    outputSchema: readSchema(fields, 'outputSchema'),
    enforceSchema: fields.flag('enforceSchema', true),
    metadata: fields.map('metadata'),
    cacheConfig: readCacheConfig(fields, 'cacheConfig'),
    maskedFields: fields.texts('maskedFields'),
  }
}

function readWorkflowTask(json: Json | undefined, path: string, depth: number, reading: Reading): WorkflowTask {
  if (!isJsonObject(json)) reading.mismatch(path, 'a task (an object)', json)
  const readable = reading.mayRead(path, depth) && isJsonObject(json)
  const fields = new FieldReader(readable ? json : {}, path, reading)
  const tasks = (name: string) => readTasks(fields.value(name), fields.pathOf(name), depth + 1, reading)
  return {
    name: fields.text('name') ?? '',
    taskReferenceName: fields.text('taskReferenceName') ?? '',
    description: fields.text('description'),
    inputParameters: fields.map('inputParameters'),
    type: fields.text('type') ?? fields.text('workflowTaskType') ?? 'SIMPLE',
    dynamicTaskNameParam: fields.text('dynamicTaskNameParam'),
    caseValueParam: fields.text('caseValueParam'),
    caseExpression: fields.text('caseExpression'),
    scriptExpression: fields.text('scriptExpression'),
    decisionCases: readCases(fields, depth + 1, reading),
    dynamicForkJoinTasksParam: fields.text('dynamicForkJoinTasksParam'),
    dynamicForkTasksParam: fields.text('dynamicForkTasksParam'),
    dynamicForkTasksInputParamName: fields.text('dynamicForkTasksInputParamName'),
    defaultCase: tasks('defaultCase'),
    forkTasks: fields.list('forkTasks').map((branch, index) => readTasks(branch, `${fields.pathOf('forkTasks')}[${index}]`, depth + 1, reading)),
    startDelay: fields.integer('startDelay', 0),
    subWorkflowParam: readSubWorkflowParams(fields, depth + 1, reading),
    joinOn: fields.texts('joinOn'),
    joinMode: fields.oneOf('joinMode', ['SYNC', 'ASYNC']),
    joinStatus: fields.text('joinStatus'),
    sink: fields.text('sink'),
    optional: fields.flag('optional', false),
    taskDefinition: fields.object('taskDefinition') && readTaskDef(fields.value('taskDefinition'), fields.pathOf('taskDefinition'), reading),
    rateLimited: fields.flagOrNull('rateLimited'),
    defaultExclusiveJoinTask: fields.texts('defaultExclusiveJoinTask'),
    asyncComplete: fields.flag('asyncComplete', false),
    loopCondition: fields.text('loopCondition'),
    loopOver: tasks('loopOver'),
    items: fields.text('items'),
    retryCount: fields.integerOrNull('retryCount'),
    evaluatorType: fields.text('evaluatorType'),
    expression: fields.text('expression'),
    onStateChange: readStateChanges(fields, 'onStateChange'),
    cacheConfig: readCacheConfig(fields, 'cacheConfig'),
    permissive: fields.flag('permissive', false),
    metadata: fields.map('metadata'),
  }
}

function readTasks(value: Json | undefined, path: string, depth: number, reading: Reading): readonly WorkflowTask[] {
  const tasks: WorkflowTask[] = []
  for (const each of listAt(value, path, reading)) {
    tasks.push(readWorkflowTask(each, `${path}[${tasks.length}]`, depth, reading))
    if (reading.refusal !== null) break
  }
  return tasks
}

function readCases(fields: FieldReader, depth: number, reading: Reading): ReadonlyMap<string, readonly WorkflowTask[]> {
  const cases = new Map<string, readonly WorkflowTask[]>()
  for (const [key, tasks] of Object.entries(fields.map('decisionCases'))) {
    cases.set(key, readTasks(tasks, `${fields.pathOf('decisionCases')}[${key}]`, depth, reading))
  }
  return cases
}

function readSubWorkflowParams(parent: FieldReader, depth: number, reading: Reading): SubWorkflowParams | null {
  const fields = parent.inside('subWorkflowParam')
  if (fields === null) return null
  const definition = readInlineDefinition(fields, depth, reading)
  const inline = definition !== null && typeof definition !== 'string' ? definition : null
  return {
    name: inline === null ? fields.text('name') : inline.name,
    version: inline === null ? fields.integerOrNull('version') : inline.version,
    taskToDomain: readDomains(fields),
    workflowDefinition: definition,
    idempotencyKey: fields.text('idempotencyKey'),
    idempotencyStrategy: fields.oneOf('idempotencyStrategy', ['FAIL', 'RETURN_EXISTING', 'FAIL_ON_RUNNING']),
    priority: fields.value('priority') ?? null,
  }
}

function readInlineDefinition(fields: FieldReader, depth: number, reading: Reading): WorkflowDef | string | null {
  const value = fields.value('workflowDefinition') ?? null
  if (value === null) return null
  const path = fields.pathOf('workflowDefinition')
  if (isJsonObject(value)) return reading.mayRead(path, depth) ? readWorkflowDef(value, path, depth, reading) : null
  if (typeof value === 'string' && value.startsWith('${') && value.endsWith('}')) return value
  reading.mismatch(path, 'a workflow definition or an expression ${…} that gives one', value)
  return null
}

function readDomains(fields: FieldReader): Readonly<Record<string, string>> | null {
  const domains = fields.inside('taskToDomain')
  if (domains === null) return null
  return Object.fromEntries(Object.keys(domains.source).flatMap(type => (domains.text(type) === null ? [] : [[type, domains.text(type) ?? '']])))
}
