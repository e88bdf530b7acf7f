/**
 * The pages for users, done as a user would: files are written, commands are run one after the other, what a page shows is
 * looked for in what they print. Only the port is another one.
 *
 * A fence says what its block is: `sh` is run; `sh NAME` runs beside the rest, and `sh stopped` after all that has ended; `LANGUAGE path/of/file` is written there; `text`
 * is what the block before printed, line by line, with `…` for anything.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type PostgresServer, startPostgres } from '@busbar/store/testing/postgres-server'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Bench } from './program.js'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const bench = new Bench()
const beside: (() => Promise<void>)[] = []
afterEach(async () => {
  await endBeside()
  await bench.clear()
})

async function endBeside(): Promise<void> {
  for (const stop of beside.splice(0).reverse()) await stop()
}

describe('the pages for users', () => {
  it('a first workflow runs as its page says', () => follow('docs/first-workflow.md'))

  it('a first flow runs as its page says', () => follow('docs/first-flow.md'))

  it('operations: a backup, a restore, a look at durability and health', async () => {
    const clone = await newClone()
    await clone.beside('npx busbar server')
    await clone.page('docs/operations.md')
  })

  describe('with PostgreSQL', () => {
    let postgres: PostgresServer
    beforeAll(async () => {
      postgres = await startPostgres()
    }, 60_000)
    afterAll(() => postgres.stop())

    it('moving to it, its schema and its health are as their page says', async () => {
      const clone = await newClone({ [shownDatabase]: await postgres.newDatabase() })
      await clone.page('docs/postgresql.md')
    })

    it('the command of the README is all that it needs', async () => {
      const clone = await newClone({ [shownDatabase]: await postgres.newDatabase() })
      const [command = ''] = blocksOf('README.md').flatMap(({ text }) => text.split('\n').filter(line => line.startsWith('DATABASE_URL=')))
      await clone.beside(command)
      expect(await clone.sh('npx busbar status')).toContain('● healthy')
    })
  })

  it('each command of the README works in the state that it names', async () => {
    const clone = await newClone()
    clone.write('worker-config.yaml', blocksOf('docs/first-flow.md').find(block => block.info.endsWith('worker-config.yaml'))?.text ?? '')
    const commands = blocksOf('README.md').flatMap(({ text }) => text.split('\n').filter(line => line.startsWith('npx busbar')))
    expect(commands.map(line => line.split(' ')[2])).toEqual(['run', 'start', 'status', 'logs', 'server', 'worker'])
    await clone.beside(`${commands[4]}`)
    await clone.beside(`STROEM__WORKER_TOKEN="$(cat .busbar/worker-token)" ${commands[5]}`)
    await clone.beside(`node examples/hello-worker/worker.mjs`)
    await clone.sh(
      `curl -sS --fail-with-body -X POST http://127.0.0.1:8080/api/metadata/workflow -H 'content-type: application/json' -d @examples/workflows/greeting.json`,
    )
    expect(await clone.sh(commands[0] ?? '')).toMatch(/completed/)
    expect(await clone.sh(commands[1] ?? '')).toMatch(/result \{"card":"Hello, Ada!/)
    const status = await clone.sh(commands[2] ?? '')
    const [job = 'none'] = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(status) ?? []
    expect(await clone.sh((commands[3] ?? '').replace('JOB', job))).toContain('Hello')
  })
})

interface Block {
  readonly info: string
  readonly text: string
}

function blocksOf(path: string): Block[] {
  return [...readFileSync(join(root, path), 'utf8').matchAll(/^```(.*)\n([^]*?)^```$/gm)].map(([, info = '', text = '']) => ({ info, text }))
}

async function follow(page: string): Promise<void> {
  const clone = await newClone()
  await clone.page(page)
}

/** The database that the pages speak of; a test has one of its own. */
const shownDatabase = 'postgres://busbar:secret@127.0.0.1:5432/busbar'

async function newClone(replaced: Readonly<Record<string, string>> = {}): Promise<Clone> {
  const folder = bench.folder()
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  cpSync(join(root, 'examples'), join(folder, 'examples'), { recursive: true, filter: path => !path.includes('node_modules') })
  return new Clone(folder, await freePort(), replaced)
}

/** A folder that is to its commands what a clone is to a user. */
class Clone {
  readonly #folder: string
  readonly #port: number
  readonly #replaced: Readonly<Record<string, string>>
  readonly #environment: NodeJS.ProcessEnv

  constructor(folder: string, port: number, replaced: Readonly<Record<string, string>>) {
    this.#folder = folder
    this.#replaced = replaced
    this.#port = port
    const inherited = Object.entries(process.env).filter(([name]) => !/^(BUSBAR|STROEM|CONDUCTOR|DATABASE)_|^FORCE_COLOR$/.test(name))
    this.#environment = {
      ...Object.fromEntries(inherited),
      PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env['PATH']}`,
      BUSBAR_LISTEN_PORT: String(port),
      BUSBAR_URL: `http://127.0.0.1:${port}`,
      BUSBAR_STOP_DRAIN_SECONDS: '2',
    }
  }

  async page(path: string): Promise<void> {
    let printed = ''
    for (const { info, text } of blocksOf(path)) {
      const [language = '', name] = info.split(' ')
      if (language === 'text') expectPrinted(printed, text)
      else if (language === 'sh' && name === undefined) printed = await this.sh(text)
      else if (language === 'sh' && name === 'stopped') {
        await endBeside()
        printed = await this.sh(text)
      } else if (language === 'sh') await this.beside(text)
      else if (name !== undefined) this.write(name, text)
    }
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.#folder, path)), { recursive: true })
    writeFileSync(join(this.#folder, path), this.#here(text))
  }

  /** Runs to its end; what it printed on both streams. */
  sh(script: string): Promise<string> {
    return new Promise((resolve, reject) => {
      execFile(
        'bash',
        ['-euo', 'pipefail', '-c', this.#here(script)],
        { cwd: this.#folder, env: this.#environment, timeout: 45_000 },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout + stderr)
          else reject(new Error(`${script}\nended with ${error.code}:\n${stdout}\n${stderr}`))
        },
      )
    })
  }

  /** Goes on until the test ends; a server is waited for. One that takes the place of another ends that one first. */
  async beside(script: string): Promise<void> {
    const isServer = /busbar server/.test(script)
    if (isServer) await endBeside()
    const child = spawn('bash', ['-c', this.#here(script)], { cwd: this.#folder, env: this.#environment, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const ended = new Promise<void>(resolve => child.once('close', () => resolve()))
    child.stdout.resume()
    child.stderr.resume()
    beside.push(async () => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM')
      await ended
    })
    if (isServer) await said(child, /Busbar listening on/)
  }

  #here(text: string): string {
    const own = Object.entries(this.#replaced).reduce((result, [shown, value]) => result.replaceAll(shown, value), text)
    return own.replaceAll('npx ', '').replaceAll('8080', String(this.#port))
  }
}

function expectPrinted(printed: string, shown: string): void {
  for (const line of shown.trim().split('\n')) {
    const pattern = line.split('…').map(part =>
      part
        .trim()
        .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
        .replace(/ +/g, ' +'),
    )
    expect(printed, `the page shows: ${line}`).toMatch(new RegExp(pattern.join('.*')))
  }
}

/** Resolves when it has said so; rejects with all it said when it ends before. */
function said(child: ChildProcess, wanted: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let all = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        all += text
        if (wanted.test(all)) resolve()
      })
    child.once('close', () => reject(new Error(`it ended before it said ${wanted}:\n${all}`)))
  })
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
