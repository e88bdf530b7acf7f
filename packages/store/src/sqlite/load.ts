import type { ExecutionId, Instant } from '@busbar/kernel'
import type { ExecutionHead, LoadedExecution } from '../store.js'
import type { ExecutionRecord } from '../transfer.js'
import type { Database } from './driver.js'
import { attemptFromRow, type AttemptRow, executionFromRow, type ExecutionRow } from '../rows.js'

export interface HeadRow extends ExecutionRow {
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
    return row ? { ...recordFromRow(row), attempts: attempts.all(id).map(attemptFromRow) } : null
  }
}

export function recordFromRow(row: HeadRow): ExecutionRecord {
  return { execution: executionFromRow(row), version: row.version, due: row.due, lastOrdinal: row.last_ordinal, lastMessage: row.last_message }
}

export function prepareHead(database: Database): (id: ExecutionId) => ExecutionHead | null {
  const select = database.prepare<ExecutionHead>('SELECT dialect, status, version FROM executions WHERE id = ?')
  return id => {
    const row = select.get(id)
    return row ? { dialect: row.dialect, status: row.status, version: row.version } : null
  }
}
