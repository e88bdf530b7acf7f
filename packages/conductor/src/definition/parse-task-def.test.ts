import { expect, it } from 'vitest'
import { parseTaskDef } from './parse-task-def.js'

it('fills in the defaults of a task definition', () => {
  expect(parseTaskDef({ name: 't' })).toMatchObject({
    retryCount: 3,
    retryLogic: 'FIXED',
    retryDelaySeconds: 60,
    timeoutSeconds: 0,
    timeoutPolicy: 'TIME_OUT_WF',
    responseTimeoutSeconds: 3600,
    pollTimeoutSeconds: null,
    totalTimeoutSeconds: 0,
    concurrentExecLimit: null,
    rateLimitPerFrequency: 0,
    rateLimitFrequencyInSeconds: 1,
    backoffScaleFactor: 1,
    taskStatusListenerEnabled: true,
    enforceSchema: false,
  })
})

it('takes null for zero where a number must be, and for the default where it may be left out', () => {
  expect(parseTaskDef({ retryCount: null, rateLimitFrequencyInSeconds: null, backoffScaleFactor: null, retryLogic: null })).toMatchObject({
    name: '',
    retryCount: 0,
    rateLimitFrequencyInSeconds: 1,
    backoffScaleFactor: 1,
    retryLogic: 'FIXED',
  })
})

it('normalises schemas', () => {
  expect(parseTaskDef({ inputSchema: { name: 's', type: 'JSON', data: { x: 1 }, other: 1 } })).toMatchObject({
    inputSchema: { name: 's', version: 1, createTime: 0, updateTime: 0, type: 'JSON', data: { x: 1 } },
  })
})

it('refuses what is no task definition, saying where', () => {
  expect(parseTaskDef([])).toMatchObject({ kind: 'refusal', details: { kind: 'unreadable', path: '' } })
  expect(parseTaskDef({ timeoutPolicy: 'X' })).toMatchObject({
    message: 'timeoutPolicy: expected one of RETRY, TIME_OUT_WF, ALERT_ONLY, found "X"',
    details: { path: 'timeoutPolicy' },
  })
})
