import type { IdempotencyStrategyEnum, WorkflowDefTimeoutPolicyEnum, WorkflowTaskWorkflowTaskTypeEnum } from './enums.js'
import { type JsonMap, model } from './model.js'
import type { TaskDef } from './task-def.js'

export type SubWorkflowParams = {
  name?: string
  version?: number | undefined
  taskToDomain?: { [task: string]: string }
  /** A definition, or an expression that becomes one. */
  workflowDefinition?: WorkflowDef | string
  idempotencyKey?: string
  idempotencyStrategy?: IdempotencyStrategyEnum
  priority?: number | string
}

export const SubWorkflowParams = model<SubWorkflowParams>('SubWorkflowParams', {
  name: 'string',
  version: 'int',
  taskToDomain: 'map',
  workflowDefinition: 'WorkflowDef',
  idempotencyKey: 'string',
  idempotencyStrategy: 'string',
  priority: 'any',
})

export type WorkflowTask = {
  name: string
  taskReferenceName: string
  description?: string
  inputParameters?: JsonMap
  type?: string
  dynamicTaskNameParam?: string
  caseValueParam?: string
  caseExpression?: string
  scriptExpression?: string
  decisionCases?: { [name: string]: WorkflowTask[] }
  dynamicForkJoinTasksParam?: string
  dynamicForkTasksParam?: string
  dynamicForkTasksInputParamName?: string
  defaultCase?: WorkflowTask[]
  forkTasks?: WorkflowTask[][]
  startDelay?: number
  subWorkflowParam?: SubWorkflowParams
  joinOn?: string[]
  sink?: string
  optional?: boolean
  permissive?: boolean
  taskDefinition?: TaskDef
  rateLimited?: boolean
  defaultExclusiveJoinTask?: string[]
  asyncComplete?: boolean
  loopCondition?: string
  loopOver?: WorkflowTask[]
  items?: string
  retryCount?: number
  evaluatorType?: string
  expression?: string
  workflowTaskType?: WorkflowTaskWorkflowTaskTypeEnum
  onStateChange?: JsonMap
  metadata?: JsonMap
}

export const WorkflowTask = model<WorkflowTask>('WorkflowTask', {
  name: 'string',
  taskReferenceName: 'string',
  description: 'string',
  inputParameters: 'map',
  type: 'string',
  dynamicTaskNameParam: 'string',
  caseValueParam: 'string',
  caseExpression: 'string',
  scriptExpression: 'string',
  decisionCases: 'map',
  dynamicForkJoinTasksParam: 'string',
  dynamicForkTasksParam: 'string',
  dynamicForkTasksInputParamName: 'string',
  defaultCase: 'WorkflowTask[]',
  forkTasks: 'WorkflowTask[][]',
  startDelay: 'int',
  subWorkflowParam: 'SubWorkflowParams',
  joinOn: 'string[]',
  sink: 'string',
  optional: 'boolean',
  permissive: 'boolean',
  taskDefinition: 'TaskDef',
  rateLimited: 'boolean',
  defaultExclusiveJoinTask: 'string[]',
  asyncComplete: 'boolean',
  loopCondition: 'string',
  loopOver: 'WorkflowTask[]',
  items: 'string',
  retryCount: 'int',
  evaluatorType: 'string',
  expression: 'string',
  workflowTaskType: 'WorkflowTaskWorkflowTaskTypeEnum',
  onStateChange: 'map',
  metadata: 'map',
})

export type WorkflowDef = {
  ownerApp?: string
  createTime?: number
  updateTime?: number
  createdBy?: string
  updatedBy?: string
  accessPolicy?: { [key: string]: string }
  name: string
  description?: string
  version?: number
  tasks: WorkflowTask[]
  inputParameters?: string[]
  outputParameters?: JsonMap
  failureWorkflow?: string
  schemaVersion?: number
  restartable?: boolean
  workflowStatusListenerEnabled?: boolean
  ownerEmail?: string
  timeoutPolicy?: WorkflowDefTimeoutPolicyEnum
  timeoutSeconds: number
  variables?: JsonMap
  inputTemplate?: JsonMap
  metadata?: JsonMap
}

export const WorkflowDef = model<WorkflowDef>('WorkflowDef', {
  ownerApp: 'string',
  createTime: 'long',
  updateTime: 'long',
  createdBy: 'string',
  updatedBy: 'string',
  accessPolicy: 'map',
  name: 'string',
  description: 'string',
  version: 'int',
  tasks: 'WorkflowTask[]',
  inputParameters: 'string[]',
  outputParameters: 'map',
  failureWorkflow: 'string',
  schemaVersion: 'int',
  restartable: 'boolean',
  workflowStatusListenerEnabled: 'boolean',
  ownerEmail: 'string',
  timeoutPolicy: 'WorkflowDefTimeoutPolicyEnum',
  timeoutSeconds: 'long',
  variables: 'map',
  inputTemplate: 'map',
  metadata: 'map',
})
