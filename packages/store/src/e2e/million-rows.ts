/** A store that has run for a while: a million executions and what belongs to them, made by the database itself. */
import type { PostgresServer, Row } from '../testing/postgres-server.js'

export const executionsInAll = 1_000_000
/** The newest so many still run; a hundredth of the others failed. */
export const running = 50_000

const textId = "lpad(to_hex(1700000000000 + n), 12, '0')"
/** One execution each millisecond from the tests' `start` on; the same as `idOf` gives for neither. */
const id = `substr(${textId}, 1, 8) || '-' || substr(${textId}, 9) || '-7abc-8000-' || substr(md5(n::text), 1, 6) || '000000'`
const isRunning = `n > ${executionsInAll - running}`
const endedAt = `CASE WHEN ${isRunning} THEN NULL ELSE 1700000001000 + n END`

const rows = `
CREATE TEMPORARY TABLE made AS SELECT n, ${id} AS id FROM generate_series(1, ${executionsInAll}) n;

INSERT INTO executions (id, dialect, namespace, name, label_version, handle, source, definition, parent, status, created_at, updated_at, ended_at,
  due, version, reworked, last_ordinal, last_message, format, state, brief)
SELECT id, CASE WHEN n % 5 = 0 THEN 'stroem' ELSE 'conductor' END, CASE WHEN n % 5 = 0 THEN 'shop' ELSE '' END, 'order' || n % 50, '1',
  CASE WHEN n % 3 = 0 THEN 'h' || n / 30 ELSE '' END, 'api', md5((n % 200)::text), NULL,
  CASE WHEN ${isRunning} THEN 'running' WHEN n % 100 = 1 THEN 'failed' ELSE 'completed' END,
  1700000000000 + n, 1700000001000 + n, ${endedAt}, CASE WHEN ${isRunning} THEN 1700003600000 + n END, 3, 0, 2, 0, 1, '{"n":' || n || '}',
  '{"input":{"order":"' || md5(n::text) || '"}}'
FROM made;

INSERT INTO attempts (execution_id, ordinal, key, number, queue, priority, lease_ms, state, state_at, until, outcome, fence, claims, opened_at,
  first_claimed_at, last_worker, wake_at, changed, data)
SELECT id, ordinal, 'step' || ordinal, 0, 'queue' || n % 20, n % 3,  60000,
  CASE WHEN NOT ${isRunning} OR ordinal = 1 THEN 'closed' WHEN n % 4 = 0 THEN 'leased' ELSE 'waiting' END,
  1700000000000 + n + CASE WHEN ${isRunning} AND n % 4 = 3 THEN 7200000 ELSE 0 END,
  CASE WHEN ${isRunning} AND ordinal = 2 AND n % 4 = 0 THEN 1700000060000 + n END, CASE WHEN NOT ${isRunning} OR ordinal = 1 THEN 'completed' END,
  1, 1, 1700000000000 + n, 1700000000000 + n, 'worker', NULL, 1, '{"output":"' || md5(n::text) || '"}'
FROM made, (VALUES (1), (2)) o(ordinal) WHERE ordinal = 1 OR ${isRunning};

INSERT INTO logs (execution_id, last, count, source, lines)
SELECT id, part * 2, 2, 'step' || part % 2, '[["stdout","2026-01-01T00:00:00Z","hello"],["stdout","2026-01-01T00:00:00Z","world"]]'
FROM made, generate_series(1, 4) part WHERE n % 10 = 0;

INSERT INTO snapshots (id, text, used_at) SELECT md5(n::text), '{"steps":[' || n || ']}', 1700000000000 + n FROM generate_series(0, 999) n;
INSERT INTO workers (id, name, last_seen, registered_at, detail) SELECT 'w' || n, 'worker', 1700000000000 + n, 1700000000000 + n, '{}' FROM generate_series(1, 5000) n;
INSERT INTO execution_tallies (server, dialect, status, number) SELECT '', dialect, status, count(*) FROM executions GROUP BY dialect, status;
DROP TABLE made`

/** Indexes are built afterwards, which takes a fraction of the time. */
export async function makeMillionRows(server: PostgresServer, database: string): Promise<void> {
  const indexes: readonly Row[] = await server.query(
    "SELECT indexname AS name, indexdef AS made FROM pg_indexes WHERE schemaname = 'public' AND indexdef NOT LIKE '% UNIQUE %'",
    [],
    database,
  )
  for (const { name } of indexes) await server.query(`DROP INDEX ${String(name)}`, [], database)
  await server.query(rows, [], database)
  await Promise.all(indexes.map(({ made }) => server.query(String(made), [], database)))
  await server.query('VACUUM ANALYZE', [], database)
}

/** The id that the n-th execution was given. */
export async function idOfNth(server: PostgresServer, database: string, n: number): Promise<string> {
  const [row] = await server.query(`SELECT ${id} AS id FROM (VALUES ($1::int)) AS made(n)`, [n], database)
  return String(row?.['id'])
}
