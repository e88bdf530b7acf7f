import type { TaskResultStatusEnum, TaskStatusEnum, TaskSummaryStatusEnum } from './enums.js'
import { type JsonMap, model } from './model.js'
import type { TaskDef } from './task-def.js'
import type { WorkflowTask } from './workflow-def.js'

export type Task = {
  taskType?: string
  status?: TaskStatusEnum
  inputData?: JsonMap
  referenceTaskName?: string
  retryCount?: number
  seq?: number
  correlationId?: string
  pollCount?: number
  taskDefName?: string
  scheduledTime?: number
  startTime?: number
  endTime?: number
  updateTime?: number
  startDelayInSeconds?: number
  retriedTaskId?: string
  retried?: boolean
  executed?: boolean
  callbackFromWorker?: boolean
  responseTimeoutSeconds?: number
  workflowInstanceId?: string
  workflowType?: string
  taskId?: string
  reasonForIncompletion?: string
  callbackAfterSeconds?: number
  workerId?: string
  outputData?: JsonMap
  workflowTask?: WorkflowTask
  domain?: string
  rateLimitPerFrequency?: number
  rateLimitFrequencyInSeconds?: number
  externalInputPayloadStoragePath?: string
  externalOutputPayloadStoragePath?: string
  workflowPriority?: number
  executionNameSpace?: string
  isolationGroupId?: string
  iteration?: number
  subWorkflowId?: string
  subworkflowChanged?: boolean
  firstStartTime?: number
  parentTaskId?: string
  runtimeMetadata?: { [name: string]: string }
  queueWaitTime?: number
  loopOverTask?: boolean
  taskDefinition?: TaskDef | null
}

export const Task = model<Task>('Task', {
  taskType: 'string',
  status: 'TaskStatusEnum',
  inputData: 'map',
  referenceTaskName: 'string',
  retryCount: 'int',
  seq: 'int',
  correlationId: 'string',
  pollCount: 'int',
  taskDefName: 'string',
  scheduledTime: 'long',
  startTime: 'long',
  endTime: 'long',
  updateTime: 'long',
  startDelayInSeconds: 'int',
  retriedTaskId: 'string',
  retried: 'boolean',
  executed: 'boolean',
  callbackFromWorker: 'boolean',
  responseTimeoutSeconds: 'long',
  workflowInstanceId: 'string',
  workflowType: 'string',
  taskId: 'string',
  reasonForIncompletion: 'string',
  callbackAfterSeconds: 'long',
  workerId: 'string',
  outputData: 'map',
  workflowTask: 'WorkflowTask',
  domain: 'string',
  rateLimitPerFrequency: 'int',
  rateLimitFrequencyInSeconds: 'int',
  externalInputPayloadStoragePath: 'string',
  externalOutputPayloadStoragePath: 'string',
  workflowPriority: 'int',
  executionNameSpace: 'string',
  isolationGroupId: 'string',
  iteration: 'int',
  subWorkflowId: 'string',
  subworkflowChanged: 'boolean',
  firstStartTime: 'long',
  parentTaskId: 'string',
  runtimeMetadata: 'map',
  queueWaitTime: 'long',
  loopOverTask: 'boolean',
  taskDefinition: 'TaskDef',
})

export type TaskExecLog = {
  log?: string
  taskId?: string
  createdTime?: number
}

export const TaskExecLog = model<TaskExecLog>('TaskExecLog', { log: 'string', taskId: 'string', createdTime: 'long' })

export type TaskResult = {
  workflowInstanceId: string
  taskId: string
  reasonForIncompletion?: string
  callbackAfterSeconds?: number
  workerId?: string
  status?: TaskResultStatusEnum
  outputData?: JsonMap
  logs?: TaskExecLog[]
  externalOutputPayloadStoragePath?: string
  subWorkflowId?: string
  extendLease?: boolean
}

export const TaskResult = model<TaskResult>('TaskResult', {
  workflowInstanceId: 'string',
  taskId: 'string',
  reasonForIncompletion: 'string',
  callbackAfterSeconds: 'long',
  workerId: 'string',
  status: 'TaskResultStatusEnum',
  outputData: 'map',
  logs: 'TaskExecLog[]',
  externalOutputPayloadStoragePath: 'string',
  subWorkflowId: 'string',
  extendLease: 'boolean',
})

/** What an event action says about a task. */
export type TaskDetails = {
  workflowId?: string
  taskRefName?: string
  output?: JsonMap
  taskId?: string
  reasonForIncompletion?: string
}

export const TaskDetails = model<TaskDetails>('TaskDetails', {
  workflowId: 'string',
  taskRefName: 'string',
  output: 'map',
  taskId: 'string',
  reasonForIncompletion: 'string',
})

export type SkipTaskRequest = {
  taskInput?: JsonMap
  taskOutput?: JsonMap
}

export const SkipTaskRequest = model<SkipTaskRequest>('SkipTaskRequest', { taskInput: 'map', taskOutput: 'map' })

export type TaskSummary = {
  workflowId?: string
  workflowType?: string
  correlationId?: string
  scheduledTime?: string
  startTime?: string
  updateTime?: string
  endTime?: string
  status?: TaskSummaryStatusEnum
  reasonForIncompletion?: string
  executionTime?: number
  queueWaitTime?: number
  taskDefName?: string
  taskType?: string
  input?: string
  output?: string
  taskId?: string
  externalInputPayloadStoragePath?: string
  externalOutputPayloadStoragePath?: string
  workflowPriority?: number
  domain?: string
}

export const TaskSummary = model<TaskSummary>('TaskSummary', {
  workflowId: 'string',
  workflowType: 'string',
  correlationId: 'string',
  scheduledTime: 'string',
  startTime: 'string',
  updateTime: 'string',
  endTime: 'string',
  status: 'TaskSummaryStatusEnum',
  reasonForIncompletion: 'string',
  executionTime: 'long',
  queueWaitTime: 'long',
  taskDefName: 'string',
  taskType: 'string',
  input: 'string',
  output: 'string',
  taskId: 'string',
  externalInputPayloadStoragePath: 'string',
  externalOutputPayloadStoragePath: 'string',
  workflowPriority: 'int',
  domain: 'string',
})

export type PollData = {
  queueName?: string
  domain?: string
  workerId?: string
  lastPollTime?: number
}

export const PollData = model<PollData>('PollData', { queueName: 'string', domain: 'string', workerId: 'string', lastPollTime: 'long' })
