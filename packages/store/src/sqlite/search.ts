/** Searches: what they mean stands in ../search.ts, how they go in ../search-scan.ts. Prepared for each request, as lists are. */
import type { Condition } from '@busbar/kernel'
import { attemptFromRow, type AttemptRow, executionFromRow, type ExecutionRow } from '../rows.js'
import type { FoundAttempts, FoundExecutions, SearchRequest } from '../search.js'
import { type Ask, scan } from '../search-scan.js'
import { isLookup, SearchSql, type SearchStatement, type Speech } from '../search-sql.js'
import type { Database } from './driver.js'

const speech: Speech = {
  place: () => '?',
  payload: of =>
    ({ brief: '(SELECT coalesce(e.brief, (SELECT b.brief FROM execution_briefs b WHERE b.execution_id = e.id)))', state: 'e.state', data: 'a.data' })[of],
  // What is nested deeper than SQLite reads is passed over.
  inside: (payload, path) => `CASE WHEN json_valid(${payload}) THEN CAST(json_extract(${payload}, ${path}) AS TEXT) END`,
  path: names => `$${names.map(name => `."${name}"`).join('')}`,
  number: text => `(SELECT CASE WHEN n GLOB '[0-9-]*' THEN CAST(n AS REAL) END FROM (SELECT ${text} AS n))`,
  like: (text, pattern) => `${text} LIKE ${pattern} ESCAPE '\\'`,
  contains: (text, part) => `instr(lower(${text}), lower(${part})) > 0`,
  executions: narrow => `executions e${indexFor(narrow)}`,
  // The plus keeps it from choosing an index of the dialect where the key leads to the few rows.
  dialect: narrow => (isLookup(narrow) ? '+e.dialect' : 'e.dialect'),
}

/** SQLite would rather go by name, through all that completed, than by the few that did not. */
function indexFor(narrow: readonly Condition[]): string {
  const statuses = narrow.find(one => one.kind === 'is' && one.field === 'status')
  const isByHandle = narrow.some(one => one.kind === 'is' && one.field === 'handle')
  if (statuses?.kind !== 'is' || statuses.values.includes('completed') || isByHandle || isLookup(narrow)) return ''
  return ' INDEXED BY executions_not_completed'
}

/** Asks and reads in turns, so that commits go on between two slices. */
export interface Turns {
  read<Result>(run: () => Result): Promise<Result>
}

export async function searchExecutions(database: Database, turns: Turns, request: SearchRequest): Promise<FoundExecutions> {
  const { keys, total } = await scan(askIn(database, turns), new SearchSql(speech, request), request, { target: 'executions', slice })
  const ids = keys.map(({ id }) => id)
  return turns.read(() => {
    const rows = database.prepare<ExecutionRow>(`
      SELECT executions.*, execution_briefs.brief AS large_brief FROM executions LEFT JOIN execution_briefs ON execution_id = id
      WHERE id IN (SELECT value FROM json_each(?))`)
    const known = new Map(rows.all(JSON.stringify(ids)).map(row => [row.id, row]))
    return { executions: ids.flatMap(id => known.get(id) ?? []).map(executionFromRow), total }
  })
}

export async function searchAttempts(database: Database, turns: Turns, request: SearchRequest): Promise<FoundAttempts> {
  const { keys, total } = await scan(askIn(database, turns), new SearchSql(speech, request), request, { target: 'attempts', slice })
  return turns.read(() => {
    const one = database.prepare<AttemptRow>('SELECT * FROM attempts WHERE execution_id = ? AND ordinal = ?')
    const rows = keys.flatMap(({ id, ordinal }) => one.get(id, ordinal) ?? [])
    return { attempts: rows.map(row => ({ execution: row.execution_id, attempt: attemptFromRow(row) })), total }
  })
}

/** Rows between which nobody else has a turn: some ten milliseconds. */
const slice = 1_000

function askIn(database: Database, turns: Turns): Ask {
  let statements = 0
  return async <Row>({ text, values }: SearchStatement) => {
    if (++statements > 2) await new Promise(resolve => setImmediate(resolve))
    return turns.read(() => database.prepare<Row>(text).all(...values))
  }
}
