/** How long the queues are, and who polls them. */
import { queueOf } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import type { QueueName } from '@busbar/kernel'
import { type Answer, json, text } from '../http/answer.js'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import type { Route } from '../http/route.js'
import { inBothFamilies } from './families.js'
import { mustText } from './read-query.js'
import { violated } from './violations.js'

export function queueRoutes(engine: EngineApi): Route[] {
  const get = (path: string, summary: string, handle: Route['handle'], query: Record<string, string> = {}): Route => ({
    method: 'GET',
    paths: inBothFamilies(path),
    owner: 'conductor',
    scope: 'read',
    summary,
    query,
    handle,
  })
  return [
    get('/api/tasks/queue/sizes', 'Tasks that wait, by type', call => sizes(engine, call), { taskType: 'repeatable' }),
    get('/api/tasks/queue/size', 'Tasks of a type that wait', call => size(engine, call), { taskType: 'required', domain: '' }),
    get('/api/tasks/queue/all', 'Tasks that wait, by queue', () => all(engine)),
    get('/api/tasks/queue/all/verbose', 'Tasks that wait, by queue and shard', () => allVerbose(engine)),
    {
      method: 'POST',
      paths: inBothFamilies('/api/tasks/queue/requeue/{taskType}'),
      owner: 'conductor',
      scope: 'admin',
      summary: 'Counts the pending tasks of a type: what is pending is always in its queue',
      handle: async call => text(200, String(await pending(engine, call.param('taskType')))),
    },
    get('/api/tasks/queue/polldata', 'Who polls a type', call => pollData(engine, namedType(call)), { taskType: 'required' }),
    get('/api/tasks/queue/polldata/all', 'Who polls what', () => pollData(engine, null)),
  ]
}

function namedType(call: Call): string {
  const type = mustText(call, 'taskType')
  if (type === '') throw violated([{ path: 'getPollData.arg0', message: 'TaskType cannot be null or empty.', invalidValue: '' }])
  return type
}

async function waiting(engine: EngineApi): Promise<ReadonlyMap<QueueName, number>> {
  const rows = await engine.store.queueSizes(engine.now())
  return new Map(rows.map(({ queue, ready, delayed }) => [queue, ready + delayed]))
}

async function sizes(engine: EngineApi, call: Call): Promise<Answer> {
  const types = call.queries('taskType').flatMap(value => value.split(','))
  const counts = await waiting(engine)
  return json(200, Object.fromEntries(types.map(type => [type, counts.get(queueOf(type, null)) ?? 0])))
}

async function size(engine: EngineApi, call: Call): Promise<Answer> {
  const counts = await waiting(engine)
  return json(200, counts.get(queueOf(mustText(call, 'taskType'), call.query('domain') ?? null)) ?? 0)
}

/** More are not counted. */
const pendingMax = 100_000

async function pending(engine: EngineApi, taskType: string): Promise<number> {
  const queues = [...(await waiting(engine)).keys()].filter(queue => partsOf(queueTitle(queue) ?? '', taskType).type === taskType)
  let count = 0
  for (const queue of new Set([queueOf(taskType, null), ...queues])) {
    for (let offset = 0, page: number = limits.listMax; page === limits.listMax && count < pendingMax; offset += page, count += page) {
      page = (await engine.store.openAttempts(queue, offset, limits.listMax)).length
    }
  }
  return count
}

async function all(engine: EngineApi): Promise<Answer> {
  return json(200, Object.fromEntries(await named(engine)))
}

async function allVerbose(engine: EngineApi): Promise<Answer> {
  const queues = await named(engine)
  return json(200, Object.fromEntries(queues.map(([name, count]) => [name, { a: { size: count, uacked: 0 } }])))
}

/** Conductor's queues by Conductor's names, `domain:type` or `type`, in their order. */
async function named(engine: EngineApi): Promise<[string, number][]> {
  const found: [string, number][] = []
  for (const [queue, count] of await waiting(engine)) {
    const name = queueTitle(queue)
    if (name !== null) found.push([name, count])
  }
  return found.toSorted(([a], [b]) => (a < b ? -1 : 1))
}

const prefix = String(queueOf('', null))

function queueTitle(queue: QueueName): string | null {
  return queue.startsWith(prefix) ? queue.slice(prefix.length) : null
}

async function pollData(engine: EngineApi, taskType: string | null): Promise<Answer> {
  const rows = []
  const seen = new Set<QueueName>()
  // Newest first: the first row of a queue tells who polled it last.
  for (const { queue, worker, at } of await engine.pollData()) {
    const title = queueTitle(queue)
    if (title === null || seen.has(queue)) continue
    seen.add(queue)
    const { type, domain } = partsOf(title, taskType)
    if (taskType === null || type === taskType) {
      rows.push({ queueName: type, ...(domain === null ? {} : { domain }), ...(worker === '' ? {} : { workerId: worker }), lastPollTime: at })
    }
  }
  return json(
    200,
    rows.toSorted((a, b) => order(a, b)),
  )
}

function partsOf(title: string, taskType: string | null): { readonly type: string; readonly domain: string | null } {
  if (title === taskType) return { type: title, domain: null }
  const colon = title.indexOf(':')
  return colon === -1 ? { type: title, domain: null } : { type: title.slice(colon + 1), domain: title.slice(0, colon) }
}

interface PollRow {
  readonly queueName: string
  readonly domain?: string
}

/** By type; within a type those with a domain first. */
function order(a: PollRow, b: PollRow): number {
  if (a.queueName !== b.queueName) return a.queueName < b.queueName ? -1 : 1
  if (a.domain === undefined || b.domain === undefined) return a.domain === b.domain ? 0 : a.domain === undefined ? 1 : -1
  return a.domain < b.domain ? -1 : 1
}
