/** Removes what ended long ago, a bounded part at a time. */
import type { DefinitionId, ExecutionId, Instant } from '@busbar/kernel'
import { firstIdOf } from '../first-id.js'
import type { Database } from './driver.js'

export function prepareRemoveEnded(database: Database, remove: (id: ExecutionId) => boolean): (endedBefore: Instant, limit: number) => readonly ExecutionId[] {
  const select = database.prepare<{ id: ExecutionId }>('SELECT id FROM executions WHERE ended_at IS NOT NULL AND ended_at < ? ORDER BY ended_at, id LIMIT ?')
  return (endedBefore, limit) => {
    const ids = select.all(endedBefore, limit).map(({ id }) => id)
    for (const id of ids) remove(id)
    return ids
  }
}

/**
 * Goes through the executions that have logs, oldest first: no further than those that were made at that moment, because
 * an id begins with the moment at which it was made (I1) and nothing ends before that.
 */
export function prepareRemoveLogs(database: Database): (endedBefore: Instant, limit: number) => number {
  const next = database.prepare<{ id: ExecutionId; ended_at: Instant | null }>(`
    SELECT execution_id AS id, ended_at FROM logs LEFT JOIN executions ON id = execution_id
    WHERE execution_id > ? AND execution_id < ? ORDER BY execution_id LIMIT 1`)
  const remove = database.prepare('DELETE FROM logs WHERE execution_id = ?')
  return (endedBefore, limit) => {
    const end = firstIdOf(endedBefore)
    let removed = 0
    let at = next.get('', end)
    while (at && removed < limit) {
      if (at.ended_at !== null && at.ended_at < endedBefore) {
        remove.run(at.id)
        removed += 1
      }
      at = next.get(at.id, end)
    }
    return removed
  }
}

export function prepareRemoveSnapshots(database: Database): (unusedSince: Instant, limit: number) => number {
  const select = database.prepare<{ id: DefinitionId }>(`
    SELECT id FROM snapshots WHERE used_at < ? AND NOT EXISTS (SELECT 1 FROM executions INDEXED BY executions_by_definition WHERE definition = snapshots.id)
    LIMIT ?`)
  const remove = database.prepare('DELETE FROM snapshots WHERE id = ?')
  return (unusedSince, limit) => {
    const ids = select.all(unusedSince, limit)
    for (const { id } of ids) remove.run(id)
    return ids.length
  }
}
