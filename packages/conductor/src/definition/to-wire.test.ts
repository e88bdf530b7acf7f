import { isRefusal, type Json } from '@busbar/kernel'
import { expect, it } from 'vitest'
import { parseTaskDef } from './parse-task-def.js'
import { parseWorkflowDef, parseWorkflowTask } from './parse-workflow-def.js'
import { taskDefToWire, workflowDefToWire, workflowTaskToWire } from './to-wire.js'

function must<T>(value: T): Exclude<T, { kind: 'refusal' }> {
  if (isRefusal(value)) throw new Error(value.message)
  return value as Exclude<T, { kind: 'refusal' }>
}

it('writes a definition with nothing in it as the original does, key by key', () => {
  const text =
    '{"createTime":0,"updateTime":0,"name":"w","version":1,"tasks":[],"inputParameters":[],"outputParameters":{},"schemaVersion":2,"restartable":true,' +
    '"workflowStatusListenerEnabled":false,"timeoutPolicy":"ALERT_ONLY","timeoutSeconds":0,"variables":{},"inputTemplate":{},"enforceSchema":true,"metadata":{},"maskedFields":[]}'
  expect(JSON.stringify(workflowDefToWire(must(parseWorkflowDef({ name: 'w' }))))).toBe(text)
})

it('writes a task with nothing in it as the original does, key by key', () => {
  const text =
    '{"name":"t","taskReferenceName":"r","inputParameters":{},"type":"SIMPLE","decisionCases":{},"defaultCase":[],"forkTasks":[],"startDelay":0,"joinOn":[],"optional":false,' +
    '"defaultExclusiveJoinTask":[],"asyncComplete":false,"loopOver":[],"onStateChange":{},"permissive":false,"metadata":{}}'
  expect(JSON.stringify(workflowTaskToWire(must(parseWorkflowTask({ name: 't', taskReferenceName: 'r' }))))).toBe(text)
})

it('embeds a task definition only where the task has none of its own', () => {
  const [own, other] = [must(parseTaskDef({ name: 'own' })), must(parseTaskDef({ name: 'other' }))]
  const bare = must(parseWorkflowTask({ name: 't', taskReferenceName: 'r' }))
  expect(workflowTaskToWire(bare, other)['taskDefinition']).toEqual(taskDefToWire(other))
  expect(workflowTaskToWire({ ...bare, taskDefinition: own }, other)['taskDefinition']).toEqual(taskDefToWire(own))
})

it('gives back what was given, with every field', () => {
  const schema = { createTime: 0, updateTime: 0, name: 's', version: 1, type: 'JSON', data: { a: [] } }
  const taskDef = {
    ...taskDefToWire(
      must(parseTaskDef({ name: 'd', concurrentExecLimit: 2, inputSchema: schema, isolationGroupId: 'g', pollTimeoutSeconds: 1, ownerApp: 'o' })),
    ),
  }
  const task: Json = {
    ...workflowTaskToWire(must(parseWorkflowTask({ name: 'inner', taskReferenceName: 'i' }))),
    name: 't',
    taskReferenceName: 'r',
    type: 'SWITCH',
    inputParameters: { a: null, b: [{ c: '${x}' }] },
    decisionCases: { a: [workflowTaskToWire(must(parseWorkflowTask({ name: 'n', taskReferenceName: 'n' })))], __proto: [] },
    forkTasks: [[]],
    evaluatorType: 'javascript',
    expression: '$.a',
    retryCount: 0,
    rateLimited: false,
    joinMode: 'SYNC',
    cacheConfig: { key: 'k', ttlInSecond: 3 },
    onStateChange: { onStart: [{ type: 'e', payload: { a: 1 } }] },
    subWorkflowParam: { name: 'c', version: 0, taskToDomain: { a: 'b' }, priority: 0, idempotencyStrategy: 'FAIL', workflowDefinition: '${x}' },
    taskDefinition: taskDef,
  }
  const json = {
    name: 'w',
    version: 0,
    tasks: [task],
    rateLimitConfig: { rateLimitKey: 'k', concurrentExecLimit: 1, policy: 'REJECT' },
    outputSchema: schema,
    failureWorkflowVersion: 2,
    ownerEmail: '',
  }
  const written = workflowDefToWire(must(parseWorkflowDef(json)))
  expect(JSON.parse(JSON.stringify(written))).toMatchObject(JSON.parse(JSON.stringify(json)))
  expect(workflowDefToWire(must(parseWorkflowDef(JSON.parse(JSON.stringify(written)))))).toEqual(written)
})
