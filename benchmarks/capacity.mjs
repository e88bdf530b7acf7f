// What docs/scale.md says of one machine and computes for others: from the processor time that an execution costs on each side.
import { number } from './table.mjs'

export function capacityTable({ figures, notes }) {
  const ours = figures.filter(one => one.servers)
  const lines = ours.flatMap(({ servers, rates }) =>
    rates.map(rate => {
      const { cpu, databaseCpu, loadCpu } = rate.used
      const microseconds = seconds => (seconds / rate.done) * 1e6
      const cores = seconds => seconds / rate.seconds
      return [
        String(servers),
        String(rate.inFlight),
        number(rate.perSecond),
        number(microseconds(cpu)),
        number(microseconds(databaseCpu)),
        ...[cpu, databaseCpu, loadCpu].map(seconds => cores(seconds).toFixed(2)),
        number(1e6 / microseconds(cpu)),
        number(1e6 / microseconds(databaseCpu)),
      ]
    }),
  )
  return {
    header: [
      'Servers',
      'in flight',
      'executions/s',
      'server CPU each, µs',
      'database CPU each, µs',
      'cores: servers',
      'database',
      'load',
      'computed: a server core carries/s',
      'a database core carries/s',
    ],
    cells: lines,
    notes: notes.slice(0, 1),
  }
}
