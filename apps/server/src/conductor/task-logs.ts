/** Log lines of tasks. They are kept with their workflow, and go with it; lines for a task of no workflow are refused. */
import type { EngineApi } from '@busbar/engine'
import { type ExecutionId, executionIdOf, parseAttemptId, Problem } from '@busbar/kernel'
import { type Answer, empty, json } from '../http/answer.js'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import type { Route } from '../http/route.js'
import { inBothFamilies } from './families.js'

export function taskLogRoutes(engine: EngineApi): Route[] {
  return [
    {
      method: 'POST',
      paths: inBothFamilies('/api/tasks/{taskId}/log'),
      owner: 'conductor',
      scope: 'work',
      summary: 'Adds a line to the log of a task: the body as it is',
      handle: call => append(engine, call),
    },
    {
      method: 'GET',
      paths: inBothFamilies('/api/tasks/{taskId}/log'),
      owner: 'conductor',
      scope: 'read',
      summary: 'The log of a task',
      handle: call => list(engine, call),
    },
  ]
}

const stream = 'log'

async function append(engine: EngineApi, call: Call): Promise<Answer> {
  if (call.text === '') throw new Problem('invalid', 'expected a line of text as body, found none')
  const taskId = call.param('taskId')
  const workflow = executionOf(taskId)
  if (workflow === null || (await engine.store.head(workflow))?.dialect !== 'conductor') throw new Problem('missing', `Task not found for taskId: ${taskId}`)
  await engine.appendLogs(workflow, [{ source: taskId, stream, at: String(engine.now()), text: call.text }])
  return empty(200)
}

async function list(engine: EngineApi, call: Call): Promise<Answer> {
  const taskId = call.param('taskId')
  const workflow = executionOf(taskId)
  const lines = workflow === null ? [] : await engine.store.logs(workflow, { source: taskId, after: 0, limit: limits.logLinesPerRead })
  if (lines.length === 0) return empty(204)
  const entries = lines.map(line => ({ log: line.text, taskId, createdTime: millisecondsOf(line.at) }))
  return json(
    200,
    entries.toSorted((a, b) => a.createdTime - b.createdTime),
  )
}

function executionOf(taskId: string): ExecutionId | null {
  const attempt = parseAttemptId(taskId)
  return attempt && executionIdOf(attempt)
}

/** Lines that came with a result carry an ISO date, those of this API milliseconds. */
function millisecondsOf(at: string): number {
  return (/^\d+$/.test(at) ? Number(at) : Date.parse(at)) || 0
}
