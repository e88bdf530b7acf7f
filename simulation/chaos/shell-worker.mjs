// The real shell worker, a process that is killed too.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { program } from './victim.mjs'

export class ShellWorker {
  #folder
  #child = null
  #ended = Promise.resolve()
  steps = 0
  constructor({ folder, url, token, name = 'chaos-shell' }) {
    this.#folder = folder
    const config = { server_url: url, worker_token: token, worker_name: name, max_concurrent: 4, poll_interval_secs: 1 }
    const lines = Object.entries({ ...config, workspace_cache_dir: join(folder, 'cache') }).map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    writeFileSync(join(folder, 'worker-config.yaml'), lines.join('\n'))
  }

  get isOn() {
    return this.#child !== null
  }

  start() {
    const child = spawn(process.execPath, [program, 'worker', '--json', '--config', join(this.#folder, 'worker-config.yaml')], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    this.#child = child
    this.#ended = new Promise(resolve => child.once('exit', resolve))
    child.stdout.setEncoding('utf8').on('data', text => {
      this.steps += text.split('"event":"step finished"').length - 1
    })
  }

  async end(signal) {
    this.#child?.kill(signal)
    await this.#ended
    this.#child = null
  }
}
