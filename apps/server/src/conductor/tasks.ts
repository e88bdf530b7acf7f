/** Polling: a worker asks for tasks, and gets them as soon as there are any. */
import { queueOf, taskToWire } from '@busbar/conductor'
import type { EngineApi, Work } from '@busbar/engine'
import { Problem, type WorkerId } from '@busbar/kernel'
import { type Answer, empty, json, rawJson } from '../http/answer.js'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import type { Route } from '../http/route.js'
import { findTask } from './executions.js'
import { inBothFamilies, isForkPath } from './families.js'
import { readInteger } from './read-query.js'

export function taskRoutes(engine: EngineApi): Route[] {
  return [
    {
      method: 'GET',
      paths: inBothFamilies('/api/tasks/poll/{tasktype}'),
      owner: 'conductor',
      scope: 'work',
      summary: 'Polls one task of a type',
      query: { workerid: '', domain: '' },
      handle: call => pollOne(engine, call),
    },
    {
      method: 'GET',
      paths: inBothFamilies('/api/tasks/poll/batch/{tasktype}'),
      owner: 'conductor',
      scope: 'work',
      summary: 'Polls tasks of a type; waits until there is one, or for the time-out',
      query: { workerid: '', domain: '', count: '1', timeout: '100 milliseconds, 5000 at most' },
      handle: call => pollMany(engine, call),
    },
    {
      method: 'GET',
      paths: inBothFamilies('/api/tasks/{taskId}'),
      owner: 'conductor',
      scope: 'read',
      summary: 'A task',
      handle: call => getTask(engine, call),
    },
  ]
}

const pollWaitMs = 100

async function pollOne(engine: EngineApi, call: Call): Promise<Answer> {
  const [work] = await poll(engine, call, 1, pollWaitMs)
  if (work) return json(200, work.work)
  return isForkPath(call.path) ? rawJson(200, 'null') : empty(204)
}

async function pollMany(engine: EngineApi, call: Call): Promise<Answer> {
  const waitMs = readInteger(call, 'timeout', pollWaitMs)
  if (waitMs > limits.pollWaitMsMax) throw new Problem('invalid', 'Long Poll Timeout value cannot be more than 5 seconds')
  const count = Math.min(readInteger(call, 'count', 1), limits.pollCountMax)
  const works = await poll(engine, call, count, Math.max(0, waitMs))
  return json(
    200,
    works.map(work => work.work),
  )
}

function poll(engine: EngineApi, call: Call, max: number, waitMs: number): Promise<readonly Work[]> {
  if (max <= 0) return Promise.resolve([])
  return engine.poll({
    dialect: 'conductor',
    // An empty domain is a domain of its own, in which nothing is ever queued.
    queues: [queueOf(call.param('tasktype'), call.query('domain') ?? null)],
    worker: (call.query('workerid') ?? '') as WorkerId,
    max,
    waitMs,
    caller: call,
  })
}

async function getTask(engine: EngineApi, call: Call): Promise<Answer> {
  const id = call.param('taskId')
  const found = await findTask(engine, id)
  if (!found) throw new Problem('missing', `Task not found for taskId: ${id}`)
  return json(200, taskToWire(found.view, found.attempt))
}
