// A server that can be killed and started again on the same data.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const readyMsMax = 60_000

export class Server {
  #args
  #environment
  #child = null
  /** @type {Promise<unknown>} */
  #ended = Promise.resolve()

  constructor({ program, data, environment }) {
    this.#args = [program, 'server', '--port', '0', '--log-level', 'error', '--data', data]
    this.#environment = environment
  }

  /** Resolves with where it listens now: another port each time. */
  start() {
    const child = spawn(process.execPath, this.#args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...this.#environment } })
    this.#child = child
    this.#ended = new Promise(resolve => child.once('close', resolve))
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the server did not start within ${readyMsMax / 1000} s`)), readyMsMax)
      createInterface({ input: child.stdout }).once('line', line => {
        clearTimeout(late)
        const url = /(http:\S+)/.exec(line)?.[1]
        if (url) resolve(url)
        else reject(new Error(`expected the server to say where it listens, found: ${line}`))
      })
      void this.#ended.then(code => reject(new Error(`the server ended with ${String(code)} before it was ready`)))
    })
  }

  async kill() {
    this.#child?.kill('SIGKILL')
    await this.#ended
  }
}
