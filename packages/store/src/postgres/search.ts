/** Searches: what they mean stands in ../search.ts. Not prepared: their shapes are many. */
import type { ExecutionId } from '@busbar/kernel'
import { attemptFromRow, type AttemptRow, executionFromRow, type ExecutionRow } from '../rows.js'
import type { FoundAttempts, FoundExecutions, SearchRequest } from '../search.js'
import { attemptKey, type AttemptKey, attemptsSearch, executionsSearch, inOrder, type SearchStatement, type Speech } from '../search-sql.js'
import type { Reader } from './connection.js'

/** Only behind an even number of backslashes is it an escape: `\\u0000` is a backslash and five characters. */
const unreadable = String.raw`'(?<!\\)((?:\\\\)*)\\u(0000|d[89a-f][0-9a-f]{2})'`

/**
 * PostgreSQL reads no JSON in which a NUL or half of a surrogate pair is escaped, however far from the field that is wanted.
 * Those are read as the sign for a missing character.
 */
function json(payload: string): string {
  const mended = `regexp_replace(${payload}, ${unreadable}, '\\1\\\\ufffd', 'g')`
  return `(CASE WHEN strpos(${payload}, '\\u') > 0 THEN ${mended} ELSE ${payload} END)::json`
}

const speech: Speech = {
  place: (n, value) => (typeof value === 'number' ? `$${n}::bigint` : `$${n}::text`),
  payload: of => ({ brief: 'e.brief', state: 'e.state', data: 'a.data' })[of],
  inside: (payload, path) => `(${json(payload)} #>> (${path})::text[])`,
  path: names => `{${names.map(name => `"${name}"`).join(',')}}`,
  number: text => `CASE WHEN ${text} ~ '^-?[0-9]+([.][0-9]+)?$' THEN (${text})::numeric END`,
  like: (text, pattern) => `${text} ILIKE ${pattern}`,
  contains: (text, part) => `strpos(lower(${text}), lower(${part})) > 0`,
  executions: () => 'executions e',
  dialect: () => 'e.dialect',
  // OFFSET 0 keeps it from reading the whole table of attempts beside a few executions.
  keysOf: executions =>
    `SELECT e.id AS id, t.ordinal AS ordinal FROM ${executions} CROSS JOIN LATERAL (SELECT k.ordinal FROM attempts k WHERE k.execution_id = e.id OFFSET 0) t`,
  rowsOf: keys => `${keys} JOIN executions e ON e.id = x.id JOIN attempts a ON a.execution_id = x.id AND a.ordinal = x.ordinal`,
}

export async function searchExecutions(reader: Reader, request: SearchRequest): Promise<FoundExecutions> {
  const { page, count } = executionsSearch(speech, request)
  const [ids, total] = await Promise.all([keysOf<{ readonly id: ExecutionId }>(reader, page), totalOf(reader, count)])
  const wanted = ids.map(({ id }) => id)
  const rows = await reader.query<ExecutionRow>({ text: 'SELECT * FROM executions WHERE id = ANY($1::text[])' }, [wanted])
  return { executions: inOrder(wanted, rows, ({ id }) => id).map(executionFromRow), total }
}

export async function searchAttempts(reader: Reader, request: SearchRequest): Promise<FoundAttempts> {
  const { page, count } = attemptsSearch(speech, request)
  const [keys, total] = await Promise.all([keysOf<AttemptKey>(reader, page), totalOf(reader, count)])
  const rows = await reader.query<AttemptRow>(
    { text: 'SELECT a.* FROM unnest($1::text[], $2::int[]) k(id, ordinal) JOIN attempts a ON a.execution_id = k.id AND a.ordinal = k.ordinal' },
    [keys.map(key => key.execution_id), keys.map(key => key.ordinal)],
  )
  const found = inOrder(keys.map(attemptKey), rows, attemptKey)
  return { attempts: found.map(row => ({ execution: row.execution_id, attempt: attemptFromRow(row) })), total }
}

function keysOf<Row>(reader: Reader, { text, values }: SearchStatement): Promise<readonly Row[]> {
  return reader.query<Row>({ text }, values)
}

async function totalOf(reader: Reader, { text, values }: SearchStatement): Promise<number> {
  const [row] = await reader.query<{ total: number }>({ text }, values)
  return row?.total ?? 0
}
