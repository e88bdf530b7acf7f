// The server that is killed: the real program, always on the same port and the same files.
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

export const program = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url))
const errorCharactersMax = 4_000
const readyMsMax = 30_000

export class Victim {
  #child = null
  #ended = Promise.resolve()
  #stderr = ''
  #isReady = false
  #onDeath
  /** `onDeath` hears that it ended by itself after it was ready; `environment` goes over its own. */
  constructor({ port, data, flows, workerToken, environment = {}, onDeath = () => {} }) {
    this.#onDeath = onDeath
    this.url = `http://127.0.0.1:${port}`
    this.args = [program, 'server', '--port', String(port), '--data', data, '--workspace', `chaos=${flows}`, '--log-level', 'error']
    this.environment = {
      ...process.env,
      BUSBAR_WORKER_TOKEN: workerToken,
      BUSBAR_RECOVERY_HEARTBEAT_TIMEOUT_SECONDS: '10',
      BUSBAR_RECOVERY_SWEEP_INTERVAL_SECONDS: '5',
      ...environment,
    }
  }

  get isOn() {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** What the server said on its error output since its last start. */
  get said() {
    return this.#stderr.trim()
  }

  /** Returns at once; `ready` resolves with true at the first line of output, with false when the server ended before. */
  start() {
    const child = spawn(process.execPath, this.args, { env: this.environment, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    this.#stderr = ''
    this.#isReady = false
    this.#ended = new Promise(resolve => child.once('close', resolve))
    child.stderr.on('data', chunk => {
      this.#stderr = (this.#stderr + chunk).slice(-errorCharactersMax)
    })
    const late = AbortSignal.timeout(readyMsMax)
    return new Promise(resolve => {
      child.stdout.once('data', () => {
        child.once('close', () => child === this.#child && !child.killed && this.#onDeath(this))
        this.#isReady = true
        resolve(true)
      })
      // Whoever starts it again must not meet this one on its port.
      late.addEventListener('abort', () => {
        if (child === this.#child && !this.#isReady) void this.kill().then(() => resolve(false))
      })
      void this.#ended.then(() => resolve(false))
    })
  }

  /** Resolves when it is dead; false when it had ended by itself before. */
  async kill() {
    const killed = this.#child?.kill('SIGKILL') === true
    await this.#ended
    return killed && this.#child.signalCode === 'SIGKILL'
  }

  /** A polite end; the exit code. */
  async stop() {
    this.#child.kill('SIGTERM')
    await this.#ended
    return this.#child.exitCode
  }
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
