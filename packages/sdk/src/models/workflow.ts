import type { IdempotencyStrategyEnum, TaskMockStatusEnum, WorkflowStatusEnum, WorkflowSummaryStatusEnum } from './enums.js'
import { type JsonMap, model } from './model.js'
import type { Task } from './task.js'
import type { WorkflowDef } from './workflow-def.js'

export type Workflow = {
  ownerApp?: string
  createTime?: number
  updateTime?: number
  createdBy?: string
  updatedBy?: string
  status?: WorkflowStatusEnum
  endTime?: number
  workflowId?: string
  parentWorkflowId?: string
  parentWorkflowTaskId?: string
  tasks?: Task[]
  input?: JsonMap
  output?: JsonMap
  correlationId?: string
  reRunFromWorkflowId?: string
  reasonForIncompletion?: string
  event?: string
  taskToDomain?: { [task: string]: string }
  failedReferenceTaskNames?: string[]
  workflowDefinition?: WorkflowDef
  externalInputPayloadStoragePath?: string
  externalOutputPayloadStoragePath?: string
  priority?: number
  variables?: JsonMap
  lastRetriedTime?: number
  failedTaskNames?: string[]
  startTime?: number
  workflowVersion?: number
  workflowName?: string
}

export const Workflow = model<Workflow>('Workflow', {
  ownerApp: 'string',
  createTime: 'long',
  updateTime: 'long',
  createdBy: 'string',
  updatedBy: 'string',
  status: 'WorkflowStatusEnum',
  endTime: 'long',
  workflowId: 'string',
  parentWorkflowId: 'string',
  parentWorkflowTaskId: 'string',
  tasks: 'Task[]',
  input: 'map',
  output: 'map',
  correlationId: 'string',
  reRunFromWorkflowId: 'string',
  reasonForIncompletion: 'string',
  event: 'string',
  taskToDomain: 'map',
  failedReferenceTaskNames: 'string[]',
  workflowDefinition: 'WorkflowDef',
  externalInputPayloadStoragePath: 'string',
  externalOutputPayloadStoragePath: 'string',
  priority: 'int',
  variables: 'map',
  lastRetriedTime: 'long',
  failedTaskNames: 'string[]',
  startTime: 'long',
  workflowVersion: 'int',
  workflowName: 'string',
})

/** What an event action says about the workflow to start. */
export type StartWorkflow = {
  name?: string
  version?: number
  correlationId?: string
  input?: JsonMap
  taskToDomain?: { [task: string]: string }
}

export const StartWorkflow = model<StartWorkflow>('StartWorkflow', {
  name: 'string',
  version: 'int',
  correlationId: 'string',
  input: 'map',
  taskToDomain: 'map',
})

export type StartWorkflowRequest = {
  name: string
  version?: number
  correlationId?: string
  input?: JsonMap
  taskToDomain?: { [task: string]: string }
  workflowDef?: WorkflowDef
  externalInputPayloadStoragePath?: string
  priority?: number
  idempotencyKey?: string
  idempotencyStrategy?: IdempotencyStrategyEnum
}

const startFields = {
  name: 'string',
  version: 'int',
  correlationId: 'string',
  input: 'map',
  taskToDomain: 'map',
  workflowDef: 'WorkflowDef',
  externalInputPayloadStoragePath: 'string',
  priority: 'int',
  idempotencyKey: 'string',
  idempotencyStrategy: 'string',
}

export const StartWorkflowRequest = model<StartWorkflowRequest>('StartWorkflowRequest', startFields)

export interface TaskMock {
  status?: TaskMockStatusEnum
  output?: JsonMap
  executionTime?: number
  queueWaitTime?: number
}

export type WorkflowTestRequest = StartWorkflowRequest & {
  taskRefToMockOutput?: { [reference: string]: TaskMock[] }
  subWorkflowTestRequest?: { [reference: string]: WorkflowTestRequest }
}

export const WorkflowTestRequest = model<WorkflowTestRequest>('WorkflowTestRequest', {
  ...startFields,
  taskRefToMockOutput: 'map',
  subWorkflowTestRequest: 'map',
})

export type RerunWorkflowRequest = {
  reRunFromWorkflowId?: string
  workflowInput?: JsonMap
  reRunFromTaskId?: string
  taskInput?: JsonMap
  correlationId?: string
}

export const RerunWorkflowRequest = model<RerunWorkflowRequest>('RerunWorkflowRequest', {
  reRunFromWorkflowId: 'string',
  workflowInput: 'map',
  reRunFromTaskId: 'string',
  taskInput: 'map',
  correlationId: 'string',
})

export type WorkflowSummary = {
  workflowType?: string
  version?: number
  workflowId?: string
  correlationId?: string
  startTime?: string
  updateTime?: string
  endTime?: string
  status?: WorkflowSummaryStatusEnum
  input?: string
  output?: string
  reasonForIncompletion?: string
  executionTime?: number
  event?: string
  failedReferenceTaskNames?: string
  externalInputPayloadStoragePath?: string
  externalOutputPayloadStoragePath?: string
  priority?: number
  failedTaskNames?: string[]
  outputSize?: number
  inputSize?: number
}

export const WorkflowSummary = model<WorkflowSummary>('WorkflowSummary', {
  workflowType: 'string',
  version: 'int',
  workflowId: 'string',
  correlationId: 'string',
  startTime: 'string',
  updateTime: 'string',
  endTime: 'string',
  status: 'WorkflowSummaryStatusEnum',
  input: 'string',
  output: 'string',
  reasonForIncompletion: 'string',
  executionTime: 'long',
  event: 'string',
  failedReferenceTaskNames: 'string',
  externalInputPayloadStoragePath: 'string',
  externalOutputPayloadStoragePath: 'string',
  priority: 'int',
  failedTaskNames: 'string[]',
  outputSize: 'long',
  inputSize: 'long',
})
