import { isJsonObject, type Json, type Refusal } from '@busbar/kernel'
import { FieldReader, Findings } from './field-reader.js'
import { onceForEach } from './once-for-each.js'
import { readSchema } from './parse-inert-fields.js'
import type { TaskDef } from './types.js'

/** A refusal's details are `Unreadable`: JSON that is no task definition at all. Whether it is a valid one, `validateTaskDef` tells. */
export const parseTaskDef = onceForEach((json: unknown): TaskDef | Refusal => {
  const findings = new Findings()
  const def = readTaskDef(json as Json | undefined, '', findings)
  return findings.refusal ?? def
})

export function readTaskDef(json: Json | undefined, path: string, findings: Findings): TaskDef {
  if (!isJsonObject(json)) findings.mismatch(path, 'a task definition (an object)', json)
  const fields = new FieldReader(isJsonObject(json) ? json : {}, path, findings)
  return {
    ownerApp: fields.text('ownerApp'),
    createTime: fields.longOrNull('createTime') ?? 0,
    updateTime: fields.longOrNull('updateTime') ?? 0,
    createdBy: fields.text('createdBy'),
    updatedBy: fields.text('updatedBy'),
    name: fields.text('name') ?? '',
    description: fields.text('description'),
    retryCount: fields.integer('retryCount', 3),
    timeoutSeconds: fields.long('timeoutSeconds', 0),
    inputKeys: fields.texts('inputKeys'),
    outputKeys: fields.texts('outputKeys'),
    runtimeMetadata: fields.texts('runtimeMetadata'),
    timeoutPolicy: fields.oneOf('timeoutPolicy', ['RETRY', 'TIME_OUT_WF', 'ALERT_ONLY']) ?? 'TIME_OUT_WF',
    retryLogic: fields.oneOf('retryLogic', ['FIXED', 'EXPONENTIAL_BACKOFF', 'LINEAR_BACKOFF']) ?? 'FIXED',
    retryDelaySeconds: fields.integer('retryDelaySeconds', 60),
    responseTimeoutSeconds: fields.long('responseTimeoutSeconds', 3600),
    concurrentExecLimit: fields.integerOrNull('concurrentExecLimit'),
    inputTemplate: fields.map('inputTemplate'),
    rateLimitPerFrequency: fields.integerOrNull('rateLimitPerFrequency') ?? 0,
    rateLimitFrequencyInSeconds: fields.integerOrNull('rateLimitFrequencyInSeconds') ?? 1,
    isolationGroupId: fields.text('isolationGroupId'),
    executionNameSpace: fields.text('executionNameSpace'),
    ownerEmail: fields.text('ownerEmail'),
    pollTimeoutSeconds: fields.integerOrNull('pollTimeoutSeconds'),
    backoffScaleFactor: fields.integerOrNull('backoffScaleFactor') ?? 1,
    maxRetryDelaySeconds: fields.integer('maxRetryDelaySeconds', 0),
    backoffJitterMs: fields.integer('backoffJitterMs', 0),
    baseType: fields.text('baseType'),
    totalTimeoutSeconds: fields.long('totalTimeoutSeconds', 0),
    taskStatusListenerEnabled: fields.flag('taskStatusListenerEnabled', true),
    inputSchema: readSchema(fields, 'inputSchema'),
    outputSchema: readSchema(fields, 'outputSchema'),
    enforceSchema: fields.flag('enforceSchema', false),
  }
}
