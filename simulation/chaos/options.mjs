import { parseArgs } from 'node:util'

const usage = `usage: npm run chaos -- [--store sqlite] [--rounds N] [--seed S] [--keep]
       npm run chaos -- --store postgres [--servers N] [--kill LIST] [--rounds N | --executions N --flows N] [--seed S] [--keep]
  --kill        of servers,workers,database,backends,pool,failover; all of them unless told otherwise
  --executions  so many acknowledged starts of workflows, and --flows of flows; what is hit is hit until all have ended`

export const targets = ['servers', 'workers', 'database', 'backends', 'pool', 'failover']

/** Exits with one sentence when they make no sense. */
export function readOptions(args) {
  const text = { type: 'string' }
  let values
  try {
    const options = { rounds: text, seed: text, store: text, servers: text, kill: text, executions: text, flows: text, keep: { type: 'boolean' } }
    values = parseArgs({ args, options }).values
  } catch (error) {
    fail(error.message)
  }
  const { store = 'sqlite', keep = false } = values
  if (!['sqlite', 'postgres'].includes(store)) fail(`--store must be sqlite or postgres, found '${store}'`)
  const seed = whole('--seed', values.seed ?? String(Date.now() % 1_000_000), 0, 2 ** 31 - 1)
  const only = store === 'sqlite' ? oneServer(values) : severalServers(values)
  return { store, seed, keep, ...only }
}

function oneServer(values) {
  for (const name of ['servers', 'kill', 'executions', 'flows']) if (values[name] !== undefined) fail(`--${name} needs --store postgres`)
  return { rounds: whole('--rounds', values.rounds ?? '50', 1, 100_000) }
}

function severalServers(values) {
  const isCounted = values.executions !== undefined || values.flows !== undefined
  const kill = values.kill === undefined ? targets : values.kill.split(',').filter(Boolean)
  for (const target of kill) if (!targets.includes(target)) fail(`--kill knows ${targets.join(', ')}, found '${target}'`)
  return {
    servers: whole('--servers', values.servers ?? '3', 1, 9),
    kill,
    rounds: values.rounds === undefined && isCounted ? Number.POSITIVE_INFINITY : whole('--rounds', values.rounds ?? '50', 0, 100_000),
    /** Null: as many as there is time for. */
    executions: isCounted ? whole('--executions', values.executions ?? '0', 0, 10_000_000) : null,
    flows: isCounted ? whole('--flows', values.flows ?? '0', 0, 10_000_000) : null,
  }
}

function whole(name, text, least, most) {
  const value = Number(text)
  if (!Number.isInteger(value) || value < least || value > most) fail(`${name} must be a whole number from ${least} to ${most}, found '${text}'`)
  return value
}

function fail(message) {
  console.error(`${message}\n${usage}`)
  process.exit(2)
}
