/** The branches that a FORK_JOIN_DYNAMIC asks for, in each of its forms (conductor-semantics.md §10.6). */
import { isJsonObject, isRefusal, type Json, type JsonObject } from '@busbar/kernel'
import { parseTasks } from '../decide/branch-tasks.js'
import { parseWorkflowTask } from '../definition/parse-workflow-def.js'
import type { WorkflowTask } from '../definition/types.js'
import { javaText } from '../expression/java-text.js'
import type { Node } from '../plan.js'
import { isEngineType, isUnsupportedType } from './engine-types.js'

export type Branches = { readonly tasks: readonly WorkflowTask[] } | { readonly error: string }

/** `isLater`: the execution holds a dynamic fork already, so generated names carry the name of their fork. */
export function branchesOf(node: Node, input: JsonObject, isLater: boolean): Branches {
  const { dynamicForkTasksParam, dynamicForkTasksInputParamName, dynamicForkJoinTasksParam } = node.task
  const inputs = input['forkTaskInputs']
  if (Array.isArray(inputs)) return oneForEach(node, input, inputs, isLater)
  if (dynamicForkTasksParam !== null) return fromLists(node, input, dynamicForkTasksParam, dynamicForkTasksInputParamName)
  return fromPlan(node, input, dynamicForkJoinTasksParam)
}

function oneForEach(node: Node, input: JsonObject, elements: readonly Json[], isLater: boolean): Branches {
  const workflow = textOrNull(input['forkTaskWorkflow'])
  const given = textOrNull(input['forkTaskName'])
  const type = workflow === null ? (textOrNull(input['forkTaskType']) ?? 'SIMPLE') : 'SUB_WORKFLOW'
  const isSystem = isEngineType(type) || isUnsupportedType(type)
  const name = workflow === null ? (given ?? (isSystem ? type : node.ref)) : node.ref
  const prefix = isLater ? `_${node.ref}_${name}` : `_${name}`
  const version = Number(input['forkTaskWorkflowVersion'] ?? 0)
  const tasks: WorkflowTask[] = []
  for (const [index, element] of elements.entries()) {
    const parameters: JsonObject = isJsonObject(element) ? element : { input: element }
    const task = parseWorkflowTask({
      ...(isJsonObject(element) ? element : {}),
      name: workflow ?? name,
      taskReferenceName: `${prefix}_${index}`,
      type,
      inputParameters: { ...parameters, __index: index },
      ...(node.task.optional && { optional: true }),
      ...(workflow !== null && { subWorkflowParam: subWorkflowParam(workflow, version, parameters) }),
    })
    if (isRefusal(task)) return { error: `Tasks could not be dynamically forked due to invalid input: ${task.message}` }
    tasks.push(task)
  }
  return { tasks }
}

function subWorkflowParam(name: string, version: number, parameters: JsonObject): JsonObject {
  const taskToDomain = parameters['taskToDomain']
  return { name, ...(Number.isInteger(version) && { version }), ...(isJsonObject(taskToDomain) && { taskToDomain }) }
}

function fromLists(node: Node, input: JsonObject, tasksParameter: string, inputsParameter: string | null): Branches {
  const list = input[tasksParameter] ?? null
  const inputs = inputsParameter === null ? {} : (input[inputsParameter] ?? null)
  const tasks = parseTasks(list)
  if (tasks === null || tasks.some(task => task.taskReferenceName === '')) {
    return { error: `Input '${tasksParameter}' is invalid. Cannot deserialize a list of Workflow Tasks from '${javaText(list)}'` }
  }
  if (!isJsonObject(inputs)) {
    return { error: `Input to the dynamically forked tasks is not a map -> expecting a map of K,V  but found ${javaText(inputs)}` }
  }
  const filled: WorkflowTask[] = []
  for (const task of tasks) {
    const own = inputs[task.taskReferenceName] ?? null
    if (own !== null && !isJsonObject(own))
      return { error: `Tasks could not be dynamically forked due to invalid input: the input of ${task.taskReferenceName} is not a map` }
    filled.push({ ...task, inputParameters: { ...task.inputParameters, ...own }, ...(node.task.optional && { optional: true }) })
  }
  return { tasks: filled }
}

function fromPlan(node: Node, input: JsonObject, parameter: string | null): Branches {
  const plan = parameter === null ? null : (input[parameter] ?? null)
  if (plan === null) {
    return {
      error: `Dynamic tasks could not be created. The value of ${parameter ?? 'null'} from task's input ${javaText(input)} has no dynamic tasks to be scheduled`,
    }
  }
  const list = isJsonObject(plan) ? plan['dynamicTasks'] : undefined
  if (!Array.isArray(list)) return { error: `Input '${parameter ?? 'null'}' is invalid. Cannot deserialize a list of Workflow Tasks from '${javaText(plan)}'` }
  const tasks: WorkflowTask[] = []
  for (const one of list) {
    const fields: JsonObject = isJsonObject(one) ? one : {}
    const { taskName, workflowName, referenceName, type, input: own } = fields
    const task = parseWorkflowTask({
      name: taskName ?? workflowName ?? '',
      taskReferenceName: referenceName ?? '',
      type: type ?? 'SIMPLE',
      inputParameters: isJsonObject(own) ? own : {},
      ...(typeof workflowName === 'string' && { subWorkflowParam: { name: workflowName } }),
      ...(node.task.optional && { optional: true }),
    })
    if (isRefusal(task)) return { error: `Tasks could not be dynamically forked due to invalid input: ${task.message}` }
    tasks.push(task)
  }
  return { tasks }
}

function textOrNull(value: Json | undefined): string | null {
  return value === null || value === undefined || value === '' ? null : javaText(value)
}
