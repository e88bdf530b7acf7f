import type { ExecutionId, Instant } from '@busbar/kernel'
import type { LoadedExecution } from '../store.js'
import type { Database } from './driver.js'
import { attemptFromRow, type AttemptRow, executionFromRow, type ExecutionRow } from './rows.js'

interface HeadRow extends ExecutionRow {
  readonly due: Instant | null
  readonly version: number
  readonly last_ordinal: number
  readonly last_message: number
}

export function prepareLoad(database: Database): (id: ExecutionId) => LoadedExecution | null {
  const head = database.prepare<HeadRow>(
    'SELECT executions.*, execution_briefs.brief AS large_brief FROM executions LEFT JOIN execution_briefs ON execution_id = id WHERE id = ?',
  )
  const attempts = database.prepare<AttemptRow>('SELECT * FROM attempts WHERE execution_id = ? ORDER BY ordinal')
  return id => {
    const row = head.get(id)
    if (!row) return null
    return {
      execution: executionFromRow(row),
      version: row.version,
      due: row.due,
      lastOrdinal: row.last_ordinal,
      lastMessage: row.last_message,
      attempts: attempts.all(id).map(attemptFromRow),
    }
  }
}
