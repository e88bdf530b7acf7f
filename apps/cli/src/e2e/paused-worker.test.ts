/** SIGSTOP and SIGCONT: a worker that was away for longer than its lease finds its work in other hands, and cannot touch it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type PostgresServer, startPostgres } from '@busbar/store/testing/postgres-server'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Bench } from './program.js'

const bench = new Bench()
let postgres: PostgresServer
const workers: GatedWorker[] = []
afterEach(async () => {
  await Promise.all(workers.splice(0).map(worker => worker.end()))
  await bench.clear()
})

beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const lanes = 5
const roundsPerLane = 4
const jobs = 10
const workerToken = 'a token for the workers of this test'

describe('a worker that is paused for longer than its lease', () => {
  it(`cannot overwrite the attempt of the one that took over, in ${lanes * roundsPerLane} rounds`, { timeout: 120_000 }, async () => {
    const { url } = await bench.server()
    await Promise.all(Array.from({ length: lanes }, (_, lane) => playLane([url, url], `paused_${lane}`)))
  })

  it(`nor when each talks to another server, in ${lanes * roundsPerLane} rounds`, { timeout: 120_000 }, async () => {
    const environment = { BUSBAR_DATABASE_URL: await postgres.newDatabase() }
    const servers = await Promise.all([1, 2].map(() => bench.server([], bench.folder(), environment)))
    const urls = servers.map(server => server.url)
    await Promise.all(Array.from({ length: lanes }, (_, lane) => playLane(urls, `paused_${lane}`)))
  })

  it(`cannot end the steps of the one that took over, with ${jobs} steps in hand`, { timeout: 120_000 }, async () => {
    const folder = bench.folder()
    const { url } = await flowServer(folder)
    await playSteps([url, url], folder)
  })

  it(`nor those of another server, with ${jobs} steps in hand`, { timeout: 120_000 }, async () => {
    const folder = bench.folder()
    const environment = { BUSBAR_DATABASE_URL: await postgres.newDatabase() }
    const servers = await Promise.all(['one', 'two'].map(name => flowServer(folder, name, environment)))
    await playSteps(
      servers.map(server => server.url),
      folder,
    )
  })
})

// ── Conductor ──

/** Both workers may talk to the same server. */
async function playLane(urls: readonly string[], type: string): Promise<void> {
  const [url = '', other = ''] = urls
  await register(url, type)
  const pair = await Promise.all([GatedWorker.start(url, type, 'one'), GatedWorker.start(other, type, 'two')])
  for (let round = 0; round < roundsPerLane; round++) await playRound(round % 3 === 0 ? other : url, type, pair, round % 2 === 0)
}

async function playRound(url: string, type: string, pair: readonly GatedWorker[], isReadyToSpeak: boolean): Promise<void> {
  const id = await (await post(`${url}/api/workflow`, { name: type, version: 1, input: {} })).text()
  const first = await Promise.race(pair.map(async worker => ({ worker, task: await worker.taken() })))
  const heir = pair.find(worker => worker !== first.worker)
  if (!heir) return expect.unreachable('there are two')
  first.worker.signal('SIGSTOP')
  const task = await heir.taken()
  for (const worker of pair) worker.forget()
  // Half of the sleepers have their result on the tongue when they wake up.
  if (isReadyToSpeak) first.worker.go(first.task)
  first.worker.signal('SIGCONT')
  if (!isReadyToSpeak) first.worker.go(first.task)
  await first.worker.told(first.task)
  expect(await tasksOf(url, id)).toMatchObject([
    { taskId: first.task, status: 'TIMED_OUT', outputData: {} },
    { taskId: task, status: 'IN_PROGRESS' },
  ])
  heir.go(task)
  await heir.told(task)
  expect(await tasksOf(url, id)).toMatchObject([
    { taskId: first.task, status: 'TIMED_OUT', outputData: {} },
    { taskId: task, status: 'COMPLETED', outputData: { by: heir.name } },
  ])
  expect(await (await fetch(`${url}/api/workflow/${id}`)).json()).toMatchObject({ status: 'COMPLETED', output: { by: heir.name } })
}

async function register(url: string, type: string): Promise<void> {
  const owner = { ownerEmail: 'a@example.com', timeoutSeconds: 0 }
  const definition = { name: type, ...owner, retryCount: 10, retryDelaySeconds: 0, responseTimeoutSeconds: 1, timeoutPolicy: 'RETRY' }
  await post(`${url}/api/metadata/taskdefs`, [definition])
  const tasks = [{ name: type, taskReferenceName: 'work', type: 'SIMPLE', inputParameters: {} }]
  await post(`${url}/api/metadata/workflow`, { name: type, version: 1, schemaVersion: 2, ...owner, tasks, outputParameters: { by: '${work.output.by}' } })
}

async function tasksOf(url: string, id: string): Promise<unknown[]> {
  return ((await (await fetch(`${url}/api/workflow/${id}`)).json()) as { tasks: unknown[] }).tasks
}

/** `gated-worker.ts` as a process. */
class GatedWorker {
  readonly name: string
  readonly #child: ChildProcess
  readonly #taken: string[] = []
  readonly #told = new Set<string>()

  static async start(url: string, type: string, name: string): Promise<GatedWorker> {
    const worker = new GatedWorker(url, type, name)
    workers.push(worker)
    await until(() => worker.#isReady, `the worker ${name} is ready`)
    return worker
  }

  #isReady = false
  private constructor(url: string, type: string, name: string) {
    this.name = name
    const program = fileURLToPath(new URL('../../dist/e2e/gated-worker.js', import.meta.url))
    this.#child = spawn(process.execPath, [program, url, type, name], { stdio: ['pipe', 'pipe', 'inherit'] })
    if (!this.#child.stdout) throw new Error('no output')
    createInterface(this.#child.stdout).on('line', line => {
      const [word, task = ''] = line.split(' ')
      if (word === 'ready') this.#isReady = true
      if (word === 'took') this.#taken.push(task)
      if (word === 'told') this.#told.add(task)
    })
  }

  /** The task that it holds, when it has one. */
  async taken(): Promise<string> {
    await until(() => this.#taken.length > 0, `the worker ${this.name} takes a task`)
    return this.#taken[0] ?? ''
  }

  forget(): void {
    this.#taken.length = 0
  }

  go(task: string): void {
    this.#child.stdin?.write(`go ${task}\n`)
  }

  told(task: string): Promise<void> {
    return until(() => this.#told.has(task), `the report of ${this.name} is answered`)
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  async end(): Promise<void> {
    const ended = new Promise(resolve => this.#child.once('close', resolve))
    this.#child.kill('SIGKILL')
    await ended
  }
}

// ── Strøm ──

const flow = `tasks:
  held:
    input: { gate: { type: string, required: true } }
    flow:
      hold:
        type: script
        input: { gate: "{{ input.gate }}" }
        retry: { max_attempts: 5, delay: 1s }
        script: |
          who=$(basename "$HOME")
          touch "{{ input.gate }}-$STROEM_JOB_ID-$who"
          while [ ! -e "{{ input.gate }}-$who" ]; do sleep 0.1; done
          echo "OUTPUT: {\\"by\\": \\"$who\\"}"
`

async function playSteps(urls: readonly string[], folder: string): Promise<void> {
  const [url = '', other = ''] = urls
  const sleeper = await shellWorker(url, folder, 'sleeper')
  const ids = await Promise.all(Array.from({ length: jobs }, (_, index) => execute(index % 2 === 0 ? url : other, folder)))
  await untilHeld(folder, ids, 'sleeper')
  sleeper.signal('SIGSTOP')
  await shellWorker(other, folder, 'heir')
  await untilHeld(folder, ids, 'heir')
  // The scripts of the sleeper end, and it reports all of them as soon as it wakes.
  writeFileSync(join(folder, 'gate-sleeper'), '')
  sleeper.signal('SIGCONT')
  await sleeper.lines(/"report failed".*answered 409/, jobs)
  for (const id of ids) expect(await step(other, id)).toMatchObject({ status: 'running', retry_attempt: 1 })
  writeFileSync(join(folder, 'gate-heir'), '')
  for (const id of ids) {
    await until(async () => (await step(url, id))?.status === 'completed', `the step of ${id} is completed`)
    expect(await step(url, id)).toMatchObject({ retry_attempt: 1, output: { by: 'heir' } })
  }
}

async function flowServer(folder: string, name = 'one', more: Readonly<Record<string, string>> = {}): Promise<{ readonly url: string }> {
  mkdirSync(join(folder, 'flows', '.workflows'), { recursive: true })
  writeFileSync(join(folder, 'flows', '.workflows', 'held.yaml'), flow)
  const environment = {
    BUSBAR_WORKER_TOKEN: workerToken,
    BUSBAR_RECOVERY_HEARTBEAT_TIMEOUT_SECONDS: '10',
    BUSBAR_RECOVERY_SWEEP_INTERVAL_SECONDS: '5',
    ...more,
  }
  const args = ['server', '--port', '0', '--data', join(folder, name), '--log-level', 'error', '--workspace', `flows=${join(folder, 'flows')}`]
  const [, url = ''] = await bench.start(args, { environment }).line(/^Busbar listening on (http:\S+)\n/)
  return { url }
}

/** Its steps know it by their home. */
async function shellWorker(url: string, folder: string, name: string) {
  const home = join(folder, name)
  mkdirSync(home)
  const config = {
    server_url: url,
    worker_token: workerToken,
    worker_name: name,
    max_concurrent: jobs,
    poll_interval_secs: 1,
    workspace_cache_dir: join(home, 'cache'),
  }
  const file = join(home, 'worker.yaml')
  writeFileSync(
    file,
    Object.entries(config)
      .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
      .join(''),
  )
  const program = bench.start(['worker', '--json', '--config', file], { environment: { HOME: home } })
  await program.line(/worker registered/)
  return {
    signal: (signal: NodeJS.Signals) => program.signal(signal),
    lines: (pattern: RegExp, count: number) => program.line(new RegExp(`(?:${pattern.source}[\\s\\S]*?){${count}}`)),
  }
}

async function execute(url: string, folder: string): Promise<string> {
  const answer = await post(`${url}/api/workspaces/flows/tasks/held/execute`, { input: { gate: join(folder, 'gate') } })
  return ((await answer.json()) as { job_id: string }).job_id
}

interface Step {
  readonly status: string
  readonly retry_attempt: number
}

async function step(url: string, job: string): Promise<Step | undefined> {
  return ((await (await fetch(`${url}/api/jobs/${job}`)).json()) as { steps: Step[] }).steps[0]
}

/** Until the script of every step runs there. */
async function untilHeld(folder: string, ids: readonly string[], who: string): Promise<void> {
  for (const id of ids) await until(() => existsSync(join(folder, `gate-${id}-${who}`)), `${who} runs the step of ${id}`)
}

// ── Both ──

async function post(url: string, body: unknown): Promise<Response> {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`POST ${url} answered ${response.status}: ${await response.text()}`)
  return response
}

async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const giveUpAt = performance.now() + 40_000
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error(`expected that ${what}, and it did not come about`)
    await sleep(10)
  }
}
