/** Starting: the hot path in. Only the fields that decide about the request are looked at here; the dialect takes the rest. */
import { idempotencyKeyOf, type Violation, withoutInnerFields } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import { type ExecutionId, isJsonObject, isRefusal, type JsonObject, Problem, type Refusal } from '@busbar/kernel'
import { type Answer, text } from '../http/answer.js'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import { throwIfRefused } from '../http/problem.js'
import type { Route } from '../http/route.js'
import type { Definitions } from './definitions.js'
import { startOnce } from './idempotent-start.js'
import { readInteger, readText } from './read-query.js'
import { invalidValue, violated } from './violations.js'

export function startRoutes(engine: EngineApi, definitions: Definitions): Route[] {
  return [
    {
      method: 'POST',
      paths: ['/api/workflow'],
      owner: 'conductor',
      // A request that carries a definition will need `define` besides, as soon as there are tokens to tell them apart.
      scope: 'start',
      bodyBytesMax: limits.payloadBytesMax,
      summary: 'Starts a workflow by a StartWorkflowRequest; answers its id',
      handle: call => start(engine, definitions, call),
    },
    {
      method: 'POST',
      paths: ['/api/workflow/{name}'],
      owner: 'conductor',
      scope: 'start',
      bodyBytesMax: limits.payloadBytesMax,
      summary: 'Starts a workflow by name; the body is its input; answers its id',
      query: { version: 'latest when absent', correlationId: '', priority: '0 to 99' },
      handle: call => startByName(engine, call),
    },
  ]
}

async function start(engine: EngineApi, definitions: Definitions, call: Call): Promise<Answer> {
  return text(200, await startWorkflow(engine, definitions, call.object()))
}

/** By a StartWorkflowRequest. `inner` is what only this server may add to it. */
export async function startWorkflow(engine: EngineApi, definitions: Definitions, given: JsonObject, inner: JsonObject | null = null): Promise<ExecutionId> {
  const request = inner === null ? withoutInnerFields(given) : { ...withoutInnerFields(given), ...inner }
  const violations = violationsOf(request)
  if (violations.length > 0) throw violated(violations)
  const { workflowDef } = request
  if (workflowDef !== undefined && workflowDef !== null) await definitions.mustWorkflowDef(workflowDef, 'startWorkflow.arg0.workflowDef')
  if (request['name'] === '' && !workflowDef) throw new Problem('invalid', 'Workflow name must be specified when searching for a definition')
  if (request['input'] === null && typeof request['externalInputPayloadStoragePath'] !== 'string')
    throw new Problem('invalid', 'NULL input passed when starting workflow')
  const key = throwIfRefused(idempotencyKeyOf(request))
  if (key !== null) return startOnce(engine, nameOf(request), key, request)
  return throwIfRefused(await engine.create('conductor', request)).id
}

function nameOf({ name, workflowDef }: JsonObject): string {
  const given = typeof name === 'string' && name !== '' ? name : isJsonObject(workflowDef) ? workflowDef['name'] : ''
  return typeof given === 'string' ? given : ''
}

function violationsOf(request: JsonObject): readonly Violation[] {
  const violations: Violation[] = []
  const { name, priority } = request
  if (name === undefined || name === null) violations.push({ path: 'startWorkflow.arg0.name', message: 'Workflow name cannot be null or empty' })
  if (typeof priority === 'number' && priority < 0)
    violations.push(invalidValue('startWorkflow.arg0.priority', `priority: ${priority} should be minimum 0`, priority))
  if (typeof priority === 'number' && priority > 99)
    violations.push(invalidValue('startWorkflow.arg0.priority', `priority: ${priority} should be maximum 99`, priority))
  return violations
}

async function startByName(engine: EngineApi, call: Call): Promise<Answer> {
  const name = call.param('name')
  const version = readInteger(call, 'version', null)
  const priority = readInteger(call, 'priority', 0)
  if (priority < 0) throw violated([invalidValue('startWorkflow.arg3', '0 is the minimum priority value', priority)])
  if (priority > 99) throw violated([invalidValue('startWorkflow.arg3', '99 is the maximum priority value', priority)])
  const correlationId = readText(call, 'correlationId')
  const request = { name, version, priority, ...(correlationId === null ? {} : { correlationId }), input: call.object() }
  const started = await engine.create('conductor', request)
  return text(200, throwIfRefused(isRefusal(started) ? inWordsOfName(started, name, version) : started).id)
}

/** The original's two start calls tell of an unknown definition in different words. */
function inWordsOfName(refusal: Refusal, name: string, version: number | null): Refusal {
  if (refusal.code !== 'missing' || !refusal.message.startsWith('No such workflow defined.')) return refusal
  return { ...refusal, message: `No such workflow found by name: ${name}, version: ${version}` }
}
