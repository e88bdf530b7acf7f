// What `npm run bench` is asked for.
import { parseArgs } from 'node:util'

const help = `npm run bench [-- <options>]

Measures the built server from a separate load process over HTTP, with durable settings, beside peers in the same run.

  --store sqlite|postgres|both   which database to run on (both)
  --servers 1,2,3                how many server processes share the PostgreSQL database, one part of the run each (1,2,3)
  --only NAMES                   of rate, latency, size, idle, memory (all of these; memory: SQLite only), growth (a million
                                 executions on PostgreSQL and what they leave; --executions N)
  --no-peer [NAMES]              leave out all peers, or those of restate, pg-boss, graphile-worker, dbos
  --in-flight NUMBERS            executions under way at any time, on PostgreSQL (64,256)
  --spread requests|clients      each request to the next server, as behind a proxy, or each client to its own (requests)
  --quick                        short spans and small sizes, to see that it works
  --json FILE                    the figures for machines
  --write                        puts the tables into README.md and docs/scale.md
  --profile FOLDER               profiles the servers on PostgreSQL under load, and says where the time goes
  --help

Machines differ and are noisy, so look at the ratios, and only within one run.
`

const parts = ['rate', 'latency', 'size', 'idle', 'memory']
const partsOnDemand = ['growth']
const stores = ['sqlite', 'postgres', 'both']
const spreads = ['requests', 'clients']
const peerNames = ['restate', 'pg-boss', 'graphile-worker', 'dbos']

export function readOptions(args) {
  const { values } = parseArgs({
    args: withPeerNames(args),
    options: {
      store: { type: 'string', default: 'both' },
      servers: { type: 'string', default: '1,2,3' },
      only: { type: 'string', default: parts.join(',') },
      'no-peer': { type: 'string', default: '' },
      'in-flight': { type: 'string', default: '64,256' },
      spread: { type: 'string', default: 'requests' },
      executions: { type: 'string', default: '1000000' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      write: { type: 'boolean', default: false },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    process.exit(0)
  }
  const only = namesOf('--only', values.only, [...parts, ...partsOnDemand])
  const without = values['no-peer'] === 'all' ? peerNames : namesOf('--no-peer', values['no-peer'], peerNames)
  const [store] = namesOf('--store', values.store, stores)
  return {
    command: commandOf(args),
    quick: values.quick,
    json: values.json,
    write: values.write,
    profile: values.profile,
    executions: numbersOf('--executions', values.executions, 100_000_000)[0],
    servers: numbersOf('--servers', values.servers, 16),
    inFlight: numbersOf('--in-flight', values['in-flight'], 4096),
    spread: namesOf('--spread', values.spread, spreads)[0],
    onSqlite: store !== 'postgres',
    onPostgres: store !== 'sqlite',
    wants: name => only.includes(name),
    hasPeer: name => !without.includes(name),
  }
}

/** As it is told in the documents: where the figures went besides is nobody's business. */
function commandOf(args) {
  const told = args.filter((arg, index) => arg !== '--json' && args[index - 1] !== '--json')
  return ['npm run bench', ...(told.length > 0 ? ['--', ...told] : [])].join(' ')
}

/** `--no-peer` may stand alone. */
function withPeerNames(args) {
  return args.flatMap((arg, index) => (arg === '--no-peer' && (args[index + 1] ?? '--').startsWith('--') ? ['--no-peer', 'all'] : [arg]))
}

function namesOf(option, text, allowed) {
  const names = text.split(',').filter(Boolean)
  const wrong = names.find(name => !allowed.includes(name))
  if (wrong !== undefined) fail(`${option}: expected ${allowed.join(', ')}, found ${wrong}`)
  return names
}

function numbersOf(option, text, max) {
  const numbers = text.split(',').map(Number)
  const isWrong = numbers.some(number => !Number.isInteger(number) || number < 1 || number > max)
  if (isWrong) fail(`${option}: expected whole numbers from 1 to ${max}, separated by commas, found ${text}`)
  return numbers
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}
