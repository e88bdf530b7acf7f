/** Synchronous execution: a workflow is started, and answered when it has ended or waits for somebody. */
import { randomUUID } from 'node:crypto'
import { type ReturnStrategy, returnStrategies, signalResponse } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import { isJsonObject, type JsonObject, Problem } from '@busbar/kernel'
import { type Answer, json } from '../http/answer.js'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import type { Route } from '../http/route.js'
import type { Definitions } from './definitions.js'
import { readInteger, readText } from './read-query.js'
import { startWorkflow } from './start-workflow.js'
import { untilBlocked } from './until-blocked.js'

export function executeRoutes(engine: EngineApi, definitions: Definitions): Route[] {
  return [
    {
      method: 'POST',
      paths: ['/api/workflow/execute/{name}/{version}'],
      owner: 'conductor',
      scope: 'start',
      bodyBytesMax: limits.payloadBytesMax,
      summary: 'Starts a workflow and waits until it has ended or waits for somebody; version 0 is the latest',
      query: {
        requestId: 'comes back in the answer',
        waitUntilTaskRef: 'reference names, separated by commas',
        waitForSeconds: '10',
        returnStrategy: returnStrategies.join(', '),
        consistency: 'every answer is durable',
      },
      handle: call => execute(engine, definitions, call),
    },
  ]
}

async function execute(engine: EngineApi, definitions: Definitions, call: Call): Promise<Answer> {
  const strategy = readStrategy(call)
  const requestId = readText(call, 'requestId') ?? randomUUID()
  const seconds = readInteger(call, 'waitForSeconds', 10)
  const waitUntil = new Set((readText(call, 'waitUntilTaskRef') ?? '').split(',').filter(name => name !== ''))
  const id = await startWorkflow(engine, definitions, requestOf(call))
  const standing = await untilBlocked(engine, id, { waitUntil, withinMs: (seconds <= 0 ? 10 : seconds) * 1000, call })
  return json(200, signalResponse({ strategy, requestId, ...standing }))
}

/** The path says which workflow; what the body says of it is passed over. */
function requestOf(call: Call): JsonObject {
  const request = call.object()
  const version = Number(call.param('version'))
  if (!Number.isSafeInteger(version))
    throw new Problem('invalid', `the version of a workflow: expected a whole number, found "${call.param('version').slice(0, 100)}"`)
  const named = { ...request, name: call.param('name'), version: version === 0 ? null : version }
  const { workflowDef, input } = request
  if (!isJsonObject(workflowDef) || !Array.isArray(workflowDef['tasks']) || workflowDef['tasks'].length === 0) return named
  return { ...named, input: { ...(isJsonObject(input) ? input : {}), _systemMetadata: { dynamic: true } } }
}

export function readStrategy(call: Call): ReturnStrategy {
  const text = readText(call, 'returnStrategy') || 'TARGET_WORKFLOW'
  const strategy = returnStrategies.find(one => one === text)
  if (strategy === undefined)
    throw new Problem('invalid', `the query parameter returnStrategy: expected one of ${returnStrategies.join(', ')}, found "${text.slice(0, 100)}"`)
  return strategy
}
