// The parent's side of a worker process that uses the SDK.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('sdk-worker.mjs', import.meta.url))

export class SdkWorker {
  #settings
  #records
  #child = null
  #ended = Promise.resolve()
  /** Acknowledgements to come, by task and report. */
  #sent = new Map()

  constructor({ url, name, types, failingType, concurrency, records }) {
    this.#settings = { url, name, types, failingType, concurrency }
    this.#records = records
  }

  start() {
    const child = spawn(process.execPath, [program, JSON.stringify(this.#settings)], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#child = child
    const read = createInterface({ input: child.stdout })
    read.on('line', line => this.#hear(line))
    this.#ended = new Promise(resolve => read.once('close', resolve))
    child.once('exit', () => {
      if (this.#child === child) this.#records.problem(`the worker ${this.#settings.name} ended by itself with ${child.exitCode}`)
    })
  }

  async end(signal) {
    const child = this.#child
    this.#child = null
    child?.kill(signal)
    await this.#ended
  }

  #hear(line) {
    const [, what, task, at, report] = /^(sent|acked) (\S+) (\d+) (.*)$/.exec(line) ?? []
    if (!what) return
    const key = `${task} ${report}`
    if (what === 'acked') return this.#sent.get(key)?.(Number(at))
    const { status, output } = JSON.parse(report)
    if (!this.#sent.has(key)) this.#sent.set(key, this.#records.reporting(task, { isSuccess: status === 'COMPLETED', status, output }))
  }
}
