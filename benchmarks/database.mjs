// The PostgreSQL under measurement: one real server with durable settings for Busbar and all peers, a fresh database for
// each, and what reached it: statements, transactions, bytes and syncs of the log, processor time of all its processes.
import { readdirSync, readFileSync } from 'node:fs'
import { startPostgres } from '@busbar/store/testing/postgres-server'
import { ticksPerSecond } from './processes.mjs'

const settings = { shared_buffers: '512MB', max_wal_size: '8GB', autovacuum_naptime: '15s' }
const countsStatements = { shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.max': '2000' }

export async function startDatabase() {
  const { server, hasStatements } = await startCounting()
  // On the server's own database, so that looking is not counted.
  const session = await server.connect()
  if (hasStatements) await session.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements')
  const [facts] = await session.query(
    `SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synced,
      (regexp_match(pg_read_file('postmaster.pid'), '^\\d+'))[1]::int AS pid`,
  )
  if (facts.fsync !== 'on' || facts.synced !== 'on')
    throw new Error(`expected fsync and synchronous_commit to be on, found ${String(facts.fsync)} and ${String(facts.synced)}`)
  return {
    version: facts.version,
    hasStatements,
    newDatabase: name => server.newDatabase(name),
    connect: url => server.connect(url),
    /** Numbers that only grow; the difference of two samples is what a span cost. */
    async sample(database) {
      const [counted] = await session.query(hasStatements ? withStatements : withoutStatements, [database])
      return { ...numbersOf(counted), databaseCpu: cpuOf(facts.pid) }
    },
    /** The statements of a database that took most time, for whoever tunes. */
    async statementsOf(database) {
      if (!hasStatements) return []
      const rows = await session.query(mostTime, [database])
      return rows.map(row => ({ ...numbersOf(row), query: row.query }))
    },
    forgetStatements: () => (hasStatements ? session.query('SELECT pg_stat_statements_reset()') : []),
    /** What its backends are at this moment: waiting for what, or running. */
    async waits(database) {
      const rows = await session.query(
        `SELECT application_name AS who, coalesce(wait_event_type || ':' || wait_event, 'running') AS what
        FROM pg_stat_activity WHERE datname = $1 AND state = 'active'`,
        [database],
      )
      return rows.map(row => `${String(row.who)} ${String(row.what)}`)
    },
    async stop() {
      await session.end()
      await server.stop()
    },
  }
}

/** The library that counts statements is part of most installations, not of all. */
async function startCounting() {
  const options = { connectionsMax: 300, settings: { ...settings, ...countsStatements } }
  return startPostgres(options).then(
    server => ({ server, hasStatements: true }),
    async () => ({ server: await startPostgres({ ...options, settings }), hasStatements: false }),
  )
}

const withoutStatements = `SELECT d.xact_commit + d.xact_rollback AS transactions, w.wal_bytes, w.wal_sync
  FROM pg_stat_database d, pg_stat_wal w WHERE d.datname = $1`
// A deferred foreign key's own look-ups are no statements that were sent.
const withStatements = `SELECT d.xact_commit + d.xact_rollback AS transactions, w.wal_bytes, w.wal_sync,
    (SELECT coalesce(sum(s.calls), 0) FROM pg_stat_statements s
      WHERE s.dbid = d.datid AND s.toplevel AND s.query !~ '^SELECT \\S+ FROM ONLY .* FOR KEY SHARE OF x$') AS statements
  FROM pg_stat_database d, pg_stat_wal w WHERE d.datname = $1`
const mostTime = `SELECT s.calls, s.total_exec_time AS total_ms, s.mean_exec_time AS mean_ms, s.rows, s.wal_bytes, left(regexp_replace(s.query, '\\s+', ' ', 'g'), 160) AS query
  FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = $1 ORDER BY s.total_exec_time DESC LIMIT 25`

const numbersOf = row =>
  Object.fromEntries(
    Object.entries(row)
      .filter(([name]) => name !== 'query')
      .map(([name, value]) => [name, Number(value)]),
  )

/** Of the postmaster, its living children and those that it has buried. */
function cpuOf(postmaster) {
  const ticks = fields => Number(fields[11]) + Number(fields[12])
  const own = statOf(postmaster)
  let sum = ticks(own) + Number(own[13]) + Number(own[14])
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const fields = statOf(name)
    if (fields !== null && Number(fields[1]) === postmaster) sum += ticks(fields)
  }
  return sum / ticksPerSecond
}

/** The fields after the name, which may hold anything; null when the process is gone. */
function statOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return null
  }
}
