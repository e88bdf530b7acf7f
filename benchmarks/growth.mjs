// What a million executions leave in PostgreSQL: how large its tables and indexes became, how many of their rows are dead, and
// whether the last of them cost more than the first.
import { number } from './table.mjs'
import { oneTaskRate } from './measures.mjs'
import { cpuSeconds } from './processes.mjs'

const spanSeconds = 15
const inFlight = 256

/** `connect` opens a session on the database that `busbar` writes. */
export async function measureGrowth({ busbar, connect, executions, say }) {
  const spans = []
  let count = 0
  while (count < executions) {
    const counters = async () => ({ server: cpuSeconds(busbar.pid) })
    const span = await oneTaskRate(busbar.client, { inFlight, seconds: spanSeconds, warmupSeconds: spans.length === 0 ? 3 : 0, counters })
    spans.push(span)
    const session = await connect()
    const [row] = await session.query('SELECT coalesce(sum(number), 0) AS count FROM execution_tallies')
    await session.end()
    count = Number(row.count)
    say(`${number(count)} executions, ${number(span.perSecond)} a second…`)
  }
  const session = await connect()
  try {
    await settled(session)
    const tables = await session.query(sizes)
    return { count, first: averageOf(spans.slice(0, 3)), last: averageOf(spans.slice(-3)), tables: tables.map(numbersOf) }
  } finally {
    await session.end()
  }
}

const averageOf = spans => ({
  perSecond: spans.reduce((sum, span) => sum + span.perSecond, 0) / spans.length,
  cpuMicros: (spans.reduce((sum, span) => sum + span.used.server / span.done, 0) / spans.length) * 1e6,
})

/** The counters of what was done are written a moment later. */
async function settled(session) {
  await session.query('SELECT pg_sleep(2)')
  await session.query('ANALYZE')
}

const sizes = `SELECT relname AS table, pg_table_size(relid) AS heap, pg_indexes_size(relid) AS indexes, n_live_tup AS live, n_dead_tup AS dead, n_tup_upd AS updates, n_tup_hot_upd AS hot,
    autovacuum_count AS vacuums FROM pg_stat_user_tables WHERE pg_table_size(relid) + pg_indexes_size(relid) > 100000 OR n_tup_upd > 1000 ORDER BY 2 DESC`

const numbersOf = ({ table, ...rest }) => ({ table, ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, Number(value)])) })

export function growthTable({ count, first, last, tables }) {
  const mb = bytes => number(bytes / 1e6)
  return {
    header: ['Table', 'rows', 'dead', 'MB', 'its indexes, MB', 'bytes for each execution', 'updates', 'of them HOT', 'vacuumed'],
    cells: tables.map(({ table, heap, indexes, live, dead, updates, hot, vacuums }) => [
      `\`${table}\``,
      number(live),
      number(dead),
      mb(heap),
      mb(indexes),
      number((heap + indexes) / count),
      number(updates),
      updates === 0 ? '' : `${Math.round((hot / updates) * 100)} %`,
      `${vacuums} ×`,
    ]),
    notes: [
      `After ${number(count)} executions of one step, ${inFlight} in flight, one server.`,
      `The first: ${number(first.perSecond)} a second, ${number(first.cpuMicros)} µs of the server’s CPU each; the last: ${number(last.perSecond)} and ${number(last.cpuMicros)} µs.`,
    ],
  }
}
