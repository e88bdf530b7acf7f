/**
 * Lists and their totals. What a request does not name is no condition: the text of the statement depends on which
 * fields are there, never on their values.
 */
import { countedAheadMax } from '../limits.js'
import type { Listed, ListRequest } from '../store.js'
import type { Database, SqlValue } from './driver.js'
import { executionFromRow, type ExecutionRow } from '../rows.js'
import type { Tallies } from './tallies.js'

interface Condition {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

const labelColumns = { namespace: 'namespace', name: 'name', version: 'label_version', handle: 'handle', source: 'source' } as const

/** Prepared for each request: lists are rare, their shapes many. */
export function list(database: Database, tallies: Tallies, request: ListRequest): Listed {
  if (request.statuses?.length === 0) return { executions: [], total: 0 }
  const conditions = conditionsOf(request)
  const where = conditions.map(condition => condition.sql).join(' AND ')
  const values = conditions.flatMap(condition => condition.values)
  const table = tableOf(request)
  const direction = request.order === 'newest' ? 'DESC' : 'ASC'
  const page = database.prepare<ExecutionRow>(`
    SELECT executions.*, execution_briefs.brief AS large_brief FROM executions LEFT JOIN execution_briefs ON execution_id = id
    WHERE id IN (SELECT id FROM ${table} WHERE ${where} ORDER BY created_at ${direction}, id ${direction} LIMIT ? OFFSET ?)
    ORDER BY created_at ${direction}, id ${direction}`)
  const executions = page.all(...values, request.limit, request.offset).map(executionFromRow)
  return { executions, total: tallied(request, tallies) ?? counted() }

  function counted(): number {
    const count = database.prepare<{ total: number }>(`SELECT count(*) AS total FROM (SELECT 1 FROM ${table} WHERE ${where} LIMIT ?)`)
    return count.get(...values, request.offset + request.limit + countedAheadMax)?.total ?? 0
  }
}

/** SQLite would rather go by name, through all that completed, than by the few that did not. */
function tableOf({ statuses, handle }: ListRequest): string {
  return statuses && !statuses.includes('completed') && !handle ? 'executions INDEXED BY executions_not_completed' : 'executions'
}

function conditionsOf(request: ListRequest): readonly Condition[] {
  const { dialect, statuses, createdFrom, createdBefore, text } = request
  const conditions: Condition[] = [{ sql: 'dialect = ?', values: [dialect] }]
  for (const field of ['namespace', 'name', 'version', 'handle', 'source'] as const) {
    const value = request[field]
    if (value !== undefined) conditions.push({ sql: `${labelColumns[field]} = ?`, values: [value] })
  }
  // These two say what the partial indexes need to hear.
  if (request.handle) conditions.push({ sql: "handle <> ''", values: [] })
  if (statuses && !statuses.includes('completed')) conditions.push({ sql: "status <> 'completed'", values: [] })
  if (statuses) conditions.push({ sql: `status IN (${statuses.map(() => '?').join(', ')})`, values: statuses })
  if (createdFrom !== undefined) conditions.push({ sql: 'created_at >= ?', values: [createdFrom] })
  if (createdBefore !== undefined) conditions.push({ sql: 'created_at < ?', values: [createdBefore] })
  if (text) conditions.push(containing(text))
  return conditions
}

/** SQLite knows the case of ASCII letters only. */
function containing(text: string): Condition {
  const columns = ['namespace', 'name', 'handle', 'id']
  return { sql: `(${columns.map(column => `instr(lower(${column}), lower(?)) > 0`).join(' OR ')})`, values: columns.map(() => text) }
}

/** The total when it is a matter of dialect and statuses alone; else undefined. */
function tallied(request: ListRequest, tallies: Tallies): number | undefined {
  const { dialect, statuses, offset: _offset, limit: _limit, order: _order, ...others } = request
  if (Object.values(others).some(value => value !== undefined)) return undefined
  let total = 0
  for (const [status, count] of tallies.of(dialect)) if (!statuses || statuses.includes(status)) total += count
  return total
}
