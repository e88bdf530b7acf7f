/** `busbar migrate` in both directions: what ran goes on, on the other database, with the workers that were there before. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type PostgresServer, startPostgres } from '@busbar/store/testing/postgres-server'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Bench, type Program } from './program.js'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const bench = new Bench()
const workers: ChildProcess[] = []
const shells: Program[] = []
let postgres: PostgresServer
beforeAll(async () => {
  postgres = await startPostgres()
}, 60_000)
afterEach(async () => {
  for (const worker of workers.splice(0)) worker.kill('SIGKILL')
  await bench.clear()
})
afterAll(() => postgres.stop())

const flows = `tasks:
  hello:
    flow:
      say: { type: script, script: "echo 'OUTPUT: {\\"said\\": \\"hello\\"}'" }
`
const nap = {
  name: 'nap',
  version: 1,
  schemaVersion: 2,
  tasks: [{ name: 'w', taskReferenceName: 'w', type: 'WAIT', inputParameters: { duration: '2 seconds' } }],
}

describe('busbar migrate', () => {
  it('moves running executions to PostgreSQL and back, and workers finish them there', { timeout: 120_000 }, async () => {
    const folder = bench.folder()
    const data = join(folder, 'data')
    mkdirSync(join(folder, 'flows'))
    writeFileSync(join(folder, 'flows', 'flows.yaml'), flows)
    const file = join(data, 'busbar.db')
    const url = await postgres.newDatabase()

    const first = await serve(folder)
    await put(`${first.url}/api/metadata/workflow`, [JSON.parse(readFileSync(join(root, 'examples/workflows/greeting.json'), 'utf8')), nap])
    await post(`${first.url}/api/metadata/taskdefs`, [{ name: 'say_hello', retryCount: 1, responseTimeoutSeconds: 600 }])
    await post(`${first.url}/api/scheduler/schedules`, { name: 'yearly', cronExpression: '0 0 0 1 1 ?', startWorkflowRequest: { name: 'nap', version: 1 } })
    const before = await startSome(first.url)
    // Somebody holds a task while everything moves.
    const [held] = (await (await fetch(`${first.url}/api/tasks/poll/batch/say_hello?workerid=slow&count=1`)).json()) as {
      taskId: string
      workflowInstanceId: string
    }[]
    expect(held).toBeDefined()
    await first.stop()

    const there = await bench.run(['migrate', '--from', file, '--to', url])
    expect(there).toMatchObject({ code: 0, stdout: expect.stringMatching(/execution +\d+ +\d+ +\d+ +[0-9a-f]{16}/) })
    expect(there.stdout + there.stderr).not.toContain(new URL(url).password)

    const second = await serve(folder, { DATABASE_URL: url })
    // The token in the data folder is the one of the database now.
    await work(folder, second.url)
    const result = { workflowInstanceId: held?.workflowInstanceId, taskId: held?.taskId, workerId: 'slow', status: 'COMPLETED', outputData: { greeting: 'Hi' } }
    expect((await post(`${second.url}/api/tasks`, result)).status).toBe(200)
    await finished(second.url, before)
    expect(await (await fetch(`${second.url}/api/scheduler/schedules/yearly`)).json()).toMatchObject({ name: 'yearly' })
    await endWorkers()
    const after = await startSome(second.url)
    await second.stop()

    const copy = join(folder, 'back', 'busbar.db')
    const back = await bench.run(['migrate', '--from', url, '--to', `sqlite:${copy}`])
    expect(back).toMatchObject({ code: 0 })
    const third = await serve(folder, { BUSBAR_DATABASE_URL: copy })
    await work(folder, third.url)
    await finished(third.url, [...before, ...after])
    await endWorkers()
  })

  it('refuses a source that a server uses, and keeps servers out of a target until it is whole', async () => {
    const folder = bench.folder()
    const file = join(folder, 'data', 'busbar.db')
    const url = await postgres.newDatabase()
    const embedded = await serve(folder)
    expect(await bench.run(['migrate', '--from', file, '--to', url])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('another server uses the database'),
    })
    await embedded.stop()
    const shared = await serve(folder, { DATABASE_URL: url })
    expect(await bench.run(['migrate', '--from', url, '--to', join(folder, 'copy.db')])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^servers use the database .*: stop all of them first/),
    })
    expect(await bench.run(['migrate', '--from', file, '--to', url])).toMatchObject({ code: 1, stderr: expect.stringContaining('stop all of them first') })
    await shared.stop()
  })

  it('refuses what makes no sense, each in one sentence', async () => {
    const folder = bench.folder()
    const one = /^[^\n]+\n$/
    const nothing = await bench.run(['migrate', '--from', join(folder, 'none.db'), '--to', join(folder, 'to.db')])
    expect(nothing).toMatchObject({ code: 1, stderr: expect.stringMatching(one) })
    expect(nothing.stderr).toContain('there is no database at')
    expect(await bench.run(['migrate', '--from', 'mysql://root:secret@db/x', '--to', 'b.db'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/"mysql:".*expected postgres/),
    })
    expect(await bench.run(['migrate', '--from', 'a.db', '--to', './a.db'])).toMatchObject({ code: 2, stderr: expect.stringContaining('same database') })
  })
})

describe('busbar database', () => {
  it('says what is pending, applies it, and a server that may not do so says what to run', async () => {
    const folder = bench.folder()
    const url = await postgres.newDatabase()
    const environment = { DATABASE_URL: url, BUSBAR_DATABASE_MIGRATE: 'check' }
    const before = await bench.run(['database', 'status', '--json'], { environment })
    expect(before.code).toBe(3)
    expect(JSON.parse(before.stdout)).toMatchObject({ applied: 0, pending: expect.arrayContaining(['1 foundation']) })
    const refused = await bench.run(['server', '--port', '0', '--data', folder], { environment })
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/lacks \d+ migrations .*busbar database upgrade/) })
    expect(refused.stderr).not.toContain(new URL(url).password)
    expect(await bench.run(['database', 'upgrade'], { environment })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/migration 1 foundation\n.*is up to date\n$/s),
    })
    expect(await bench.run(['database', 'status'], { environment })).toMatchObject({ code: 0, stdout: expect.stringContaining('0 migrations pending') })
    const server = bench.start(['server', '--port', '0', '--data', folder], { environment })
    await server.line(/^Busbar listening on/)
  })
})

// ── Parts ──

async function serve(folder: string, environment: Readonly<Record<string, string>> = {}) {
  mkdirSync(join(folder, 'flows'), { recursive: true })
  const args = ['server', '--port', '0', '--data', join(folder, 'data'), '--log-level', 'error', '--workspace', `default=${join(folder, 'flows')}`]
  const program = bench.start(args, { environment })
  const [, url = ''] = await program.line(/^Busbar listening on (http:\S+)\n/)
  return { url, stop: async () => expect(await program.stop()).toMatchObject({ code: 0 }) }
}

interface Started {
  readonly kind: 'workflow' | 'job'
  readonly id: string
}

async function startSome(url: string): Promise<readonly Started[]> {
  const workflow = async (name: string): Promise<Started> => {
    const answer = await post(`${url}/api/workflow`, { name, version: 1, input: { name: 'Ada', languages: ['en', 'no'] } })
    return { kind: 'workflow', id: await answer.text() }
  }
  const job = (await (await post(`${url}/api/workspaces/default/tasks/hello/execute`, { input: {} })).json()) as { job_id: string }
  return [await workflow('greeting'), await workflow('greeting'), await workflow('nap'), { kind: 'job', id: job.job_id }]
}

/** The workers that were there before: the SDK's, and one for shell steps with the token of the data folder. */
async function work(folder: string, url: string): Promise<void> {
  workers.push(spawn(process.execPath, [join(root, 'examples/hello-worker/worker.mjs')], { env: { ...process.env, BUSBAR_URL: url }, stdio: 'ignore' }))
  const token = readFileSync(join(folder, 'data', 'worker-token'), 'utf8').trim()
  const config = {
    server_url: url,
    worker_token: token,
    worker_name: 'w',
    max_concurrent: 2,
    poll_interval_secs: 1,
    workspace_cache_dir: join(folder, 'cache'),
  }
  writeFileSync(join(folder, 'worker.yaml'), JSON.stringify(config))
  const shell = bench.start(['worker', '--config', join(folder, 'worker.yaml')])
  await shell.line(/worker registered/)
  shells.push(shell)
}

/** In order: one that is killed may have a task in its hands. */
async function endWorkers(): Promise<void> {
  const ended = workers.splice(0).map(worker => {
    const exit = new Promise(resolve => worker.once('exit', resolve))
    worker.kill('SIGTERM')
    return exit
  })
  await Promise.all([...ended, ...shells.splice(0).map(shell => shell.stop())])
}

async function finished(url: string, started: readonly Started[]): Promise<void> {
  for (const { kind, id } of started) {
    const path = kind === 'workflow' ? `/api/workflow/${id}` : `/api/jobs/${id}`
    const status = async () => String(((await (await fetch(url + path)).json()) as { status: string }).status).toLowerCase()
    await expect.poll(status, { timeout: 30_000 }).toBe('completed')
  }
}

const send = (method: string) => async (url: string, body: unknown) => {
  const response = await fetch(url, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  expect(response.status, `${method} ${url}`).toBeLessThan(300)
  return response
}
const post = send('POST')
const put = send('PUT')
