/**
 * Lists and their totals. What a request does not name is no condition: the text of the statement depends on which
 * fields are there, never on their values. Statements are not prepared: lists are rare, their shapes many.
 *
 * A search for a text reads the labels of the dialect in the order of the list, until the page is full. No trigram index
 * helps it: the extension need not be there, and the index would cost each start more than all others together.
 */
import type { DialectName, ExecutionStatus } from '@busbar/kernel'
import { countedAheadMax } from '../limits.js'
import { executionFromRow, type ExecutionRow } from '../rows.js'
import type { Listed, ListRequest } from '../store.js'
import type { Reader } from './connection.js'

const labelColumns = { namespace: 'namespace', name: 'name', version: 'label_version', handle: 'handle', source: 'source' } as const

export async function list(reader: Reader, request: ListRequest): Promise<Listed> {
  if (request.statuses?.length === 0) return { executions: [], total: 0 }
  const { text, countText, values } = listStatement(request)
  const { offset, limit } = request
  const [rows, total] = await Promise.all([
    reader.query<ExecutionRow>({ text }, [...values, limit, offset]),
    tallied(reader, request) ?? counted(reader, countText, [...values, offset + limit + countedAheadMax]),
  ])
  return { executions: rows.map(executionFromRow), total }
}

/** Exported for the test of its plans. */
export function listStatement(request: ListRequest): { readonly text: string; readonly countText: string; readonly values: readonly unknown[] } {
  const values: unknown[] = []
  const place = (value: unknown) => `$${values.push(value)}`
  const where = conditionsOf(request, place).join(' AND ')
  const direction = request.order === 'newest' ? 'DESC' : 'ASC'
  const next = values.length + 1
  return {
    text: `SELECT * FROM executions WHERE ${where} ORDER BY created_at ${direction}, id ${direction} LIMIT $${next}::bigint OFFSET $${next + 1}::bigint`,
    countText: `SELECT count(*)::int AS total FROM (SELECT 1 FROM executions WHERE ${where} LIMIT $${next}::bigint) AS page`,
    values,
  }
}

function conditionsOf(request: ListRequest, place: (value: unknown) => string): readonly string[] {
  const { dialect, statuses, createdFrom, createdBefore, text } = request
  const conditions = [`dialect = ${place(dialect)}`]
  for (const field of ['namespace', 'name', 'version', 'handle', 'source'] as const) {
    const value = request[field]
    if (value !== undefined) conditions.push(`${labelColumns[field]} = ${place(value)}`)
  }
  // These two say what the partial indexes need to hear.
  if (request.handle) conditions.push("handle <> ''")
  if (statuses && !statuses.includes('completed')) conditions.push("status <> 'completed'")
  if (statuses) conditions.push(`status = ANY(${place(statuses)}::text[])`)
  if (createdFrom !== undefined) conditions.push(`created_at >= ${place(createdFrom)}`)
  if (createdBefore !== undefined) conditions.push(`created_at < ${place(createdBefore)}`)
  if (text) conditions.push(containing(place(text)))
  return conditions
}

/** Not LIKE: the text is meant literally. Which letters have a case is up to the locale of the database; ASCII letters always do. */
function containing(place: string): string {
  const columns = ['namespace', 'name', 'handle', 'id']
  return `(${columns.map(column => `strpos(lower(${column}), lower(${place}::text)) > 0`).join(' OR ')})`
}

async function counted(reader: Reader, text: string, values: readonly unknown[]): Promise<number> {
  const [row] = await reader.query<{ total: number }>({ text }, values)
  return row?.total ?? 0
}

// ── Tallies ──

/** Each lane counts for itself, so that servers do not queue for one row: only the sum of a status says something. */
export const tallyStatement = {
  name: 'tallies',
  text: 'SELECT status, sum(number)::bigint AS number FROM execution_tallies WHERE dialect = $1 GROUP BY status HAVING sum(number) > 0',
} as const

export async function countByStatus(reader: Reader, dialect: DialectName): Promise<ReadonlyMap<ExecutionStatus, number>> {
  const rows = await reader.query<{ status: ExecutionStatus; number: number }>(tallyStatement, [dialect])
  return new Map(rows.map(({ status, number }) => [status, number]))
}

/** The total when it is a matter of dialect and statuses alone; else null. */
function tallied(reader: Reader, request: ListRequest): Promise<number> | null {
  const { dialect, statuses, offset: _offset, limit: _limit, order: _order, ...others } = request
  if (Object.values(others).some(value => value !== undefined)) return null
  return countByStatus(reader, dialect).then(counts => {
    let total = 0
    for (const [status, count] of counts) if (!statuses || statuses.includes(status)) total += count
    return total
  })
}
