import { type ExecutionId, Problem } from '@busbar/kernel'
import { attemptFromRow, type AttemptRow, executionFromRow, type ExecutionRow } from '../rows.js'
import type { KnownExecution } from '../sharing.js'
import type { ExecutionHead, LoadedExecution } from '../store.js'
import type { ExecutionRecord } from '../transfer.js'
import type { Reader } from './connection.js'

export interface HeadRow extends ExecutionRow {
  readonly due: ExecutionRecord['due']
  readonly version: number
  readonly last_ordinal: number
  readonly last_message: number
}

/** A row for each attempt, or one without; the columns of the execution stand in the first only, so that they travel once. */
type JoinedRow = { readonly [Column in keyof HeadRow as `e_${Column}`]: HeadRow[Column] } & AttemptRow & {
    readonly a_ordinal: number | null
    readonly reworked: number
  }

const headColumns = [
  ...['id', 'dialect', 'namespace', 'name', 'label_version', 'handle', 'source', 'definition', 'parent', 'status', 'created_at', 'updated_at'],
  ...['ended_at', 'due', 'version', 'last_ordinal', 'last_message', 'format', 'state', 'brief'],
] as const
const attemptColumns =
  'ordinal, key, number, queue, priority, lease_ms, state, state_at, until, outcome, fence, claims, opened_at, first_claimed_at, last_worker, wake_at, data'

/** One statement is one snapshot: the execution and its attempts belong together. `which` chooses the attempts `x`. */
function loading(which: string, brief: string): string {
  const once = headColumns.map(column => `CASE WHEN a.n IS NULL OR a.n = 1 THEN ${column === 'brief' ? brief : `e.${column}`} END AS e_${column}`)
  return `
SELECT ${once.join(', ')}, e.reworked, e.id AS execution_id, a.ordinal AS a_ordinal, ${attemptColumns
    .split(', ')
    .map(column => `a.${column}`)
    .join(', ')}
FROM executions e LEFT JOIN LATERAL (SELECT x.*, row_number() OVER (ORDER BY x.ordinal) AS n FROM (${which}) x) a ON true
WHERE e.id = $1 ORDER BY a.ordinal`
}

export const loadStatements = {
  whole: { name: 'load', text: loading('SELECT * FROM attempts t WHERE t.execution_id = e.id', 'e.brief') },
  // What is new is a range of the key, what was open are look-ups by it: the cost does not follow the size of the execution.
  changes: {
    name: 'load_changes',
    text: loading(
      `SELECT t.* FROM attempts t WHERE t.execution_id = $1 AND t.ordinal > $3::int AND e.reworked <= $2::int AND e.version >= $2
       UNION ALL
       SELECT t.* FROM unnest($4::int[]) o CROSS JOIN LATERAL (SELECT * FROM attempts k WHERE k.execution_id = $1 AND k.ordinal = o) t
       WHERE t.changed > $2 AND t.ordinal <= $3 AND e.reworked <= $2 AND e.version >= $2`,
      "'null'",
    ),
  },
  head: { name: 'head', text: 'SELECT dialect, status, version FROM executions WHERE id = $1' },
} as const

export async function load(reader: Reader, id: ExecutionId): Promise<LoadedExecution | null> {
  return loadedFrom(await reader.query<JoinedRow>(loadStatements.whole, [id]))
}

export async function loadChanges(reader: Reader, { id, version, lastOrdinal, open }: KnownExecution): Promise<LoadedExecution | 'reworked' | null> {
  const rows = await reader.query<JoinedRow>(loadStatements.changes, [id, version, lastOrdinal, open])
  const [first] = rows
  if (!first) return null
  // A lower version is that of another execution, which began anew under the id.
  if (first.reworked > version || first.e_version < version) return 'reworked'
  return loadedFrom(rows)
}

export async function head(reader: Reader, id: ExecutionId): Promise<ExecutionHead | null> {
  return (await reader.query<ExecutionHead>(loadStatements.head, [id]))[0] ?? null
}

function loadedFrom(rows: readonly JoinedRow[]): LoadedExecution | null {
  const [first] = rows
  if (!first) return null
  const row = Object.fromEntries(headColumns.map(column => [column, first[`e_${column}`]])) as unknown as HeadRow
  return { ...recordFromRow(row), attempts: rows.filter(({ a_ordinal }) => a_ordinal !== null).map(attemptFromRow) }
}

export function recordFromRow(row: HeadRow): ExecutionRecord {
  if (row.version === null) throw new Problem('unavailable', 'an execution was read without its head')
  return { execution: executionFromRow(row), version: row.version, due: row.due, lastOrdinal: row.last_ordinal, lastMessage: row.last_message }
}
