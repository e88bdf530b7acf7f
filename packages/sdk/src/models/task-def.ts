import type { TaskDefRetryLogicEnum, TaskDefTimeoutPolicyEnum } from './enums.js'
import { type JsonMap, model } from './model.js'

export type TaskDef = {
  ownerApp?: string
  createTime?: number
  updateTime?: number
  createdBy?: string
  updatedBy?: string
  accessPolicy?: { [key: string]: string }
  name: string
  description?: string
  retryCount?: number
  timeoutSeconds: number
  inputKeys?: string[]
  outputKeys?: string[]
  timeoutPolicy?: TaskDefTimeoutPolicyEnum
  retryLogic?: TaskDefRetryLogicEnum
  retryDelaySeconds?: number
  responseTimeoutSeconds?: number
  concurrentExecLimit?: number
  inputTemplate?: JsonMap
  rateLimitPerFrequency?: number
  rateLimitFrequencyInSeconds?: number
  isolationGroupId?: string
  executionNameSpace?: string
  ownerEmail?: string
  pollTimeoutSeconds?: number
  backoffScaleFactor?: number
  maxRetryDelaySeconds?: number
  backoffJitterMs?: number
  totalTimeoutSeconds?: number
}

export const TaskDef = model<TaskDef>('TaskDef', {
  ownerApp: 'string',
  createTime: 'long',
  updateTime: 'long',
  createdBy: 'string',
  updatedBy: 'string',
  accessPolicy: 'map',
  name: 'string',
  description: 'string',
  retryCount: 'int',
  timeoutSeconds: 'long',
  inputKeys: 'string[]',
  outputKeys: 'string[]',
  timeoutPolicy: 'TaskDefTimeoutPolicyEnum',
  retryLogic: 'TaskDefRetryLogicEnum',
  retryDelaySeconds: 'int',
  responseTimeoutSeconds: 'long',
  concurrentExecLimit: 'int',
  inputTemplate: 'map',
  rateLimitPerFrequency: 'int',
  rateLimitFrequencyInSeconds: 'int',
  isolationGroupId: 'string',
  executionNameSpace: 'string',
  ownerEmail: 'string',
  pollTimeoutSeconds: 'int',
  backoffScaleFactor: 'int',
  maxRetryDelaySeconds: 'int',
  backoffJitterMs: 'int',
  totalTimeoutSeconds: 'long',
})
