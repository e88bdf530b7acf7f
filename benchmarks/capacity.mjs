// What docs/scale.md says of one machine, and computes for others from the processor time that an execution costs on each side.
import { markdown, number } from './table.mjs'

/** Beyond this share of a core, waiting grows faster than work. */
const busyShare = 0.75
const databaseCores = [2, 4, 8, 16, 32]

export function capacityTable(postgres) {
  const ours = postgres.figures.filter(one => one.rates.length > 0 && one.servers)
  const lines = ours.flatMap(({ servers, rates, staying }) => [
    ...rates.map(rate => ({ servers: String(servers), rate, ...costOf(rate) })),
    ...(staying ? [{ servers: `${servers}, clients stay`, rate: staying, ...costOf(staying) }] : []),
  ])
  return {
    header: [
      'Servers',
      'in flight',
      'executions/s',
      'server CPU each, µs',
      'database CPU each, µs',
      'log each, bytes',
      'syncs each',
      'cores in use: servers',
      'database',
      'load',
    ],
    cells: lines.map(({ servers, rate, server, database, logBytes, syncs }) => [
      servers,
      String(rate.inFlight),
      number(rate.perSecond),
      number(server * 1e6),
      number(database * 1e6),
      number(logBytes),
      number(syncs),
      ...[rate.used.cpu, rate.used.databaseCpu, rate.used.loadCpu].map(seconds => (seconds / rate.seconds).toFixed(2)),
    ]),
    notes: postgres.notes.slice(0, 1),
    more: lines.length === 0 ? '' : computed(lines),
  }
}

/** Costs of one execution, from a span of load. */
function costOf({ done, used }) {
  return { server: used.cpu / done, database: used.databaseCpu / done, logBytes: used.wal_bytes / done, syncs: used.wal_sync / done }
}

/** For a database on a machine of its own with so many cores; by what most servers and most load cost, wherever requests land. */
function computed(lines) {
  const { servers, rate, server, database, logBytes, syncs } = lines.findLast(one => !one.servers.includes('stay'))
  const rows = databaseCores.map(cores => {
    const perSecond = (cores * busyShare) / database
    return [
      String(cores),
      number(perSecond),
      String(Math.max(1, Math.ceil((perSecond * server) / busyShare))),
      number((perSecond * logBytes) / 1e6),
      number(perSecond * syncs),
    ]
  })
  const header = ['Cores of the database', 'executions/s', 'server processes, a core each', 'log, MB/s', 'syncs/s at most']
  const origin = `Computed, not measured: by what ${servers === '1' ? 'one server' : `${servers} servers`} cost at ${rate.inFlight} in flight, each core ${busyShare * 100} % busy.`
  return `${origin}\n\n${markdown({ header, cells: rows })}`
}
