/** What each type of task must have, with the original's words (conductor-api.md §1.4). */
import { javaText } from '../expression/java-text.js'
import type { KnownTaskType, TaskDef, WorkflowTask } from './types.js'
import { parseWaitDuration, parseWaitUntil } from './wait-time.js'

/** The messages for what is missing. `template` is the input template of the task's definition, which may supply it. */
export function missingByType(task: WorkflowTask, template: TaskDef['inputTemplate']): readonly string[] {
  const rule = Object.hasOwn(rules, task.type) ? rules[task.type as KnownTaskType] : undefined
  return rule === undefined ? [] : rule(task, template)
}

type TypeRule = (task: WorkflowTask, template: TaskDef['inputTemplate']) => readonly string[]

const rules: Partial<Record<KnownTaskType, TypeRule>> = {
  EVENT: task => required(task, 'sink', task.sink),
  DECISION: task => [...required(task, 'caseValueParam or caseExpression', task.caseValueParam ?? task.caseExpression), ...withoutCases(task)],
  SWITCH: task => [...(task.evaluatorType === null ? missing(task, 'evaluatorType') : required(task, 'expression', task.expression)), ...withoutCases(task)],
  DYNAMIC: task => required(task, 'dynamicTaskNameParam', task.dynamicTaskNameParam),
  FORK_JOIN: task => (task.forkTasks.length > 0 ? [] : [`forkTasks should have atleast one task for taskType: FORK_JOIN taskName: ${task.name}`]),
  FORK_JOIN_DYNAMIC: dynamicFork,
  HTTP: (task, template) =>
    has(task.inputParameters, 'http_request', 'uri', 'method') || has(template, 'http_request')
      ? []
      : missing(task, 'inputParameters.http_request or inputParameters.uri'),
  KAFKA_PUBLISH: (task, template) => suppliedInput(task, template, 'kafka_request'),
  JSON_JQ_TRANSFORM: (task, template) => suppliedInput(task, template, 'queryExpression'),
  DO_WHILE: task => [...required(task, 'loopCondition', task.loopCondition), ...(task.loopOver.length > 0 ? [] : missing(task, 'loopOver'))],
  SUB_WORKFLOW: task => (task.subWorkflowParam === null ? missing(task, 'subWorkflowParam') : []),
  TERMINATE: terminate,
  WAIT: wait,
}

function missing(task: WorkflowTask, field: string): readonly string[] {
  return [`${field} field is required for taskType: ${task.type} taskName: ${task.name}`]
}

function required(task: WorkflowTask, field: string, value: string | null): readonly string[] {
  return value === null ? missing(task, field) : []
}

function withoutCases(task: WorkflowTask): readonly string[] {
  return task.decisionCases.size > 0 ? [] : [`decisionCases should have atleast one task for taskType: ${task.type} taskName: ${task.name}`]
}

function dynamicFork(task: WorkflowTask): readonly string[] {
  if (has(task.inputParameters, 'forkTaskInputs')) return []
  const { dynamicForkJoinTasksParam: joined, dynamicForkTasksParam: tasks, dynamicForkTasksInputParamName: inputs } = task
  if (joined === null) return [...required(task, 'dynamicForkTasksParam', tasks), ...required(task, 'dynamicForkTasksInputParamName', inputs)]
  if (tasks === null && inputs === null) return []
  const families = 'dynamicForkJoinTasksParam or combination of dynamicForkTasksInputParamName and dynamicForkTasksParam'
  return [`${families} cam be used for taskType: FORK_JOIN_DYNAMIC taskName: ${task.name}`]
}

function suppliedInput(task: WorkflowTask, template: TaskDef['inputTemplate'], key: string): readonly string[] {
  return has(task.inputParameters, key) || has(template, key) ? [] : missing(task, `inputParameters.${key}`)
}

function terminate(task: WorkflowTask): readonly string[] {
  const status = task.inputParameters['terminationStatus'] ?? null
  const isLiteral = status === 'COMPLETED' || status === 'FAILED' || status === 'TERMINATED'
  return [
    ...(task.optional ? [`terminate task cannot be optional, taskName: ${task.name}`] : []),
    ...(isLiteral ? [] : [`terminate task must have an terminationStatus parameter and must be set to COMPLETED or FAILED, taskName: ${task.name}`]),
  ]
}

function wait(task: WorkflowTask): readonly string[] {
  const duration = javaText(task.inputParameters['duration'] ?? '')
  const until = javaText(task.inputParameters['until'] ?? '')
  const both = duration.trim() !== '' && until.trim() !== '' ? ["Both 'duration' and 'until' specified. Please provide only one input"] : []
  if (isLiteral(duration)) return parseWaitDuration(duration) === null ? [...both, 'Either date or duration is passed as null '] : both
  if (isLiteral(until)) return parseWaitUntil(until) === null ? [...both, 'Unable to parse date '] : both
  return both
}

function isLiteral(text: string): boolean {
  return text.trim() !== '' && !text.startsWith('${')
}

function has(object: object, ...keys: readonly string[]): boolean {
  return keys.some(key => Object.hasOwn(object, key))
}
