/** The same verb for many workflows. Each id is authorised and answered by itself; the call answers 200 even if all failed. */
import type { ConductorCommand } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import { isRefusal, Problem } from '@busbar/kernel'
import { type Answer, json } from '../http/answer.js'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import type { Route } from '../http/route.js'
import { mustWorkflow, tryCommand } from './executions.js'
import { readFlag, readText } from './read-query.js'
import { violated } from './violations.js'

export function bulkRoutes(engine: EngineApi): Route[] {
  const verb = (method: 'PUT' | 'POST', path: string, service: string, summary: string, make: (call: Call) => ConductorCommand): Route => ({
    method,
    paths: [`/api/workflow/bulk/${path}`],
    owner: 'conductor',
    scope: 'operate',
    summary,
    handle: async call => answerEach(engine, idsOf(call, service), make(call)),
  })
  return [
    verb('PUT', 'pause', 'pauseWorkflow', 'Pauses workflows', () => ({ kind: 'pause' })),
    verb('PUT', 'resume', 'resumeWorkflow', 'Resumes workflows', () => ({ kind: 'resume' })),
    verb('POST', 'restart', 'restart', 'Restarts ended workflows', call => ({
      kind: 'restart',
      useLatestDefinitions: readFlag(call, 'useLatestDefinitions', false),
    })),
    verb('POST', 'retry', 'retry', 'Retries ended workflows', () => ({ kind: 'retry', resumeSubworkflowTasks: false })),
    verb('POST', 'terminate', 'terminate', 'Terminates workflows', call => ({ kind: 'terminate', reason: readText(call, 'reason') })),
  ]
}

function idsOf(call: Call, service: string): readonly string[] {
  const ids = call.list().filter(id => typeof id === 'string')
  const path = `${service}.arg0`
  if (ids.length === 0) throw violated([{ path, message: 'WorkflowIds list cannot be null.' }])
  if (ids.length > limits.bulkMax) throw violated([{ path, message: 'Cannot process more than 1000 workflows. Please use multiple requests.' }])
  return ids
}

async function answerEach(engine: EngineApi, ids: readonly string[], command: ConductorCommand): Promise<Answer> {
  const errors: Record<string, string> = {}
  const successful: string[] = []
  for (const id of ids) {
    const error = await errorOf(engine, id, command)
    if (error === null) successful.push(id)
    else errors[id] = error
  }
  return json(200, { bulkErrorResults: errors, bulkSuccessfulResults: successful })
}

async function errorOf(engine: EngineApi, id: string, command: ConductorCommand): Promise<string | null> {
  try {
    await mustWorkflow(engine, id)
    const reply = await tryCommand(engine, id, command)
    return isRefusal(reply) ? reply.message : null
  } catch (error) {
    if (error instanceof Problem) return error.message
    throw error
  }
}
