/** Pure functions that write parts of a definition. A reference given to one is its name, too, unless it takes both. */
import { TaskType } from '../models/enums.js'
import type { JsonMap } from '../models/model.js'
import type { WorkflowDef } from '../models/workflow-def.js'
import type {
  CommonTaskDef,
  CustomTaskDef,
  DoWhileTaskDef,
  DynamicTaskDef,
  EventTaskDef,
  ExclusiveJoinTaskDef,
  ForkJoinDynamicDef,
  ForkJoinTaskDef,
  HttpInputParameters,
  HttpTaskDef,
  HumanTaskDef,
  InlineTaskDef,
  JoinTaskDef,
  JsonJQTransformTaskDef,
  KafkaPublishInputParameters,
  KafkaPublishTaskDef,
  NoopTaskDef,
  SetVariableTaskDef,
  SimpleTaskDef,
  StartWorkflowTaskDef,
  SubWorkflowTaskDef,
  SwitchTaskDef,
  TaskDefTypes,
  TerminateTaskDef,
  TerminationStatus,
  WaitTaskDef,
} from './task-definitions.js'

const named = (taskReferenceName: string): CommonTaskDef => ({ name: taskReferenceName, taskReferenceName })

export const workflow = (name: string, tasks: TaskDefTypes[]): WorkflowDef => ({ name, version: 1, tasks, inputParameters: [], timeoutSeconds: 0 })

/** A worker's task under the Swift fork's word for it. */
export const customTask = (name: string, taskReferenceName: string, inputParameters: JsonMap): CustomTaskDef => ({
  name,
  taskReferenceName,
  inputParameters,
  type: TaskType.CUSTOM,
})

/** A worker's task under the word that every other Conductor knows. */
export const simpleTask = (taskReferenceName: string, name: string, inputParameters: JsonMap = {}): SimpleTaskDef => ({
  name,
  taskReferenceName,
  inputParameters,
  type: TaskType.SIMPLE,
})

export const doWhileTask = (taskReferenceName: string, terminationCondition: string, tasks: TaskDefTypes[]): DoWhileTaskDef => ({
  ...named(taskReferenceName),
  loopCondition: terminationCondition,
  inputParameters: {},
  type: TaskType.DO_WHILE,
  loopOver: tasks,
})

export const newLoopTask = (taskReferenceName: string, iterations: number, tasks: TaskDefTypes[]): DoWhileTaskDef => ({
  ...named(taskReferenceName),
  loopCondition: `if ( $.${taskReferenceName}['iteration'] < $.value ) { true; } else { false; }`,
  inputParameters: { value: iterations },
  type: TaskType.DO_WHILE,
  loopOver: tasks,
})

/** Runs the task whose name the input `param` holds. */
export const dynamicTask = (taskReferenceName: string, taskName: string, param = 'taskToExecute'): DynamicTaskDef => ({
  ...named(taskReferenceName),
  inputParameters: { [param]: taskName },
  type: TaskType.DYNAMIC,
  dynamicTaskNameParam: param,
})

export const dynamicForkTask = (
  taskReferenceName: string,
  preForkTasks: TaskDefTypes[] = [],
  dynamicTasksInput: string | JsonMap = '',
): ForkJoinDynamicDef => ({
  ...named(taskReferenceName),
  inputParameters: { dynamicTasks: preForkTasks, dynamicTasksInput },
  type: TaskType.FORK_JOIN_DYNAMIC,
  dynamicForkTasksParam: 'dynamicTasks',
  dynamicForkTasksInputParamName: 'dynamicTasksInput',
})

export const eventTask = (taskReferenceName: string, eventPrefix: string, eventSuffix: string): EventTaskDef => ({
  ...named(taskReferenceName),
  sink: `${eventPrefix}:${eventSuffix}`,
  type: TaskType.EVENT,
})

export const sqsEventTask = (taskReferenceName: string, queueName: string): EventTaskDef => eventTask(taskReferenceName, 'sqs', queueName)

export const conductorEventTask = (taskReferenceName: string, eventName: string): EventTaskDef => eventTask(taskReferenceName, 'conductor', eventName)

/** One branch that holds all the tasks, as in the original client. For branches side by side: `forkBranches`. */
export const forkTask = (taskReferenceName: string, forkTasks: TaskDefTypes[]): ForkJoinTaskDef => ({
  ...named(taskReferenceName),
  type: TaskType.FORK_JOIN,
  forkTasks: [forkTasks],
})

/** With a join on nothing, as in the original client. For one that waits: `forkBranches`. */
export const forkTaskJoin = (taskReferenceName: string, forkTasks: TaskDefTypes[]): [ForkJoinTaskDef, JoinTaskDef] => [
  forkTask(taskReferenceName, forkTasks),
  {
    name: `${taskReferenceName}_join`,
    taskReferenceName: `${taskReferenceName}_join_ref`,
    joinOn: [],
    type: TaskType.JOIN,
    optional: false,
    asyncComplete: false,
    inputParameters: {},
  },
]

/** Branches side by side, and the join that waits for the last task of each. Spread it into the tasks of a workflow. */
export const forkBranches = (taskReferenceName: string, branches: TaskDefTypes[][]): [ForkJoinTaskDef, JoinTaskDef] => [
  { ...named(taskReferenceName), type: TaskType.FORK_JOIN, forkTasks: branches },
  joinTask(
    `${taskReferenceName}_join`,
    branches.flatMap(branch => branch.slice(-1).map(last => last.taskReferenceName)),
  ),
]

export const joinTask = (taskReferenceName: string, joinOn: string[]): JoinTaskDef => ({ ...named(taskReferenceName), joinOn, type: TaskType.JOIN })

/** Ends with the first of `joinOn` that ran, or with the default. */
export const exclusiveJoinTask = (taskReferenceName: string, joinOn: string[], defaultExclusiveJoinTask: string[] = []): ExclusiveJoinTaskDef => ({
  ...named(taskReferenceName),
  joinOn,
  defaultExclusiveJoinTask,
  type: TaskType.EXCLUSIVE_JOIN,
})

export const httpTask = (taskReferenceName: string, inputParameters: HttpInputParameters): HttpTaskDef => ({
  ...named(taskReferenceName),
  inputParameters: { http_request: inputParameters },
  type: TaskType.HTTP,
})

export const humanTask = (taskReferenceName: string, inputParameters: JsonMap = {}): HumanTaskDef => ({
  ...named(taskReferenceName),
  inputParameters,
  type: TaskType.HUMAN,
})

export const inlineTask = (taskReferenceName: string, script: string, evaluatorType: 'javascript' | 'value-param' = 'javascript'): InlineTaskDef => ({
  ...named(taskReferenceName),
  inputParameters: { evaluatorType, expression: script },
  type: TaskType.INLINE,
})

export const jsonJqTask = (taskReferenceName: string, script: string): JsonJQTransformTaskDef => ({
  ...named(taskReferenceName),
  inputParameters: { queryExpression: script },
  type: TaskType.JSON_JQ_TRANSFORM,
})

export const kafkaPublishTask = (taskReferenceName: string, kafka_request: KafkaPublishInputParameters): KafkaPublishTaskDef => ({
  ...named(taskReferenceName),
  inputParameters: { kafka_request },
  type: TaskType.KAFKA_PUBLISH,
})

export const noopTask = (taskReferenceName: string): NoopTaskDef => ({ ...named(taskReferenceName), type: TaskType.NOOP })

export const setVariableTask = (taskReferenceName: string, inputParameters: JsonMap): SetVariableTaskDef => ({
  ...named(taskReferenceName),
  inputParameters,
  type: TaskType.SET_VARIABLE,
})

/** Starts another workflow and does not wait for it. */
export const startWorkflowTask = (taskReferenceName: string, startWorkflow: JsonMap): StartWorkflowTaskDef => ({
  ...named(taskReferenceName),
  inputParameters: { startWorkflow },
  type: TaskType.START_WORKFLOW,
})

export const subWorkflowTask = (taskReferenceName: string, workflowName: string, version?: number): SubWorkflowTaskDef => ({
  ...named(taskReferenceName),
  subWorkflowParam: { name: workflowName, version },
  type: TaskType.SUB_WORKFLOW,
})

/** By a value: `expression` is something like `${workflow.input.kind}`. */
export const switchTask = (
  taskReferenceName: string,
  expression: string,
  decisionCases: { [name: string]: TaskDefTypes[] } = {},
  defaultCase: TaskDefTypes[] = [],
): SwitchTaskDef => ({
  ...named(taskReferenceName),
  inputParameters: { switchCaseValue: expression },
  evaluatorType: 'value-param',
  expression: 'switchCaseValue',
  decisionCases,
  defaultCase,
  type: TaskType.SWITCH,
})

/** By a script, which sees the input as `$`. */
export const switchScriptTask = (
  taskReferenceName: string,
  script: string,
  inputParameters: JsonMap,
  decisionCases: { [name: string]: TaskDefTypes[] },
  defaultCase: TaskDefTypes[] = [],
): SwitchTaskDef => ({
  ...named(taskReferenceName),
  inputParameters,
  evaluatorType: 'javascript',
  expression: script,
  decisionCases,
  defaultCase,
  type: TaskType.SWITCH,
})

export const terminateTask = (taskReferenceName: string, status: TerminationStatus, terminationReason?: string): TerminateTaskDef => ({
  ...named(taskReferenceName),
  inputParameters: { terminationStatus: status, terminationReason },
  type: TaskType.TERMINATE,
})

/** For example `'30 seconds'`. */
export const waitTaskDuration = (taskReferenceName: string, duration: string): WaitTaskDef => ({
  ...named(taskReferenceName),
  inputParameters: { duration },
  type: TaskType.WAIT,
})

/** For example `'2030-12-31 23:59 UTC'`. */
export const waitTaskUntil = (taskReferenceName: string, until: string): WaitTaskDef => ({
  ...named(taskReferenceName),
  inputParameters: { until },
  type: TaskType.WAIT,
})
