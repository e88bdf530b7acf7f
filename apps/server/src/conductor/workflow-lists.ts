/** Finding workflows by correlation id, and those that run. */
import { workflowToWire } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import { type ExecutionId, type ExecutionStatus, instant, type JsonObject } from '@busbar/kernel'
import { type Answer, json } from '../http/answer.js'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import type { Route } from '../http/route.js'
import { findWorkflow } from './executions.js'
import { readFlag, readInteger } from './read-query.js'

export function workflowListRoutes(engine: EngineApi): Route[] {
  return [
    {
      method: 'GET',
      paths: ['/api/workflow/{name}/correlated/{correlationId}'],
      owner: 'conductor',
      scope: 'read',
      summary: 'Workflows of one name and correlation id',
      query: { includeClosed: 'false', includeTasks: 'false' },
      handle: async call => json(200, await correlated(engine, call, call.param('correlationId'))),
    },
    {
      method: 'POST',
      paths: ['/api/workflow/{name}/correlated'],
      owner: 'conductor',
      scope: 'read',
      summary: 'Workflows of one name by their correlation ids',
      query: { includeClosed: 'false', includeTasks: 'false' },
      handle: call => correlatedOfMany(engine, call),
    },
    {
      method: 'GET',
      paths: ['/api/workflow/running/{name}'],
      owner: 'conductor',
      scope: 'read',
      summary: 'Ids of the running workflows of a name, or of all that were created in a window of time',
      query: { version: '1; only with a window', startTime: 'epoch milliseconds', endTime: 'epoch milliseconds' },
      handle: call => running(engine, call),
    },
  ]
}

/** Conductor counts a paused workflow as neither closed nor running here. */
const runningOnly: readonly ExecutionStatus[] = ['running']

async function correlated(engine: EngineApi, call: Call, correlationId: string): Promise<readonly JsonObject[]> {
  const includeClosed = readFlag(call, 'includeClosed', false)
  const includeTasks = readFlag(call, 'includeTasks', false)
  if (correlationId === '') return []
  const { executions } = await engine.store.list({
    dialect: 'conductor',
    namespace: '',
    name: call.param('name'),
    handle: correlationId,
    ...(includeClosed ? {} : { statuses: runningOnly }),
    offset: 0,
    limit: limits.listMax,
    order: 'oldest',
  })
  return workflowsOf(engine, executions, includeTasks)
}

async function correlatedOfMany(engine: EngineApi, call: Call): Promise<Answer> {
  const found: Record<string, readonly JsonObject[]> = {}
  for (const id of call.list().slice(0, limits.bulkMax)) if (typeof id === 'string') found[id] = await correlated(engine, call, id)
  return json(200, found)
}

async function workflowsOf(engine: EngineApi, executions: readonly { readonly id: ExecutionId }[], includeTasks: boolean): Promise<readonly JsonObject[]> {
  const workflows: JsonObject[] = []
  for (const { id } of executions) {
    const view = await findWorkflow(engine, id)
    if (view) workflows.push(workflowToWire(view, { includeTasks }))
  }
  return workflows
}

async function running(engine: EngineApi, call: Call): Promise<Answer> {
  const version = readInteger(call, 'version', 1)
  const from = readInteger(call, 'startTime', 0)
  const until = readInteger(call, 'endTime', 0)
  const isWindow = from !== 0 && until !== 0
  const { executions } = await engine.store.list({
    dialect: 'conductor',
    namespace: '',
    name: call.param('name'),
    ...(isWindow ? { version: String(version), createdFrom: instant(from), createdBefore: instant(until) } : { statuses: ['running', 'paused'] as const }),
    offset: 0,
    limit: limits.listMax,
    order: 'oldest',
  })
  return json(
    200,
    executions.map(execution => execution.id),
  )
}
