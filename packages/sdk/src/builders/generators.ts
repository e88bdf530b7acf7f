/** Fill in what a definition lacks, for tests and first drafts. What is given always stays. */
import { TaskType } from '../models/enums.js'
import type { WorkflowDef, WorkflowTask } from '../models/workflow-def.js'
import type {
  CustomTaskDef,
  DoWhileTaskDef,
  EventTaskDef,
  ForkJoinDynamicDef,
  ForkJoinTaskDef,
  HttpTaskDef,
  InlineTaskDef,
  InlineTaskInputParameters,
  JoinTaskDef,
  JsonJQTransformTaskDef,
  KafkaPublishTaskDef,
  SetVariableTaskDef,
  SubWorkflowTaskDef,
  SwitchTaskDef,
  TerminateTaskDef,
  WaitTaskDef,
} from './task-definitions.js'

/** A task in the making: anything may be missing. */
export interface TaskDraft extends Omit<Partial<WorkflowTask>, 'loopOver' | 'forkTasks' | 'decisionCases' | 'defaultCase'> {
  loopOver?: TaskDraft[]
  forkTasks?: TaskDraft[][]
  decisionCases?: { [name: string]: TaskDraft[] }
  defaultCase?: TaskDraft[]
}

type Nested = (tasks: TaskDraft[]) => WorkflowTask[]

function filled<T>(kind: string, defaults: object, overrides: object): T {
  const { name = `${kind}__task_${Math.random().toString(36).slice(2, 7)}` } = overrides as TaskDraft
  // The defaults of each generator below make it whole.
  return { name, taskReferenceName: `${name}_ref`, ...defaults, ...overrides } as T
}

export const generateCustomTask = (overrides: TaskDraft = {}): CustomTaskDef => filled('custom', { type: TaskType.CUSTOM, inputParameters: {} }, overrides)

export const generateSetVariableTask = (overrides: TaskDraft = {}): SetVariableTaskDef =>
  filled('setVariable', { type: TaskType.SET_VARIABLE, inputParameters: {} }, overrides)

export const generateDoWhileTask = (overrides: TaskDraft = {}, nested: Nested = taskGenMapper): DoWhileTaskDef =>
  filled(
    'doWhile',
    { type: TaskType.DO_WHILE, inputParameters: {}, startDelay: 0, optional: false, asyncComplete: false, loopCondition: '' },
    { ...overrides, loopOver: nested(overrides.loopOver ?? []) },
  )

export const generateEventTask = (overrides: TaskDraft = {}): EventTaskDef =>
  filled('event', { type: TaskType.EVENT, sink: 'sqs:sqs_queue_name', asyncComplete: false }, overrides)

export const generateForkJoinTask = (overrides: TaskDraft = {}, nested: Nested = taskGenMapper): ForkJoinTaskDef =>
  filled('forkJoin', { type: TaskType.FORK_JOIN, inputParameters: {} }, { ...overrides, forkTasks: (overrides.forkTasks ?? []).map(branch => nested(branch)) })

export const generateForkJoinDynamic = (overrides: TaskDraft = {}): ForkJoinDynamicDef =>
  filled(
    'forkJoinDynamic',
    {
      type: TaskType.FORK_JOIN_DYNAMIC,
      inputParameters: { dynamicTasks: '', dynamicTasksInput: '' },
      dynamicForkTasksParam: 'dynamicTasks',
      dynamicForkTasksInputParamName: 'dynamicTasksInput',
      startDelay: 0,
      optional: false,
      asyncComplete: false,
    },
    overrides,
  )

export const generateJoinTask = (overrides: TaskDraft = {}): JoinTaskDef =>
  filled('join', { type: TaskType.JOIN, inputParameters: {}, joinOn: [], optional: false, asyncComplete: false }, overrides)

export const generateHTTPTask = (overrides: TaskDraft = {}): HttpTaskDef =>
  filled(
    'httpTask',
    { type: TaskType.HTTP, inputParameters: { http_request: { uri: 'https://jsonplaceholder.typicode.com/posts/${workflow.input.queryid}', method: 'GET' } } },
    overrides,
  )

interface InlineDraft extends Omit<TaskDraft, 'inputParameters'> {
  inputParameters?: Omit<Partial<InlineTaskInputParameters>, 'expression'> & { expression?: string | (() => unknown); [name: string]: unknown }
}

/** An expression may be a function that returns the function whose source becomes the script. */
export function generateInlineTask(overrides: InlineDraft = {}): InlineTaskDef {
  const given = overrides.inputParameters ?? {}
  const { expression } = given
  const evaluatorType = 'javascript'
  const inputParameters =
    typeof expression === 'function'
      ? { evaluatorType, ...given, expression: generateEvaluationCode(expression) }
      : { value: '${workflow.input.value}', evaluatorType, expression: 'true', ...given }
  return filled('inline', { type: TaskType.INLINE }, { ...overrides, inputParameters })
}

export function generateEvaluationCode(expression: () => unknown): string {
  return `(${String(expression())})();`
}

export const generateJQTransformTask = (overrides: TaskDraft = {}): JsonJQTransformTaskDef =>
  filled(
    'jqTransform',
    {
      type: TaskType.JSON_JQ_TRANSFORM,
      inputParameters: { key1: { value1: ['a', 'b'] }, key2: { value2: ['c', 'd'] }, queryExpression: '{ key3: (.key1.value1 + .key2.value2) }' },
    },
    overrides,
  )

export const generateKafkaPublishTask = (overrides: TaskDraft = {}): KafkaPublishTaskDef =>
  filled(
    'kafka',
    {
      type: TaskType.KAFKA_PUBLISH,
      inputParameters: {
        kafka_request: {
          topic: 'topic',
          value: '',
          bootStrapServers: 'localhost:9092',
          headers: {},
          key: '123',
          keySerializer: 'org.apache.kafka.common.serialization.IntegerSerializer',
        },
      },
    },
    overrides,
  )

export const generateSubWorkflowTask = (overrides: TaskDraft = {}): SubWorkflowTaskDef =>
  filled('subWorkflow', { type: TaskType.SUB_WORKFLOW, inputParameters: {}, subWorkflowParam: { name: 'name', version: 1, taskToDomain: {} } }, overrides)

export const generateSwitchTask = (overrides: TaskDraft = {}, nested: Nested = taskGenMapper): SwitchTaskDef =>
  filled(
    'switch',
    { type: TaskType.SWITCH, inputParameters: { switchCaseValue: '' }, evaluatorType: 'value-param', expression: 'switchCaseValue' },
    {
      ...overrides,
      decisionCases: Object.fromEntries(Object.entries(overrides.decisionCases ?? {}).map(([name, tasks]) => [name, nested(tasks)])),
      defaultCase: nested(overrides.defaultCase ?? []),
    },
  )

export const generateTerminateTask = (overrides: TaskDraft = {}): TerminateTaskDef =>
  filled(
    'terminate',
    { type: TaskType.TERMINATE, inputParameters: { terminationStatus: 'COMPLETED', workflowOutput: {} }, startDelay: 0, optional: false },
    overrides,
  )

export const generateWaitTask = (overrides: TaskDraft = {}): WaitTaskDef => filled('wait', { type: TaskType.WAIT, inputParameters: {} }, overrides)

/** Completes each task by its type, and puts a join behind a fork that goes on with something else. */
export function taskGenMapper(tasks: TaskDraft[]): WorkflowTask[] {
  return tasks.flatMap((task, index) => {
    const next = tasks[index + 1]
    return needsJoin(task, next) ? [completed(task), generateJoinTask()] : [completed(task)]
  })
}

function needsJoin(task: TaskDraft, next: TaskDraft | undefined): boolean {
  const forks = task.type === TaskType.FORK_JOIN || task.type === TaskType.FORK_JOIN_DYNAMIC
  return forks && next !== undefined && next.type !== TaskType.JOIN
}

const generators: { readonly [type: string]: (draft: TaskDraft) => WorkflowTask } = {
  [TaskType.DO_WHILE]: generateDoWhileTask,
  [TaskType.EVENT]: generateEventTask,
  [TaskType.FORK_JOIN]: generateForkJoinTask,
  [TaskType.FORK_JOIN_DYNAMIC]: generateForkJoinDynamic,
  [TaskType.HTTP]: generateHTTPTask,
  [TaskType.INLINE]: generateInlineTask,
  [TaskType.JOIN]: generateJoinTask,
  [TaskType.JSON_JQ_TRANSFORM]: generateJQTransformTask,
  [TaskType.KAFKA_PUBLISH]: generateKafkaPublishTask,
  [TaskType.SET_VARIABLE]: generateSetVariableTask,
  [TaskType.SUB_WORKFLOW]: generateSubWorkflowTask,
  [TaskType.SWITCH]: generateSwitchTask,
  [TaskType.TERMINATE]: generateTerminateTask,
  [TaskType.WAIT]: generateWaitTask,
}

/** A type without a generator of its own keeps its word; one without a type is a worker's. */
function completed(task: TaskDraft): WorkflowTask {
  return (generators[task.type ?? ''] ?? generateCustomTask)(task)
}

export interface WorkflowDraft extends Omit<Partial<WorkflowDef>, 'tasks'> {
  tasks?: TaskDraft[]
}

export function generate(overrides: WorkflowDraft): WorkflowDef {
  return {
    name: 'NewWorkflow_3nxbi',
    description: 'A sample workflow: give it a name, and change what you like',
    version: 1,
    inputParameters: [],
    outputParameters: {},
    schemaVersion: 2,
    restartable: true,
    workflowStatusListenerEnabled: false,
    ownerEmail: 'hello@swiftsoftwaregroup.com',
    timeoutPolicy: 'ALERT_ONLY',
    timeoutSeconds: 0,
    ...overrides,
    tasks: taskGenMapper(overrides.tasks ?? []),
  }
}
