// Busbar under load, through Conductor's wire as any client would speak it.
import { setMaxListeners } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'
import { start } from './processes.mjs'

const main = fileURLToPath(new URL('../apps/cli/dist/main.js', import.meta.url))

const repeatsMax = 10
const repeatMs = 50
const workerToken = 'bench-worker-token'

/** A server on a fresh data folder; `readyMs` is the time from its start to its first answer. `nodeFlags` are for profiles. */
export async function startBusbar(folder, name = 'busbar', { databaseUrl, nodeFlags = [] } = {}) {
  const begun = performance.now()
  const args = [...nodeFlags, main, 'server', '--port', '0', '--data', join(folder, name), '--log-level', 'error']
  const env = { BUSBAR_WORKER_TOKEN: workerToken, ...(databaseUrl ? { BUSBAR_DATABASE_URL: databaseUrl } : {}) }
  const server = start(process.execPath, args, { env, quiet: false })
  const [, url] = await server.line(/listening on (http:\S+)/)
  const client = new Client(url)
  await client.get('/health')
  return { ...server, url, client, readyMs: performance.now() - begun }
}

class Refused extends Error {
  constructor(message, status) {
    super(message)
    this.status = status
  }
}

export class Client {
  refusals = 0

  constructor(url, connections = 96) {
    this.pool = new Pool(url, { connections, pipelining: 1, headersTimeout: 120_000, bodyTimeout: 120_000 })
  }

  /** Who speaks for caller number `n`. */
  of(_n) {
    return this
  }

  /** As real clients do: who hears that the server could not, and should come back, comes back. Each time is counted. */
  async #insist(method, path, body) {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#call(method, path, body)
      } catch (error) {
        if (error.status !== 503 || tries === repeatsMax) throw error
        this.refusals += 1
        await sleep(repeatMs * tries)
      }
    }
  }

  async #call(method, path, body, signal) {
    const answer = await this.pool.request({
      method,
      path,
      signal,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(path.startsWith('/worker/') ? { authorization: `Bearer ${workerToken}` } : {}),
      },
      body: body === undefined ? null : JSON.stringify(body),
    })
    const text = await answer.body.text()
    if (answer.statusCode > 299) throw new Refused(`${method} ${path} answered ${answer.statusCode}: ${text.slice(0, 300)}`, answer.statusCode)
    return text
  }

  async get(path) {
    const text = await this.#call('GET', path)
    return text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text
  }

  register(definition) {
    return this.#call('PUT', '/api/metadata/workflow', [{ schemaVersion: 2, version: 1, ownerEmail: 'bench@example.com', ...definition }])
  }

  start(name, input = {}) {
    return this.#call('POST', '/api/workflow', { name, version: 1, input })
  }

  async poll(type, count, signal, workerId = 'bench') {
    return JSON.parse((await this.#call('GET', `/api/tasks/poll/batch/${type}?workerid=${workerId}&count=${count}&timeout=5000`, undefined, signal)) || '[]')
  }

  /** A call of Strøm's worker wire. */
  async asWorker(path, body, signal) {
    return JSON.parse((await this.#call('POST', path, body, signal)) || 'null')
  }

  complete(task, outputData = {}) {
    return this.#insist('POST', '/api/tasks', {
      workflowInstanceId: task.workflowInstanceId,
      taskId: task.taskId,
      workerId: 'bench',
      status: 'COMPLETED',
      outputData,
    })
  }

  close() {
    return this.pool.destroy()
  }
}

/**
 * Several servers on one database. `requests`: each request goes to the next server, whoever makes it, as behind a plain
 * proxy. `clients`: each caller stays with its own.
 */
export class Fleet {
  constructor(clients, spread) {
    this.clients = clients
    this.spread = spread
    this.turn = 0
  }

  of(n) {
    return this.spread === 'clients' ? this.clients[n % this.clients.length] : this
  }

  #next() {
    this.turn += 1
    return this.clients[this.turn % this.clients.length]
  }

  get = path => this.#next().get(path)
  register = definition => this.#next().register(definition)
  start = (name, input) => this.#next().start(name, input)
  poll = (type, count, signal) => this.#next().poll(type, count, signal)
  complete = (task, output) => this.#next().complete(task, output)
}

export const simple = (name, reference = name, inputParameters = {}) => ({ name, taskReferenceName: reference, type: 'SIMPLE', inputParameters })

/** A worker that completes whatever it polls, until it is stopped. `onDone` hears of each completed task. */
export function worker(client, type, { count = 50, polls = 1, onDone = () => {} } = {}) {
  let running = true
  const stopping = new AbortController()
  setMaxListeners(0, stopping.signal)
  const loop = async (_, n) => {
    const own = client.of(n)
    while (running) {
      const tasks = await own.poll(type, count, stopping.signal).catch(error => {
        if (running) throw error
        return []
      })
      for (const task of tasks) {
        void own.complete(task).then(
          () => onDone(task),
          error => {
            if (running) throw error
          },
        )
      }
    }
  }
  const loops = Array.from({ length: polls }, loop)
  return {
    stop() {
      running = false
      stopping.abort()
      return Promise.allSettled(loops)
    },
  }
}
