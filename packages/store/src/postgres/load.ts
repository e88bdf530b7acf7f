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
function loading(which: string, brief: string, wanted = 'e.id = $1', order = 'a.ordinal'): string {
  const once = headColumns.map(column => `CASE WHEN a.n IS NULL OR a.n = 1 THEN ${column === 'brief' ? brief : `e.${column}`} END AS e_${column}`)
  return `
SELECT ${once.join(', ')}, e.reworked, e.id AS execution_id, a.ordinal AS a_ordinal, ${attemptColumns
    .split(', ')
    .map(column => `a.${column}`)
    .join(', ')}
FROM executions e LEFT JOIN LATERAL (SELECT x.*, row_number() OVER (ORDER BY x.ordinal) AS n FROM (${which}) x) a ON true
WHERE ${wanted} ORDER BY ${order}`
}

export const loadStatements = {
  whole: { name: 'load', text: loading('SELECT * FROM attempts t WHERE t.execution_id = e.id', 'e.brief', 'e.id = ANY($1::text[])', 'e.id, a.ordinal') },
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

const idsMax = 100

/**
 * Loads, those that come while one is under way as one statement: the first goes at once, so a quiet server waits for
 * nobody, and a busy one sends one statement for many.
 */
export class Loads {
  readonly #reader: Reader
  #waiting = new Map<ExecutionId, Promise<LoadedExecution | null>>()
  #current: Promise<unknown> | null = null
  /** The statement that will carry those that wait. */
  #next: Promise<ReadonlyMap<ExecutionId, LoadedExecution>> | null = null

  constructor(reader: Reader) {
    this.#reader = reader
  }

  load(id: ExecutionId): Promise<LoadedExecution | null> {
    const waiting = this.#waiting.get(id)
    if (waiting) return waiting
    if (this.#waiting.size >= idsMax) return loadMany(this.#reader, [id]).then(found => found.get(id) ?? null)
    this.#next ??= this.#send(this.#current)
    const loaded = this.#next.then(found => found.get(id) ?? null)
    this.#waiting.set(id, loaded)
    return loaded
  }

  async #send(previous: Promise<unknown> | null): Promise<ReadonlyMap<ExecutionId, LoadedExecution>> {
    // What else is asked for in the same breath goes along.
    await (previous ?? Promise.resolve())
    const ids = [...this.#waiting.keys()]
    this.#waiting = new Map()
    this.#next = null
    const found = loadMany(this.#reader, ids)
    const current = found.then(
      () => {},
      () => {},
    )
    this.#current = current
    void current.then(() => {
      if (this.#current === current) this.#current = null
    })
    return found
  }
}

async function loadMany(reader: Reader, ids: readonly ExecutionId[]): Promise<ReadonlyMap<ExecutionId, LoadedExecution>> {
  const rows = await reader.query<JoinedRow>(loadStatements.whole, [ids])
  const found = new Map<ExecutionId, LoadedExecution>()
  for (let from = 0; from < rows.length; ) {
    let to = from + 1
    while (to < rows.length && rows[to]?.execution_id === rows[from]?.execution_id) to++
    const loaded = loadedFrom(rows.slice(from, to))
    if (loaded) found.set(loaded.execution.id, loaded)
    from = to
  }
  return found
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
