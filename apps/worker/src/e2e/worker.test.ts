/** The real worker program against a real server, both as processes. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { busbar, eventually, isAlive, type Running } from './processes.js'

const folder = mkdtempSync(join(tmpdir(), 'busbar-worker-e2e-'))
const flowsFolder = join(folder, 'flows')
/** The token of the document from which workers are set up, short as it is. */
const token = 'your-worker-token'

/** A step that goes on when the test makes its file. */
const gated = `
          echo before
          while [ ! -e "{{ input.gate }}" ]; do sleep 0.02; done
          echo after
          echo 'OUTPUT: {"passed": true}'`
/** A step with a child in its group and one in a session of its own, all of which would outlive any test. */
const tree = `
          sleep 300 & echo "pid $!"
          setsid sleep 300 & echo "pid $!"
          echo "pid $$"
          wait`

const flows = `tasks:
  chain:
    input: { name: { type: string, default: Ada } }
    flow:
      one:
        type: script
        input: { name: "{{ input.name }}" }
        script: |
          echo 'OUTPUT: {"greeting": "Hello, {{ input.name }}"}'
      two:
        type: script
        depends_on: [one]
        input: { greeting: "{{ one.output.greeting }}" }
        script: |
          echo "{{ input.greeting }}!"
          echo "$STROEM_JOB_ID $STROEM_STEP_NAME"
  gated:
    input: { gate: { type: string, required: true } }
    flow:
      wait:
        type: script
        input: { gate: "{{ input.gate }}" }
        script: |${gated}
  tree:
    flow:
      grow:
        type: script
        script: |${tree}
  slow:
    flow:
      grow:
        type: script
        timeout: 1s
        script: |${tree}
`

let server: Running
let url: string
let worker: Running | undefined

beforeAll(async () => {
  mkdirSync(flowsFolder)
  writeFileSync(join(flowsFolder, 'flows.yaml'), flows)
  writeFileSync(join(folder, 'server.yaml'), `workerToken: ${token}\n`)
  const places = ['--port', '0', '--data', join(folder, 'data'), '--workspace', `test=${flowsFolder}`]
  server = busbar(['server', ...places, '--config', join(folder, 'server.yaml'), '--log-level', 'error'])
  url = (await server.line(/listening on (http:\S+)/))[1] ?? ''
})
afterEach(async () => {
  await worker?.stop('SIGKILL')
  worker = undefined
})
afterAll(async () => {
  const code = await server.stop('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
  expect(code).toBe(0)
})

async function startWorker(): Promise<Running> {
  const config = { server_url: url, worker_token: token, worker_name: 'under-test', max_concurrent: 2, poll_interval_secs: 1, kill_grace_secs: 1 }
  const file = join(folder, 'worker-config.yaml')
  writeFileSync(file, JSON.stringify({ ...config, workspace_cache_dir: join(folder, 'cache') }))
  worker = busbar(['worker', '--config', file])
  await worker.line(/worker registered/)
  return worker
}

interface Job {
  readonly status: string
  readonly steps: readonly { readonly step_name: string; readonly status: string; readonly output: unknown; readonly error_message: string | null }[]
}

async function execute(task: string, input: object = {}): Promise<string> {
  const answer = await fetch(`${url}/api/workspaces/test/tasks/${task}/execute`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ input }),
  })
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { job_id: string }).job_id
}

const job = async (id: string) => (await (await fetch(`${url}/api/jobs/${id}`)).json()) as Job
const log = async (id: string) => ((await (await fetch(`${url}/api/jobs/${id}/logs`)).json()) as { logs: string }).logs
const ended = (id: string) =>
  eventually(
    () => job(id),
    ({ status }) => !['pending', 'running'].includes(status),
  )

/** The processes that the step named in its log, once there are three of them. */
async function processesOf(id: string): Promise<readonly number[]> {
  const find = async () => [...(await log(id)).matchAll(/"line":"pid (\d+)"/g)].map(([, pid]) => Number(pid))
  return eventually(find, pids => pids.length === 3)
}

describe('the worker', () => {
  it('runs the steps of a flow and hands outputs on', async () => {
    await startWorker()
    const id = await execute('chain', { name: 'Bo' })
    expect(await ended(id)).toMatchObject({
      status: 'completed',
      steps: [
        { step_name: 'one', status: 'completed', output: { greeting: 'Hello, Bo' } },
        { step_name: 'two', status: 'completed' },
      ],
    })
    expect(await log(id)).toContain('"line":"Hello, Bo!"')
    expect(await log(id)).toContain(`"line":"${id} two"`)
  })

  it('streams what a step prints while it still runs', async () => {
    await startWorker()
    const gate = join(folder, 'gate-of-the-stream')
    const id = await execute('gated', { gate })
    const stream = await fetch(`${url}/api/jobs/${id}/logs/stream?until_ended=true`)
    const seen: string[] = []
    for await (const text of createInterface({ input: Readable.fromWeb(stream.body as ReadableStream) })) {
      const { step, line } = JSON.parse(text) as { step: string; line: string }
      if (step === 'wait') seen.push(line)
      if (line !== 'before') continue
      expect((await job(id)).steps[0]?.status).toBe('running')
      writeFileSync(gate, '')
    }
    expect(seen).toEqual(['before', 'after', 'OUTPUT: {"passed": true}'])
    expect(await ended(id)).toMatchObject({ status: 'completed', steps: [{ output: { passed: true } }] })
  })

  it('ends the whole process tree of a step whose job is cancelled, at once', async () => {
    await startWorker()
    const id = await execute('tree')
    const pids = await processesOf(id)
    expect(pids.filter(isAlive)).toEqual(pids)
    const asked = performance.now()
    expect((await fetch(`${url}/api/jobs/${id}/cancel`, { method: 'POST' })).status).toBe(200)
    await eventually(
      () => pids.filter(isAlive),
      alive => alive.length === 0,
    )
    // The question for cancellation is held by the server: nobody waits for the next look, which is five seconds away.
    expect(performance.now() - asked).toBeLessThan(4_000)
    const { steps } = await eventually(
      () => job(id),
      ({ steps }) => steps[0]?.status !== 'running',
    )
    expect(steps[0]?.status).toBe('cancelled')
  })

  it('ends the whole process tree of a step that takes too long, and says so', async () => {
    await startWorker()
    const id = await execute('slow')
    const pids = await processesOf(id)
    expect(await ended(id)).toMatchObject({ status: 'failed', steps: [{ status: 'failed', error_message: 'Step timed out after 1s' }] })
    expect(pids.filter(isAlive)).toEqual([])
  })

  it('at SIGTERM lets the running step end, reports it, takes nothing new, and ends with 0', async () => {
    const running = await startWorker()
    const gate = join(folder, 'gate-of-the-drain')
    const id = await execute('gated', { gate })
    await eventually(
      () => log(id),
      text => text.includes('"line":"before"'),
    )
    running.signal('SIGTERM')
    await running.line(/draining/)
    const late = await execute('chain')
    writeFileSync(gate, '')
    expect(await running.ended).toBe(0)
    expect(await job(id)).toMatchObject({ status: 'completed', steps: [{ output: { passed: true } }] })
    expect(await job(late)).toMatchObject({ status: 'pending' })
    await startWorker()
    expect(await ended(late)).toMatchObject({ status: 'completed' })
  })

  it('works by the configuration file of the document, as it stands there', async () => {
    const file = join(folder, 'documented.yaml')
    writeFileSync(
      file,
      `server_url: "http://localhost:8080"
worker_token: "your-worker-token"
worker_name: "worker-1"
max_concurrent: 4
poll_interval_secs: 2
workspace_dir: "/tmp/stroem-workspace"
capabilities:
  - shell
`,
    )
    worker = busbar(['worker'], { STROEM_CONFIG: file, STROEM__SERVER_URL: url, STROEM__WORKSPACE_CACHE_DIR: join(folder, 'other-cache') })
    await worker.line(/worker registered/)
    const id = await execute('chain')
    expect(await ended(id)).toMatchObject({ status: 'completed' })
    expect(readdirSync(join(folder, 'other-cache'))).not.toEqual([])
    expect(await worker.stop('SIGTERM')).toBe(0)
  })

  it('without a configuration file, or with a wrong key, ends with one sentence', async () => {
    const missing = busbar(['worker', '--config', join(folder, 'none.yaml')])
    await missing.line(/^The worker's configuration file \S+none\.yaml cannot be read \(ENOENT\)[^\n]+\n$/)
    expect(await missing.ended).toBe(2)
    writeFileSync(join(folder, 'wrong.yaml'), 'server_url: "http://localhost:8080"\nworker_tokn: x\n')
    const wrong = busbar(['worker', '--config', join(folder, 'wrong.yaml')])
    await wrong.line(/unknown key 'worker_tokn'[^\n]+\n$/)
    expect(await wrong.ended).toBe(2)
  })
})
