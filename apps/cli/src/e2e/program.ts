/** The built `busbar` command as a process, for tests: its output as it comes, its end, and nothing left behind. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const waitMs = 30_000

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export class Program {
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  readonly #args: readonly string[]
  #stdout = ''
  #stderr = ''

  constructor(
    args: readonly string[],
    { input = '', environment = {} }: { readonly input?: string; readonly environment?: Readonly<Record<string, string>> } = {},
  ) {
    this.#args = args
    const inherited = Object.entries(process.env).filter(([name]) => !/^(BUSBAR|STROEM|DATABASE)_|^FORCE_COLOR$/.test(name))
    this.#child = spawn(process.execPath, [main, ...args], { env: { ...Object.fromEntries(inherited), ...environment }, stdio: 'pipe' })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text))
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text))
    this.#child.stdin?.end(input)
    this.ended = new Promise(resolve => this.#child.once('close', (code, signal) => resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr })))
  }

  /** The first match in what it wrote so far or writes within the time. */
  line(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const fail = (why: string) => {
        clearTimeout(timer)
        reject(new Error(`busbar ${this.#args.join(' ')} ${why} before it wrote ${pattern}:\n${this.#stdout}\n${this.#stderr}`))
      }
      const timer = setTimeout(() => fail(`ran ${waitMs / 1000} s`), waitMs)
      const look = () => {
        const match = pattern.exec(this.#stdout)
        if (match === null) return
        clearTimeout(timer)
        this.#child.stdout?.off('data', look)
        resolve(match)
      }
      this.#child.stdout?.on('data', look)
      look()
      void this.ended.then(({ code }) => fail(`ended with ${code}`))
    })
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.#child.kill(signal)
    return this.ended
  }
}

/** What one test starts and makes; `clear` ends and removes all of it. */
export class Bench {
  readonly #programs: Program[] = []
  readonly #folders: string[] = []

  start(args: readonly string[], options: ConstructorParameters<typeof Program>[1] = {}): Program {
    const program = new Program(args, options)
    this.#programs.push(program)
    return program
  }

  /** Runs it to its end. */
  run(args: readonly string[], options: ConstructorParameters<typeof Program>[1] = {}): Promise<Ended> {
    return this.start(args, options).ended
  }

  /** A server on a free port; resolves when it serves. */
  async server(
    args: readonly string[] = [],
    data = this.folder(),
    environment: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly url: string; readonly data: string; readonly program: Program }> {
    const program = this.start(['server', '--port', '0', '--data', data, '--log-level', 'error', ...args], { environment })
    const [, url = ''] = await program.line(/^Busbar listening on (http:\S+)\n/)
    return { url, data, program }
  }

  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'busbar-e2e-'))
    this.#folders.push(folder)
    return folder
  }

  async clear(): Promise<void> {
    await Promise.all(this.#programs.splice(0).map(program => program.stop('SIGKILL')))
    for (const folder of this.#folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  }
}
