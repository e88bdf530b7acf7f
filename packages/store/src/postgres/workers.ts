/** Workers, their signs of life, and who polled what. */
import type { Instant, WorkerId } from '@busbar/kernel'
import { pollsMax } from '../limits.js'
import type { PollSign } from '../sharing.js'
import type { StoredWorker, WorkerPage, WorkerSighting } from '../store.js'
import type { Reader } from './connection.js'

export interface WorkerRow {
  readonly id: WorkerId
  readonly name: string
  readonly last_seen: Instant
  readonly registered_at: Instant
  readonly detail: string
}

export function workerFromRow({ id, name, last_seen, registered_at, detail }: WorkerRow): StoredWorker {
  return { id, name, lastSeen: last_seen, registeredAt: registered_at, detail }
}

export const workerStatements = {
  one: { name: 'worker', text: 'SELECT * FROM workers WHERE id = $1' },
  page: { name: 'workers', text: 'SELECT * FROM workers ORDER BY registered_at, id LIMIT $1 OFFSET $2' },
  count: { name: 'workers_count', text: 'SELECT count(*)::int AS total FROM workers' },
  since: { name: 'workers_since', text: 'SELECT * FROM workers WHERE last_seen >= $1 ORDER BY last_seen DESC, id LIMIT $2' },
  put: {
    name: 'put_worker',
    text: `
INSERT INTO workers (id, name, last_seen, registered_at, detail) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, last_seen = excluded.last_seen, registered_at = excluded.registered_at, detail = excluded.detail`,
  },
  seen: { name: 'seen_workers', text: 'SELECT busbar_seen_workers_v1($1::text[], $2::bigint[])' },
} as const

export async function worker(reader: Reader, id: WorkerId): Promise<StoredWorker | null> {
  const [row] = await reader.query<WorkerRow>(workerStatements.one, [id])
  return row ? workerFromRow(row) : null
}

export async function workers(reader: Reader, offset: number, limit: number): Promise<WorkerPage> {
  const [page, counts] = await Promise.all([
    reader.query<WorkerRow>(workerStatements.page, [limit, offset]),
    reader.query<{ total: number }>(workerStatements.count, []),
  ])
  return { workers: page.map(workerFromRow), total: counts[0]?.total ?? 0 }
}

export async function workersSince(reader: Reader, at: Instant, limit: number): Promise<readonly StoredWorker[]> {
  return (await reader.query<WorkerRow>(workerStatements.since, [at, limit])).map(workerFromRow)
}

export function putWorkerValues({ id, name, lastSeen, registeredAt, detail }: StoredWorker): readonly unknown[] {
  return [id, name, lastSeen, registeredAt, detail]
}

export function seenWorkersValues(seen: readonly WorkerSighting[]): readonly unknown[] {
  return [seen.map(({ id }) => id), seen.map(({ at }) => at)]
}

// ── Polls ──

export const pollStatements = {
  put: { name: 'put_polls', text: `SELECT busbar_put_polls_v1($1::text[], $2::text[], $3::bigint[], ${pollsMax})` },
  all: { name: 'polls', text: 'SELECT queue, worker, at FROM polls ORDER BY at DESC, queue, worker LIMIT $1' },
  ofQueues: {
    name: 'polls_of_queues',
    text: 'SELECT queue, worker, at FROM polls WHERE queue = ANY($2::text[]) ORDER BY at DESC, queue, worker LIMIT $1',
  },
} as const

export function putPollsValues(polls: readonly PollSign[]): readonly unknown[] {
  return [polls.map(({ queue }) => queue), polls.map(({ worker: by }) => by), polls.map(({ at }) => at)]
}

export async function polls(reader: Reader, queues: readonly string[] | null, limit: number): Promise<readonly PollSign[]> {
  return queues === null ? reader.query<PollSign>(pollStatements.all, [limit]) : reader.query<PollSign>(pollStatements.ofQueues, [limit, queues])
}
