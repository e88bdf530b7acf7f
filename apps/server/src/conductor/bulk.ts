/** The same verb for many workflows. Each id is authorised and answered by itself; the call answers 200 even if all failed. */
import { type ConductorCommand, workflowModelToWire } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import { isRefusal, type JsonObject, Problem } from '@busbar/kernel'
import { type Answer, json } from '../http/answer.js'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import { isPassing } from '../http/problem.js'
import type { Route } from '../http/route.js'
import { mustWorkflow, tryCommand } from './executions.js'
import { readFlag, readText } from './read-query.js'
import { removeWorkflow, terminateWorkflow } from './removal.js'
import { violated } from './violations.js'

type Method = 'PUT' | 'POST' | 'DELETE'

export function bulkRoutes(engine: EngineApi): Route[] {
  const each = (method: Method, path: string, service: string, scope: Route['scope'], summary: string, work: Work): Route => ({
    method,
    paths: [`/api/workflow/bulk/${path}`],
    owner: 'conductor',
    scope,
    summary,
    handle: call => answerEach(idsOf(call, service), id => work(id, call)),
  })
  const verb = (method: Method, path: string, service: string, summary: string, make: (call: Call) => ConductorCommand): Route =>
    each(method, path, service, 'operate', summary, (id, call) => send(engine, id, make(call)))
  return [
    verb('PUT', 'pause', 'pauseWorkflow', 'Pauses workflows', () => ({ kind: 'pause' })),
    verb('PUT', 'resume', 'resumeWorkflow', 'Resumes workflows', () => ({ kind: 'resume' })),
    verb('POST', 'restart', 'restart', 'Restarts ended workflows', call => ({
      kind: 'restart',
      useLatestDefinitions: readFlag(call, 'useLatestDefinitions', false),
    })),
    verb('POST', 'retry', 'retry', 'Retries ended workflows', () => ({ kind: 'retry', resumeSubworkflowTasks: false })),
    verb('POST', 'terminate', 'terminate', 'Terminates workflows', call => ({ kind: 'terminate', reason: readText(call, 'reason') })),
    each('DELETE', 'remove', 'deleteWorkflow', 'admin', 'Removes workflows for good', (id, call) =>
      removeWorkflow(engine, id, { onlyEnded: readFlag(call, 'archiveWorkflow', true) }),
    ),
    each('DELETE', 'terminate-remove', 'terminateRemove', 'admin', 'Terminates workflows that run, and removes them', async (id, call) => {
      await terminateWorkflow(engine, id, readText(call, 'reason'))
      await removeWorkflow(engine, id, { onlyEnded: false })
    }),
    each('POST', 'search', 'searchWorkflow', 'read', 'Reads workflows by their ids', async (id, call) =>
      workflowModelToWire(await mustWorkflow(engine, id), { includeTasks: readFlag(call, 'includeTasks', true) }),
    ),
  ]
}

/** What it returns stands in the answer; nothing: the id does. */
type Work = (id: string, call: Call) => Promise<JsonObject | void>

async function send(engine: EngineApi, id: string, command: ConductorCommand): Promise<void> {
  await mustWorkflow(engine, id)
  const reply = await tryCommand(engine, id, command)
  if (isRefusal(reply)) throw new Problem(reply.code, reply.message)
}

function idsOf(call: Call, service: string): readonly string[] {
  const ids = call
    .list()
    .filter(id => typeof id === 'string' || typeof id === 'number')
    .map(String)
  const path = `${service}.arg0`
  if (ids.length === 0) throw violated([{ path, message: 'WorkflowIds list cannot be null.' }])
  if (ids.length > limits.bulkMax) throw violated([{ path, message: 'Cannot process more than 1000 workflows. Please use multiple requests.' }])
  return ids
}

async function answerEach(ids: readonly string[], work: (id: string) => Promise<JsonObject | void>): Promise<Answer> {
  const errors: Record<string, string> = {}
  const successful: (string | JsonObject)[] = []
  for (const id of ids) {
    try {
      successful.push((await work(id)) ?? id)
    } catch (error) {
      if (!(error instanceof Problem) || isPassing(error)) throw error
      errors[id] = error.message
    }
  }
  return json(200, { bulkErrorResults: errors, bulkSuccessfulResults: successful })
}
