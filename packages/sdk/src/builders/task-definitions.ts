/** The shapes that the builders make and the generators complete. All are data of a workflow definition. */
import type { TaskType } from '../models/enums.js'
import type { JsonMap } from '../models/model.js'
import type { SubWorkflowParams, WorkflowTask } from '../models/workflow-def.js'

export interface CommonTaskDef {
  name: string
  taskReferenceName: string
}

/** Types that need no more than their input. */
interface PlainTaskDef extends CommonTaskDef {
  inputParameters?: JsonMap
  startDelay?: number
  optional?: boolean
  asyncComplete?: boolean
}

export interface CustomTaskDef extends PlainTaskDef {
  type: typeof TaskType.CUSTOM
  inputParameters: JsonMap
}

export interface SimpleTaskDef extends PlainTaskDef {
  type: typeof TaskType.SIMPLE
  inputParameters: JsonMap
}

export interface DoWhileTaskDef extends PlainTaskDef {
  type: typeof TaskType.DO_WHILE
  inputParameters: JsonMap
  loopCondition: string
  loopOver: TaskDefTypes[]
}

export interface DynamicTaskDef extends PlainTaskDef {
  type: typeof TaskType.DYNAMIC
  inputParameters: JsonMap
  dynamicTaskNameParam: string
}

export interface EventTaskDef extends PlainTaskDef {
  type: typeof TaskType.EVENT
  sink: string
}

export interface ForkJoinTaskDef extends PlainTaskDef {
  type: typeof TaskType.FORK_JOIN
  forkTasks: TaskDefTypes[][]
}

export interface ForkJoinDynamicDef extends PlainTaskDef {
  type: typeof TaskType.FORK_JOIN_DYNAMIC
  inputParameters: JsonMap
  dynamicForkTasksParam: string
  dynamicForkTasksInputParamName: string
}

export interface JoinTaskDef extends PlainTaskDef {
  type: typeof TaskType.JOIN
  joinOn: string[]
}

export interface ExclusiveJoinTaskDef extends PlainTaskDef {
  type: typeof TaskType.EXCLUSIVE_JOIN
  joinOn: string[]
  defaultExclusiveJoinTask: string[]
}

export interface HttpInputParameters {
  uri: string
  method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'OPTIONS' | 'HEAD'
  accept?: string
  contentType?: string
  headers?: { [name: string]: string }
  body?: unknown
  connectionTimeOut?: number
  readTimeOut?: string
}

export interface HttpTaskDef extends PlainTaskDef {
  type: typeof TaskType.HTTP
  inputParameters: JsonMap & { http_request: HttpInputParameters }
}

export interface HumanTaskDef extends PlainTaskDef {
  type: typeof TaskType.HUMAN
}

export interface InlineTaskInputParameters {
  evaluatorType: 'javascript' | 'value-param'
  expression: string
  [name: string]: unknown
}

export interface InlineTaskDef extends PlainTaskDef {
  type: typeof TaskType.INLINE
  inputParameters: InlineTaskInputParameters
}

export interface JsonJQTransformTaskDef extends PlainTaskDef {
  type: typeof TaskType.JSON_JQ_TRANSFORM
  inputParameters: JsonMap & { queryExpression: string }
}

export interface KafkaPublishInputParameters {
  topic: string
  value: string
  bootStrapServers: string
  headers: { [name: string]: string }
  key: string
  keySerializer: string
}

export interface KafkaPublishTaskDef extends PlainTaskDef {
  type: typeof TaskType.KAFKA_PUBLISH
  inputParameters: JsonMap & { kafka_request: KafkaPublishInputParameters }
}

export interface NoopTaskDef extends PlainTaskDef {
  type: typeof TaskType.NOOP
}

export interface SetVariableTaskDef extends PlainTaskDef {
  type: typeof TaskType.SET_VARIABLE
  inputParameters: JsonMap
}

export interface StartWorkflowTaskDef extends PlainTaskDef {
  type: typeof TaskType.START_WORKFLOW
  inputParameters: JsonMap
}

export interface SubWorkflowTaskDef extends PlainTaskDef {
  type: typeof TaskType.SUB_WORKFLOW
  subWorkflowParam: SubWorkflowParams
}

export interface SwitchTaskDef extends PlainTaskDef {
  type: typeof TaskType.SWITCH
  inputParameters: JsonMap
  decisionCases: { [name: string]: TaskDefTypes[] }
  defaultCase: TaskDefTypes[]
  evaluatorType: 'value-param' | 'javascript'
  expression: string
}

export type TerminationStatus = 'COMPLETED' | 'FAILED' | 'TERMINATED'

export interface TerminateTaskDef extends PlainTaskDef {
  type: typeof TaskType.TERMINATE
  inputParameters: JsonMap & { terminationStatus: TerminationStatus; terminationReason?: string | undefined; workflowOutput?: unknown }
}

export interface WaitTaskDef extends PlainTaskDef {
  type: typeof TaskType.WAIT
  inputParameters: JsonMap & { duration?: string; until?: string }
}

export type TaskDefTypes =
  | CustomTaskDef
  | SimpleTaskDef
  | DoWhileTaskDef
  | DynamicTaskDef
  | EventTaskDef
  | ForkJoinTaskDef
  | ForkJoinDynamicDef
  | JoinTaskDef
  | ExclusiveJoinTaskDef
  | HttpTaskDef
  | HumanTaskDef
  | InlineTaskDef
  | JsonJQTransformTaskDef
  | KafkaPublishTaskDef
  | NoopTaskDef
  | SetVariableTaskDef
  | StartWorkflowTaskDef
  | SubWorkflowTaskDef
  | SwitchTaskDef
  | TerminateTaskDef
  | WaitTaskDef

/** Each of them is a task of a definition. */
export type AnyTaskDef = TaskDefTypes | WorkflowTask
