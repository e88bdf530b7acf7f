/** Configuration, counts, workers, health. */
import type { EngineApi } from '@busbar/engine'
import { type JsonObject, Problem, type WorkerId } from '@busbar/kernel'
import type { StoredWorker } from '@busbar/store'
import { type Answer, json } from '../http/answer.js'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import type { Route } from '../http/route.js'
import type { Health } from '../health.js'
import { toIsoZ } from '@busbar/stroem'
import { version } from '../version.js'
import { countQuery, isUuid } from './requests.js'
import type { WorkerDetail } from './worker-detail.js'

export interface MetaRouteParts {
  readonly engine: EngineApi
  readonly health: Health
  readonly heartbeatTimeoutMs: number
}

export function metaRoutes(parts: MetaRouteParts): Route[] {
  const get = (path: string, scope: Route['scope'], summary: string, handle: Route['handle']): Route => ({
    method: 'GET',
    paths: [path],
    owner: 'stroem',
    scope,
    summary,
    handle,
  })
  return [
    get('/api/config', 'public', 'What a client must know before it signs in', () =>
      json(200, { auth_required: false, acl_enabled: false, oidc_providers: [], has_internal_auth: false, version }),
    ),
    get('/api/stats', 'read', 'Jobs by status', () => stats(parts.engine)),
    get('/api/workers', 'read', 'A page of workers', call => listWorkers(parts, call)),
    get('/api/workers/{worker}', 'read', 'A worker', call => getWorker(parts, call)),
    get('/healthz', 'public', 'Whether the server can work', () => healthz(parts.health)),
    { ...get('/healthz/detail', 'read', 'Which part of the server cannot work', () => detail(parts.health)), credential: 'workerToken' },
  ]
}

async function stats(engine: EngineApi): Promise<Answer> {
  const counts = await engine.store.countByStatus('stroem')
  const of = (...statuses: readonly Parameters<typeof counts.get>[0][]) => statuses.reduce((sum, status) => sum + (counts.get(status) ?? 0), 0)
  const { executions } = await engine.store.list({ dialect: 'stroem', statuses: ['running', 'paused'], offset: 0, limit: limits.listMax, order: 'newest' })
  const pending = executions.filter(({ state }) => isPending(state)).length
  return json(200, {
    pending,
    running: Math.max(0, of('running', 'paused') - pending),
    completed: of('completed'),
    failed: of('failed', 'timedOut'),
    cancelled: of('cancelled'),
    skipped: 0,
  })
}

function isPending(state: unknown): boolean {
  return typeof state === 'object' && state !== null && 'startedAt' in state && state.startedAt === null
}

async function listWorkers({ engine, heartbeatTimeoutMs }: MetaRouteParts, call: Call): Promise<Answer> {
  const offset = countQuery(call, 'offset', 0, Number.MAX_SAFE_INTEGER)
  const { workers, total } = await engine.store.workers(offset, countQuery(call, 'limit', 50, limits.pageMax))
  return json(200, { items: workers.map(worker => workerToWire(engine, worker, heartbeatTimeoutMs)), total })
}

async function getWorker({ engine, heartbeatTimeoutMs }: MetaRouteParts, call: Call): Promise<Answer> {
  const id = call.param('worker')
  if (!isUuid(id)) throw new Problem('invalid', 'Invalid worker ID')
  const worker = await engine.store.worker(id.toLowerCase() as WorkerId)
  if (!worker) throw new Problem('missing', 'Worker not found')
  // Which steps a worker ran is not indexed yet; the list says so by being empty.
  return json(200, { ...workerToWire(engine, worker, heartbeatTimeoutMs), steps: { items: [], total: 0 } })
}

function workerToWire(engine: EngineApi, worker: StoredWorker, heartbeatTimeoutMs: number): JsonObject {
  // Written by the registration route.
  const detail = JSON.parse(worker.detail) as WorkerDetail
  const lastSeen = Math.max(worker.lastSeen, engine.lastSeen(worker.id) ?? 0)
  return {
    worker_id: worker.id,
    name: worker.name,
    status: engine.now() - lastSeen <= heartbeatTimeoutMs ? 'active' : 'inactive',
    capabilities: detail.abilities,
    tags: detail.tags,
    version: detail.version,
    last_heartbeat: toIsoZ(lastSeen),
    registered_at: toIsoZ(worker.registeredAt),
  }
}

async function healthz(health: Health): Promise<Answer> {
  const { trouble, storeTrouble } = await health.check()
  return json(trouble === null ? 200 : 503, { status: trouble === null ? 'ok' : 'unhealthy', db: storeTrouble === null ? 'ok' : 'error' })
}

async function detail(health: Health): Promise<Answer> {
  const { trouble, storeTrouble } = await health.check()
  const checks = { db: storeTrouble === null ? 'ok' : 'error', leader: true, scheduler: 'ok', recovery: 'ok', event_source: 'ok' }
  return json(trouble === null ? 200 : 503, { status: trouble === null ? 'ok' : 'unhealthy', checks })
}
