/** Searches: what they mean stands in ../search.ts. Prepared for each request, as lists are. */
import type { Condition, ExecutionId } from '@busbar/kernel'
import { attemptFromRow, type AttemptRow, executionFromRow, type ExecutionRow } from '../rows.js'
import type { FoundAttempts, FoundExecutions, SearchRequest } from '../search.js'
import { attemptKey, type AttemptKey, attemptsSearch, executionsSearch, inOrder, isLookup, type SearchStatement, type Speech } from '../search-sql.js'
import type { Database } from './driver.js'

const speech: Speech = {
  place: () => '?',
  payload: of => ({ brief: '(SELECT coalesce(e.brief, (SELECT b.brief FROM execution_briefs b WHERE b.execution_id = e.id)))', state: 'e.state', data: 'a.data' })[of],
  // What is nested deeper than SQLite reads is passed over.
  inside: (payload, path) => `CASE WHEN json_valid(${payload}) THEN CAST(json_extract(${payload}, ${path}) AS TEXT) END`,
  path: names => `$${names.map(name => `."${name}"`).join('')}`,
  number: text => `(SELECT CASE WHEN n GLOB '[0-9-]*' THEN CAST(n AS REAL) END FROM (SELECT ${text} AS n))`,
  like: (text, pattern) => `${text} LIKE ${pattern} ESCAPE '\\'`,
  contains: (text, part) => `instr(lower(${text}), lower(${part})) > 0`,
  executions: narrow => `executions e${indexFor(narrow)}`,
  // The plus keeps it from choosing an index of the dialect where the key leads to the few rows.
  dialect: narrow => (isLookup(narrow) ? '+e.dialect' : 'e.dialect'),
  keysOf: executions => `SELECT e.id AS id, t.ordinal AS ordinal FROM ${executions} CROSS JOIN attempts t ON t.execution_id = e.id`,
  rowsOf: keys => `${keys} CROSS JOIN executions e ON e.id = x.id CROSS JOIN attempts a ON a.execution_id = x.id AND a.ordinal = x.ordinal`,
}

/** SQLite would rather go by name, through all that completed, than by the few that did not. */
function indexFor(narrow: readonly Condition[]): string {
  const statuses = narrow.find(one => one.kind === 'is' && one.field === 'status')
  const isByHandle = narrow.some(one => one.kind === 'is' && one.field === 'handle')
  if (statuses?.kind !== 'is' || statuses.values.includes('completed') || isByHandle || isLookup(narrow)) return ''
  return ' INDEXED BY executions_not_completed'
}

export function searchExecutions(database: Database, request: SearchRequest): FoundExecutions {
  const { page, count } = executionsSearch(speech, request)
  const ids = all<{ readonly id: ExecutionId }>(database, page).map(({ id }) => id)
  const rows = database.prepare<ExecutionRow>(`
    SELECT executions.*, execution_briefs.brief AS large_brief FROM executions LEFT JOIN execution_briefs ON execution_id = id
    WHERE id IN (SELECT value FROM json_each(?))`)
  const found = inOrder(ids, rows.all(JSON.stringify(ids)), ({ id }) => id)
  return { executions: found.map(executionFromRow), total: totalOf(database, count) }
}

export function searchAttempts(database: Database, request: SearchRequest): FoundAttempts {
  const { page, count } = attemptsSearch(speech, request)
  const keys = all<AttemptKey>(database, page)
  const row = database.prepare<AttemptRow>('SELECT * FROM attempts WHERE execution_id = ? AND ordinal = ?')
  const rows = keys.flatMap(key => row.get(key.execution_id, key.ordinal) ?? [])
  const found = inOrder(keys.map(attemptKey), rows, attemptKey)
  return { attempts: found.map(one => ({ execution: one.execution_id, attempt: attemptFromRow(one) })), total: totalOf(database, count) }
}

function all<Row>(database: Database, { text, values }: SearchStatement): readonly Row[] {
  return database.prepare<Row>(text).all(...values)
}

function totalOf(database: Database, { text, values }: SearchStatement): number {
  return database.prepare<{ total: number }>(text).get(...values)?.total ?? 0
}
