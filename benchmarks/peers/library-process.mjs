// The process that a library on PostgreSQL lives in: starts executions and works on them, as its users' programs do.
// Arguments: which, the database's URL, how many idle workers (0: a loaded one). Told what to do by messages.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { quantile } from '../statistics.mjs'
import { openDbos } from './dbos.mjs'
import { openGraphileWorker } from './graphile-worker.mjs'
import { peersFolder } from './install.mjs'
import { openPgBoss } from './pg-boss.mjs'

const openers = { 'pg-boss': openPgBoss, 'graphile-worker': openGraphileWorker, dbos: openDbos }
const [name, url, workers] = process.argv.slice(2)
const require = createRequire(join(peersFolder, 'package.json'))
const load = async module => {
  const loaded = await import(pathToFileURL(require.resolve(module)).href)
  return { ...loaded.default, ...loaded }
}
const library = await openers[name](load, { url, workers: Number(workers) })

let running = null
let latencies = []
let done = 0

const orders = {
  /** Keeps so many executions under way, started one by one or `together` in one call. */
  load({ inFlight, together, way }) {
    const load = { goesOn: true, callers: [] }
    running = load
    load.callers = Array.from({ length: inFlight / together }, async () => {
      while (load.goesOn) {
        const begun = performance.now()
        await (together === 1 ? library.one(way) : library.many(together))
        latencies.push(performance.now() - begun)
        done += together
      }
    })
  },
  mark() {
    latencies = []
    done = 0
  },
  report: () => ({ done, p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99) }),
  async calm() {
    running.goesOn = false
    await Promise.all(running.callers)
  },
  async latency({ rounds, warmupRounds = 100 }) {
    const whole = []
    for (let round = -warmupRounds; round < rounds; round++) {
      const begun = performance.now()
      await library.one()
      if (round >= 0) whole.push(performance.now() - begun)
    }
    await library.handOvers(warmupRounds)
    const steps = await library.handOvers(rounds * 9)
    return { stepP50Ms: quantile(steps, 0.5), stepP99Ms: quantile(steps, 0.99), wholeP50Ms: quantile(whole, 0.5), wholeP99Ms: quantile(whole, 0.99) }
  },
}

process.on('message', ({ id, order, ...rest }) => {
  Promise.resolve(rest)
    .then(orders[order])
    .then(
      answer => process.send({ id, answer: answer ?? null }),
      error => process.send({ id, error: String(error) }),
    )
})
process.once('disconnect', () => process.exit())
process.once('SIGTERM', () => {
  setTimeout(() => process.exit(), 3000)
  library.close().finally(() => process.exit())
})
process.send({ ready: true })
