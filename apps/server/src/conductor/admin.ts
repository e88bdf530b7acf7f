/** Administration: what is pending, what the server can be asked to look at again, and what its environment shows. */
import { queueOf, taskToWire } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import { isRefusal, type JsonObject, Problem } from '@busbar/kernel'
import { type Answer, empty, json, text } from '../http/answer.js'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import type { Route } from '../http/route.js'
import { version } from '../version.js'
import { command, findTask, tryCommand } from './executions.js'
import { inBothFamilies } from './families.js'
import { readInteger } from './read-query.js'

/** Values that definitions may read, by name. */
export type Environment = ReadonlyMap<string, string>

export function adminRoutes(engine: EngineApi, environment: Environment): Route[] {
  const route = (method: Route['method'], path: string, scope: Route['scope'], summary: string, handle: Route['handle']): Route => ({
    method,
    paths: inBothFamilies(path),
    owner: 'conductor',
    scope,
    summary,
    handle,
  })
  return [
    route('GET', '/api/admin/task/{tasktype}', 'admin', 'Pending tasks of a type', call => pendingTasks(engine, call)),
    route('POST', '/api/admin/sweep/requeue/{workflowId}', 'admin', 'Looks at a workflow soon', call => lookAgain(engine, call)),
    route('GET', '/api/admin/config', 'admin', 'What this server is', () => json(200, serverFacts())),
    route('POST', '/api/admin/consistency/verifyAndRepair/{workflowId}', 'admin', 'Looks at a workflow now', async call => {
      await command(engine, call.param('workflowId'), { kind: 'decide' })
      // Tasks and queues are written together, so there is never anything to repair.
      return text(200, 'false')
    }),
    // No back-end for event queues is built, so there are none: the same answers as an original without one.
    route('GET', '/api/queue/', 'read', 'Event queues by status', () => json(200, {})),
    route('GET', '/api/queue/size', 'read', 'Messages in event queues', () => json(200, {})),
    route('POST', '/api/queue/update/{workflowId}/{taskRefName}/{status}', 'operate', 'Reports for a task through an event queue', noEventQueue),
    route('POST', '/api/queue/update/{workflowId}/task/{taskId}/{status}', 'operate', 'Reports for a task through an event queue', noEventQueue),
    route('GET', '/api/environment', 'admin', 'Environment variables that definitions may read', () =>
      json(
        200,
        Array.from(environment, ([name, value]) => ({ name, value })),
      ),
    ),
    route('GET', '/api/environment/{key}', 'admin', 'An environment variable', call => {
      const value = environment.get(call.param('key'))
      return value === undefined ? empty(200) : text(200, value)
    }),
  ]
}

/** Nothing of the configuration: paths and addresses are nobody's business. */
function serverFacts(): JsonObject {
  return { version, buildDate: '', 'node.version': process.version, 'os.name': process.platform, 'os.arch': process.arch }
}

async function pendingTasks(engine: EngineApi, call: Call): Promise<Answer> {
  const start = Math.max(0, readInteger(call, 'start', 0))
  const count = Math.min(Math.max(0, readInteger(call, 'count', 100)), limits.listMax)
  const open = await engine.store.openAttempts(queueOf(call.param('tasktype'), null), start, count)
  const tasks: JsonObject[] = []
  for (const { attempt } of open) {
    const found = await findTask(engine, attempt.id)
    if (found) tasks.push(taskToWire(found.view, found.attempt))
  }
  return json(200, tasks)
}

/** The original answers true for any id: it only pushes it onto a queue. */
async function lookAgain(engine: EngineApi, call: Call): Promise<Answer> {
  const id = call.param('workflowId')
  try {
    const reply = await tryCommand(engine, id, { kind: 'decide' })
    return text(200, `${!isRefusal(reply) || reply.code === 'missing'}.${id}`)
  } catch (error) {
    if (error instanceof Problem && error.code === 'missing') return text(200, `true.${id}`)
    throw error
  }
}

function noEventQueue(call: Call): never {
  throw new Problem('invalid', `There is no queue for handling ${call.param('status')} status`)
}
