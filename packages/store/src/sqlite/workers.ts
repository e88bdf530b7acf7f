import type { Instant, WorkerId } from '@busbar/kernel'
import type { StoredWorker, WorkerPage, WorkerSighting } from '../store.js'
import type { Database } from './driver.js'

export interface WorkerRow {
  readonly id: WorkerId
  readonly name: string
  readonly last_seen: Instant
  readonly registered_at: Instant
  readonly detail: string
}

export function prepareWorkers(database: Database) {
  const upsert = database.prepare(`
    INSERT INTO workers (id, name, last_seen, registered_at, detail) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, last_seen = excluded.last_seen, registered_at = excluded.registered_at, detail = excluded.detail`)
  const sighting = database.prepare('UPDATE workers SET last_seen = ?1 WHERE id = ?2 AND last_seen < ?1')
  const one = database.prepare<WorkerRow>('SELECT * FROM workers WHERE id = ?')
  const page = database.prepare<WorkerRow>('SELECT * FROM workers ORDER BY registered_at, id LIMIT ? OFFSET ?')
  const count = database.prepare<{ total: number }>('SELECT count(*) AS total FROM workers')

  return {
    put({ id, name, lastSeen, registeredAt, detail }: StoredWorker): void {
      upsert.run(id, name, lastSeen, registeredAt, detail)
    },
    seen(sightings: readonly WorkerSighting[]): void {
      for (const { id, at } of sightings) sighting.run(at, id)
    },
    get(id: WorkerId): StoredWorker | null {
      const row = one.get(id)
      return row ? workerFromRow(row) : null
    },
    list(offset: number, limit: number): WorkerPage {
      return { workers: page.all(limit, offset).map(workerFromRow), total: count.get()?.total ?? 0 }
    },
  }
}

export function workerFromRow({ id, name, last_seen, registered_at, detail }: WorkerRow): StoredWorker {
  return { id, name, lastSeen: last_seen, registeredAt: registered_at, detail }
}
