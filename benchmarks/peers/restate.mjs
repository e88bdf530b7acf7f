// Restate beside us, in the same run: its server from npm with its default durability, one service with one durable step,
// called through its HTTP ingress.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'
import { freePort, start } from '../processes.mjs'
import { quantile } from '../statistics.mjs'
import { install, peersFolder } from './install.mjs'

const packages = { '@restatedev/restate-server': '1.7.12', '@restatedev/restate-sdk': '1.17.2' }
const serviceFile = fileURLToPath(new URL('./restate-service.mjs', import.meta.url))

export async function startRestate(scratch) {
  install(packages)
  const [ingress, admin, node, service] = await Promise.all([freePort(), freePort(), freePort(), freePort()])
  const server = start(
    process.execPath,
    [join(peersFolder, 'node_modules', '.bin', 'restate-server'), '--base-dir', join(scratch, 'restate'), '--node-name', 'bench'],
    {
      env: {
        RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
        RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
        RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
        RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${node}`,
        RESTATE_LOG_FILTER: 'error',
        RESTATE_DISABLE_TELEMETRY: 'true',
      },
    },
  )
  const endpoint = start(process.execPath, [serviceFile, peersFolder, String(service)])
  await endpoint.line(/ready/)
  const adminPool = new Pool(`http://127.0.0.1:${admin}`)
  await until(async () => (await request(adminPool, 'GET', '/health')) < 300)
  await until(async () => (await request(adminPool, 'POST', '/deployments', { uri: `http://127.0.0.1:${service}` })) < 300)
  const pool = new Pool(`http://127.0.0.1:${ingress}`, { connections: 512, headersTimeout: 20_000 })
  await until(async () => (await request(pool, 'POST', '/bench/one', {})) < 300)
  return {
    /** One-step executions a second, `inFlight` at any time. */
    async rate({ inFlight, seconds, warmupSeconds = 2 }) {
      let running = true
      let measuring = false
      let done = 0
      const latencies = []
      const callers = Array.from({ length: inFlight }, async () => {
        while (running) {
          const begun = performance.now()
          await request(pool, 'POST', '/bench/one', {})
          if (measuring) {
            done += 1
            latencies.push(performance.now() - begun)
          }
        }
      })
      await sleep(warmupSeconds * 1000)
      measuring = true
      const begun = performance.now()
      await sleep(seconds * 1000)
      measuring = false
      const elapsed = (performance.now() - begun) / 1000
      running = false
      await Promise.all(callers)
      return { perSecond: done / elapsed, p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99) }
    },
    async idle({ rounds, warmupRounds = 100 }) {
      const whole = []
      const steps = []
      for (let round = -warmupRounds; round < rounds; round++) {
        let begun = performance.now()
        await request(pool, 'POST', '/bench/one', {})
        const one = performance.now() - begun
        begun = performance.now()
        await request(pool, 'POST', '/bench/ten', {})
        const ten = performance.now() - begun
        if (round < 0) continue
        whole.push(one)
        // Nine steps more than the other: their difference is nine hand-overs.
        steps.push((ten - one) / 9)
      }
      return { stepP50Ms: quantile(steps, 0.5), stepP99Ms: quantile(steps, 0.99), wholeP50Ms: quantile(whole, 0.5), wholeP99Ms: quantile(whole, 0.99) }
    },
    async stop() {
      await Promise.all([pool.destroy(), adminPool.destroy()])
      await Promise.all([server.stop(), endpoint.stop()])
    },
  }
}

async function request(pool, method, path, body) {
  const answer = await pool.request({ method, path, headers: body ? { 'content-type': 'application/json' } : {}, body: body ? JSON.stringify(body) : null })
  await answer.body.dump()
  return answer.statusCode
}

async function until(condition) {
  for (let tried = 0; tried < 300; tried++) {
    if (await condition().catch(() => false)) return
    await sleep(100)
  }
  throw new Error('the peer did not become ready within 30 s')
}
