// `npm run bench`: Busbar under load from this separate process over HTTP, on its embedded store and on PostgreSQL, with
// durable settings, beside peers in the same run. `--help` names the options.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeBetweenMarkers } from './documents.mjs'
import { measureEmbedded } from './embedded.mjs'
import { measureOnPostgres } from './on-postgres.mjs'
import { readOptions } from './options.mjs'
import { growthTable } from './growth.mjs'
import { capacityTable } from './capacity.mjs'
import { embeddedTable, markdown, plain, postgresTable } from './table.mjs'

const options = readOptions(process.argv.slice(2))
const spans = options.quick
  ? { seconds: 3, rounds: 30, sizes: [10, 100, 1000], open: 10_000, idleSeconds: 5, sharedIdleSeconds: 8 }
  : { seconds: 10, rounds: 200, sizes: [10, 100, 1000, 10_000], open: 100_000, idleSeconds: 10, sharedIdleSeconds: 60 }
const begun = performance.now()
const stillMsMax = 600_000
let watchdog
/** Progress. A run that makes none is over: something waits for what will not come. */
function say(text) {
  process.stderr.write(`${((performance.now() - begun) / 1000).toFixed(0).padStart(4)} s  ${text}\n`)
  clearTimeout(watchdog)
  watchdog = setTimeout(() => {
    process.stderr.write(`no progress for ${stillMsMax / 60_000} minutes after: ${text}\n`)
    process.exit(1)
  }, stillMsMax)
}
const scratch = mkdtempSync(join(tmpdir(), 'busbar-bench-'))

// A run that is ended early takes its processes along: each is killed when this one exits.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
])
  process.once(signal, () => process.exit(code))
process.once('exit', () => rmSync(scratch, { recursive: true, force: true, maxRetries: 5 }))

const machine = { date: new Date().toISOString(), command: options.command, node: process.version, cores: cpus().length, processor: cpus()[0]?.model }
const rows = options.onSqlite ? await measureEmbedded({ scratch, spans, options, say }) : []
const postgres = options.onPostgres ? await measureOnPostgres({ scratch, spans, options, say }) : null

clearTimeout(watchdog)

const tables = [
  ...(rows.length > 0 ? [{ title: 'On the embedded store', marker: 'bench', file: 'README.md', ...embeddedTable(rows) }] : []),
  ...(postgres ? [{ title: 'On PostgreSQL', marker: 'bench:postgres', file: 'README.md', ...postgresTable(postgres) }] : []),
  ...(postgres ? [{ title: 'What it takes', marker: 'bench:scale', file: 'docs/scale.md', ...capacityTable(postgres) }] : []),
  ...(postgres?.growth ? [{ title: 'What a million executions leave', marker: 'bench:growth', file: 'docs/scale.md', ...growthTable(postgres.growth) }] : []),
].filter(table => table.cells.length > 0)
for (const table of tables) console.log(`\n${table.title}\n\n${plain(table)}${table.more ? `\n${table.more}` : ''}`)
console.log(`\n${machine.cores} cores (${machine.processor}), Node ${machine.node}, ${machine.date}`)

if (options.json) writeFileSync(options.json, `${JSON.stringify({ ...machine, rows, postgres }, null, 2)}\n`)
if (options.write)
  for (const table of tables) {
    const origin = `${machine.date.slice(0, 10)}, \`${machine.command}\`, ${machine.cores} cores, Node ${machine.node.slice(1).split('.')[0]}, ${spans.seconds} s spans.`
    writeBetweenMarkers(table.file, table.marker, [origin, ...(table.notes ?? [])].join(' '), [markdown(table), table.more].filter(Boolean).join('\n\n'))
  }
