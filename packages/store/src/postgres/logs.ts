/** Logs in chunks, a row each. Appends of many executions are one statement. */
import type { ExecutionId } from '@busbar/kernel'
import { chunksOf, linesAfter, type LogChunk, type NewLine, type StoredLine } from '../log-chunks.js'
import type { LogLine, LogRequest } from '../store.js'
import type { Reader } from './connection.js'
import type { LaneWork } from './lane.js'

export interface Append {
  readonly execution: ExecutionId
  readonly lines: readonly NewLine[]
}

export const appendLogsStatement = {
  name: 'append_logs',
  text: 'SELECT busbar_append_logs_v1($1, $2, $3, $4, $5::text[], $6::int[], $7::int[], $8::text[], $9::text[])',
} as const

export const appendLogsWork: LaneWork<Append, void> = {
  sizeOf: ({ lines }) => lines.reduce((sum, { text }) => sum + text.length, 0),
  statement: appendLogsStatement,
  values: chunkArrays,
  results: (_rows, calls) => calls.map(() => undefined),
  recovered: (_noted, calls) => Promise.resolve(calls.map(() => undefined)),
}

/**
 * The arrays of busbar_append_logs_v1: an element for each chunk, executions in the order of their ids, which is that of
 * their locks. A chunk's offset is the position of its last line, counted from the end of the log as it is.
 */
export function chunkArrays(appends: readonly Append[]): readonly unknown[] {
  const executions: string[] = []
  const offsets: number[] = []
  const counts: number[] = []
  const sources: string[] = []
  const lines: string[] = []
  const byExecution = new Map<ExecutionId, LogChunk[]>()
  for (const { execution, lines: added } of appends) {
    const chunks = byExecution.get(execution)
    if (chunks) chunks.push(...chunksOf(added))
    else byExecution.set(execution, [...chunksOf(added)])
  }
  for (const [execution, chunks] of [...byExecution].sort(([a], [b]) => (a < b ? -1 : 1))) {
    let offset = 0
    for (const chunk of chunks) {
      offset += chunk.lines.length
      executions.push(execution)
      offsets.push(offset)
      counts.push(chunk.lines.length)
      sources.push(chunk.source)
      lines.push(JSON.stringify(chunk.lines))
    }
  }
  return [executions, offsets, counts, sources, lines]
}

// ── Reading ──

interface LogRow {
  readonly last: number
  readonly count: number
  readonly source: string
  readonly lines: string
}

export const logStatements = {
  all: {
    name: 'logs',
    text: 'SELECT last, count, source, lines FROM logs WHERE execution_id = $1 AND last > $2 ORDER BY last LIMIT $3',
  },
  ofSource: {
    name: 'logs_of_source',
    text: 'SELECT last, count, source, lines FROM logs WHERE execution_id = $1 AND last > $2 AND source = $4 ORDER BY last LIMIT $3',
  },
} as const

/** Rows of the first read: nobody knows how many lines a row holds before it is read. */
const rowsAtFirst = 64
const rowsAtOnceMax = 1_024

export async function readLogs(reader: Reader, execution: ExecutionId, { source, after, limit }: LogRequest): Promise<readonly LogLine[]> {
  const found: LogLine[] = []
  let from = after
  for (let atOnce = rowsAtFirst; found.length < limit; atOnce = Math.min(atOnce * 2, rowsAtOnceMax)) {
    const rowsMax = Math.min(limit - found.length, atOnce)
    const rows =
      source === undefined
        ? await reader.query<LogRow>(logStatements.all, [execution, from, rowsMax])
        : await reader.query<LogRow>(logStatements.ofSource, [execution, from, rowsMax, source])
    for (const row of rows) found.push(...linesOf(row, after))
    const last = rows.at(-1)
    if (!last || rows.length < rowsMax) break
    from = last.last
  }
  return found.slice(0, limit)
}

function linesOf({ last, count, source, lines }: LogRow, after: number): LogLine[] {
  return linesAfter({ source, lines: JSON.parse(lines) as readonly StoredLine[] }, last - count + 1, after)
}
