// Libraries that live on PostgreSQL, each doing the nearest to "started, one step done by a worker, result known".
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { cpuSeconds, start } from '../processes.mjs'
import { difference } from '../statistics.mjs'
import { install } from './install.mjs'

const program = fileURLToPath(new URL('./library-process.mjs', import.meta.url))
const orderMsMax = 120_000

// The first two ask for Node 22; what is measured of them runs on Node 20.
export const libraries = [
  {
    name: 'pg-boss',
    label: 'pg-boss',
    ways: ['woken', 'polled'],
    startsTogether: true,
    packages: { 'pg-boss': '12.38.0' },
    note: 'pg-boss 12.38 is a queue: no workflow, no result handed to the starter; counted when the handler has the job, its completion is written after that. Batches of 64, four fetchers, woken by NOTIFY or polling twice a second, whichever did more.',
  },
  {
    name: 'graphile-worker',
    label: 'graphile-worker',
    ways: ['woken'],
    startsTogether: true,
    packages: { 'graphile-worker': '0.18.0' },
    note: 'graphile-worker 0.18 is a queue: no workflow, no result; counted when the handler has the job, the job is removed after that. Local queue of 500, 24 jobs at once, completions in batches, as in its documentation.',
  },
  {
    name: 'dbos',
    label: 'DBOS',
    ways: ['direct'],
    startsTogether: false,
    packages: { '@dbos-inc/dbos-sdk': '5.3.0' },
    note: 'DBOS 5.3 is a workflow library: the process that starts a workflow runs its one step itself and records it (no other worker takes part); counted when the result is recorded. A pool of 20.',
  },
]

export const librariesNote =
  'The libraries run inside the program that uses them, so their calls cross no HTTP; one process starts and works. Their CPU per execution is of that process, work included.'

/** A process of a library; with `idleWorkers` it only waits for work. */
export async function startLibrary({ name, packages }, url, idleWorkers = 0) {
  install(packages)
  const running = start(process.execPath, [program, name, url, String(idleWorkers)], { quiet: false, talks: true, env: { NODE_NO_WARNINGS: '1' } })
  const { child } = running
  let lastId = 0
  const waiting = new Map()
  const ready = new Promise((resolve, reject) => {
    child.on('message', message => {
      if (message.ready) return resolve()
      const order = waiting.get(message.id)
      waiting.delete(message.id)
      if (message.error === undefined) order?.resolve(message.answer)
      else order?.reject(new Error(`${name}: ${message.error}`))
    })
    child.once('exit', code => {
      const error = new Error(`${name} ended with ${code}`)
      reject(error)
      for (const order of waiting.values()) order.reject(error)
    })
    setTimeout(() => reject(new Error(`${name} did not become ready within 60 s`)), 60_000).unref()
  })
  const tell = (order, rest = {}) =>
    new Promise((resolve, reject) => {
      lastId += 1
      const id = lastId
      const late = setTimeout(() => reject(new Error(`${name} did not answer "${order}" within ${orderMsMax / 1000} s`)), orderMsMax)
      const settled = settle => value => {
        clearTimeout(late)
        settle(value)
      }
      waiting.set(id, { resolve: settled(resolve), reject: settled(reject) })
      child.send({ id, order, ...rest })
    })
  await ready.catch(async error => {
    await running.stop()
    throw error
  })
  return {
    cpu: () => cpuSeconds(running.pid),
    latencies: spans => tell('latency', { rounds: spans.rounds }),
    /** Executions a second, `inFlight` at any time; `together`: so many are started by one call. */
    async rate({ inFlight, together = 1, way, seconds, warmupSeconds = 2, counters = async () => ({}) }) {
      await tell('load', { inFlight, together, way })
      await sleep(warmupSeconds * 1000)
      const before = await counters()
      await tell('mark')
      const begun = performance.now()
      await sleep(seconds * 1000)
      const report = await tell('report')
      const elapsed = (performance.now() - begun) / 1000
      const used = difference(before, await counters())
      await tell('calm')
      return { ...report, perSecond: report.done / elapsed, seconds: elapsed, used }
    },
    stop: () => running.stop(),
  }
}
