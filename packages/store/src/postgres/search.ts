/** Searches: what they mean stands in ../search.ts, how they go in ../search-scan.ts. Not prepared: their shapes are many. */
import { attemptFromRow, type AttemptRow, executionFromRow, type ExecutionRow } from '../rows.js'
import type { FoundAttempts, FoundExecutions, SearchRequest } from '../search.js'
import { type Ask, scan } from '../search-scan.js'
import { SearchSql, type SearchStatement, type Speech } from '../search-sql.js'
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
}

/** Rows that one statement looks at: a tenth of a second at most. */
const slice = 10_000

export async function searchExecutions(reader: Reader, request: SearchRequest): Promise<FoundExecutions> {
  const { keys, total } = await scan(askIn(reader), new SearchSql(speech, request), request, { target: 'executions', slice })
  const ids = keys.map(({ id }) => id)
  const rows = await reader.query<ExecutionRow>({ text: 'SELECT * FROM executions WHERE id = ANY($1::text[])' }, [ids])
  const known = new Map(rows.map(row => [row.id, row]))
  return { executions: ids.flatMap(id => known.get(id) ?? []).map(executionFromRow), total }
}

export async function searchAttempts(reader: Reader, request: SearchRequest): Promise<FoundAttempts> {
  const { keys, total } = await scan(askIn(reader), new SearchSql(speech, request), request, { target: 'attempts', slice })
  const rows = await reader.query<AttemptRow>(
    {
      text: `SELECT a.* FROM unnest($1::text[], $2::int[]) WITH ORDINALITY k(id, ordinal, n)
        CROSS JOIN LATERAL (SELECT * FROM attempts t WHERE t.execution_id = k.id AND t.ordinal = k.ordinal OFFSET 0) a ORDER BY k.n`,
    },
    [keys.map(({ id }) => id), keys.map(({ ordinal }) => ordinal)],
  )
  return { attempts: rows.map(row => ({ execution: row.execution_id, attempt: attemptFromRow(row) })), total }
}

function askIn(reader: Reader): Ask {
  return <Row>({ text, values }: SearchStatement) => reader.query<Row>({ text }, values)
}
