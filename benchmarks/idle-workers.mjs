// Workers that wait for something to do, as real ones wait: Conductor's clients ask again every five seconds, Strøm's
// workers hold a claim for twenty seconds and give a sign of life every thirty.
import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

const kinds = 20
const claimSecs = 20
const heartbeatMs = 30_000
const shareOfConductor = 0.8

/** `clients`: one per server; each worker stays with one. Returns how to end them. */
export async function holdIdleWorkers(clients, count) {
  const stopping = new AbortController()
  const { signal } = stopping
  setMaxListeners(0, signal)
  const asConductor = Math.round(count * shareOfConductor)
  const lives = Array.from({ length: count }, (_, n) => {
    const client = clients[n % clients.length]
    return n < asConductor ? conductorWorker(client, n, signal) : stroemWorker(client, n, signal)
  })
  let failure = null
  const ended = Promise.all(
    lives.map(life =>
      life.catch(error => {
        failure ??= error
      }),
    ),
  )
  return {
    /** Throws when a worker could not go on waiting. */
    check() {
      if (failure !== null) throw failure
    },
    async stop() {
      stopping.abort()
      await ended
    },
  }
}

async function conductorWorker(client, n, signal) {
  // They do not all start in the same millisecond.
  await pause(n * 50, signal)
  while (!signal.aborted) await client.poll(`bench_idle_${n % kinds}`, 1, signal, `worker-${n}`).catch(unlessEnded(signal))
}

async function stroemWorker(client, n, signal) {
  await pause(n * 50, signal)
  const about = { capabilities: ['script'], tags: [], exclusive: false }
  const registered = await client.asWorker('/worker/register', { name: `worker-${n}`, version: 'bench', ...about }, signal).catch(unlessEnded(signal))
  if (!registered) return
  const worker_id = registered.worker_id
  const claims = async () => {
    while (!signal.aborted) await client.asWorker('/worker/jobs/claim', { worker_id, wait_secs: claimSecs, ...about }, signal).catch(unlessEnded(signal))
  }
  const heartbeats = async () => {
    while (!signal.aborted) {
      await client.asWorker('/worker/heartbeat', { worker_id }, signal).catch(unlessEnded(signal))
      await pause(heartbeatMs, signal)
    }
  }
  await Promise.all([claims(), heartbeats()])
}

function unlessEnded(signal) {
  return error => {
    if (!signal.aborted) throw error
  }
}

function pause(ms, signal) {
  return sleep(ms, undefined, { signal }).catch(() => {})
}
