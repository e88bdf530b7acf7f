/** Logs in chunks, a row each. */
import type { ExecutionId, Note } from '@busbar/kernel'
import { chunksOf, linesAfter, linesOfNotes, type NewLine, type StoredLine } from '../log-chunks.js'
import type { LogLine, LogRequest } from '../store.js'
import type { Database } from './driver.js'

export interface Logs {
  append(execution: ExecutionId, lines: readonly NewLine[]): void
  appendNotes(execution: ExecutionId, notes: readonly Note[]): void
  read(execution: ExecutionId, request: LogRequest): readonly LogLine[]
}

export function prepareLogs(database: Database): Logs {
  const exists = database.prepare('SELECT 1 FROM executions WHERE id = ?')
  const lastOf = database.prepare<{ last: number }>('SELECT last FROM logs WHERE execution_id = ? ORDER BY last DESC LIMIT 1')
  const insert = database.prepare('INSERT INTO logs (execution_id, last, count, source, lines) VALUES (?, ?, ?, ?, ?)')

  function append(execution: ExecutionId, lines: readonly NewLine[]): void {
    let last = lastOf.get(execution)?.last ?? 0
    for (const chunk of chunksOf(lines)) {
      last += chunk.lines.length
      insert.run(execution, last, chunk.lines.length, chunk.source, JSON.stringify(chunk.lines))
    }
  }

  return {
    /** Lines of an execution that does not exist (any more) are dropped. */
    append(execution: ExecutionId, lines: readonly NewLine[]): void {
      if (lines.length > 0 && exists.get(execution)) append(execution, lines)
    },
    /** For a commit, which knows that the execution exists. */
    appendNotes(execution: ExecutionId, notes: readonly Note[]): void {
      if (notes.length > 0) append(execution, linesOfNotes(notes))
    },
    read: prepareRead(database),
  }
}

interface LogRow {
  readonly last: number
  readonly count: number
  readonly source: string
  readonly lines: string
}

function prepareRead(database: Database): (execution: ExecutionId, request: LogRequest) => readonly LogLine[] {
  const all = database.prepare<LogRow>('SELECT last, count, source, lines FROM logs WHERE execution_id = ? AND last > ? ORDER BY last LIMIT ?')
  const ofSource = database.prepare<LogRow>(`
    SELECT last, count, source, lines FROM logs INDEXED BY logs_by_source WHERE execution_id = ? AND source = ? AND last > ? ORDER BY last LIMIT ?`)
  return (execution, { source, after, limit }) => {
    const found: LogLine[] = []
    let from = after
    // Rows are read a few at a time, because nobody knows how many lines a row holds before it is read.
    while (found.length < limit) {
      const rowsMax = Math.min(limit - found.length, 64)
      const rows = source === undefined ? all.all(execution, from, rowsMax) : ofSource.all(execution, source, from, rowsMax)
      for (const row of rows) found.push(...linesOf(row, after))
      const lastRow = rows.at(-1)
      if (!lastRow || rows.length < rowsMax) break
      from = lastRow.last
    }
    return found.slice(0, limit)
  }
}

function linesOf({ last, count, source, lines }: LogRow, after: number): LogLine[] {
  return linesAfter({ source, lines: JSON.parse(lines) as readonly StoredLine[] }, last - count + 1, after)
}
