// The servers under test, each kind started when it is first asked for: one process, or several on one database behind
// the proxy.
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { startPostgres } from '@busbar/store/testing/postgres-server'
import { startProxy } from './proxy.mjs'

const stopMsMax = 15_000

export class Servers {
  #options
  #children = []
  #proxies = []
  /** @type {ReturnType<typeof startPostgres> | null} */
  #postgres = null
  /** Kind of server → promise of its base URL. */
  #started = new Map()

  constructor({ store, servers, scratch, recordings, program }) {
    this.#options = { store, count: servers, scratch, recordings, program }
  }

  url(kind) {
    if (!this.#started.has(kind)) this.#started.set(kind, kind === 'stroem' ? this.#startStroem() : this.#startServers('conductor', []))
    return this.#started.get(kind)
  }

  async stop() {
    await Promise.all(this.#children.reverse().map(stopped))
    await Promise.all(this.#proxies.map(proxy => proxy.stop()))
    await (await this.#postgres)?.stop()
  }

  /** With the suite's own configuration, and the worker it describes. */
  async #startStroem() {
    const { scratch, recordings, program } = this.#options
    const folder = join(recordings, 'stroem', 'flows')
    const url = await this.#startServers('stroem', ['--config', join(folder, 'server-config.yaml')])
    const text = readFileSync(join(folder, 'worker-config.yaml'), 'utf8')
    const config = join(scratch, 'worker-config.yaml')
    writeFileSync(
      config,
      text.replace(/server_url:.*/, `server_url: "${url}"`).replace(/workspace_cache_dir:[^#\n]*/, `workspace_cache_dir: ${join(scratch, 'cache')} `),
    )
    await this.#firstLine([program, 'worker', '--config', config], { pattern: /worker registered/ })
    return url
  }

  async #startServers(kind, args) {
    const { store, count, scratch } = this.#options
    // The players' own HTTP servers, which HTTP tasks call, are on this machine.
    const reach = { BUSBAR_OUTBOUND_ALLOW: '127.0.0.0/8' }
    const environment = store === 'postgres' ? { ...reach, BUSBAR_DATABASE_URL: await this.#database(kind) } : reach
    const names = Array.from({ length: count }, (_, index) => (count === 1 ? kind : `${kind}-${index + 1}`))
    const urls = await Promise.all(names.map(name => this.#startServer([...args, '--data', join(scratch, name)], environment)))
    if (count === 1) return urls[0]
    const proxy = await startProxy(urls)
    this.#proxies.push(proxy)
    return proxy.url
  }

  async #startServer(args, environment) {
    const line = await this.#firstLine([this.#options.program, 'server', '--port', '0', '--log-level', 'error', ...args], { environment })
    const url = /(http:\S+)/.exec(line)?.[1]
    if (!url) throw new Error(`expected the server to say where it listens, found: ${line}`)
    return url
  }

  async #database(name) {
    this.#postgres ??= startPostgres()
    return (await this.#postgres).newDatabase(name)
  }

  #firstLine(args, { pattern = /./, environment = {} }) {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...environment } })
      this.#children.push(child)
      createInterface({ input: child.stdout }).on('line', line => pattern.test(line) && resolve(line))
      child.once('exit', code => reject(new Error(`${args.slice(1, 3).join(' ')} ended with ${code} before it was ready`)))
    })
  }
}

function stopped(child) {
  return new Promise(resolve => {
    if (child.exitCode !== null) return resolve()
    child.removeAllListeners('exit')
    child.once('exit', resolve)
    child.kill('SIGTERM')
    setTimeout(() => child.kill('SIGKILL'), stopMsMax).unref()
  })
}
