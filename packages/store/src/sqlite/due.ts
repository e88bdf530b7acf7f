import type { Instant } from '@busbar/kernel'
import type { DueExecution } from '../store.js'
import type { Database } from './driver.js'

export function prepareDue(database: Database): (now: Instant, limit: number) => readonly DueExecution[] {
  const select = database.prepare<DueExecution>('SELECT id, due AS at FROM executions WHERE due IS NOT NULL AND due <= ? ORDER BY due, id LIMIT ?')
  return (now, limit) => select.all(now, limit).map(({ id, at }) => ({ id, at }))
}

export function prepareNextDue(database: Database): () => Instant | null {
  const select = database.prepare<{ due: Instant }>('SELECT due FROM executions WHERE due IS NOT NULL ORDER BY due LIMIT 1')
  return () => select.get()?.due ?? null
}
