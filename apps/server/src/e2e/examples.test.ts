/** The samples that `npm start` shows: the workflow with its worker in a process of its own, and the flow with the shell worker. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConductorClient, type WorkflowDef, WorkflowManager } from '@busbar/sdk'
import { readConfig, startWorker } from '@busbar/worker'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServerInTest, serverInTest } from '../testing/server-in-test.js'

const example = (path: string) => fileURLToPath(new URL(`../../../../examples/${path}`, import.meta.url))

let server: ServerInTest
beforeAll(async () => {
  server = await serverInTest({ workspaces: { examples: { type: 'folder', path: example('flows') } } })
})
afterAll(() => server.stop())

test.each([
  ['Ada', 'sun', 'Hello, Ada! Hei, Ada! Guten Tag, Ada! Enjoy the sun.'],
  ['Anna', 'rain', 'Hello, Anna! Hei, Anna! Guten Tag, Anna! Take an umbrella.'],
])('the greeting for %s comes with %s, and the worker ends when told', async (name, weather, card) => {
  const client = new ConductorClient({ serverUrl: server.url })
  const manager = new WorkflowManager(client)
  const definition: WorkflowDef = JSON.parse(readFileSync(example('workflows/greeting.json'), 'utf8'))
  await client.metadataResource.update([definition])
  const worker = spawn(process.execPath, [example('hello-worker/worker.mjs')], {
    env: { ...process.env, BUSBAR_URL: server.url },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  try {
    const id = await manager.startWorkflow({ name: 'greeting', input: { name, languages: ['en', 'no', 'de'] } })
    const until = Date.now() + 20_000
    let execution = await manager.getWorkflow(id, true)
    while (execution.status === 'RUNNING' && Date.now() < until) execution = await manager.getWorkflow(id, true)
    expect(execution).toMatchObject({ status: 'COMPLETED', output: { card, weather } })
  } finally {
    worker.kill('SIGTERM')
    const [code] = await once(worker, 'exit')
    expect(code).toBe(0)
    client.close()
  }
})

test('the flow greets once for each word, skips the quiet evening, and writes a card', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'busbar-examples-'))
  const { config } = readConfig(
    {
      server_url: server.url,
      worker_token: server.workerToken,
      worker_name: 'test',
      max_concurrent: 4,
      poll_interval_secs: 1,
      workspace_cache_dir: folder,
      capabilities: ['script'],
    },
    'the test',
  )
  const worker = await startWorker(config, { log: { info() {}, warn() {} }, environment: process.env, version: '0.0.0', now: () => new Date() })
  try {
    const { json: started } = await server.call('POST', '/api/workspaces/examples/tasks/hello/execute', { input: { name: 'Ada' } })
    const until = Date.now() + 20_000
    let job = (await server.call('GET', `/api/jobs/${started.job_id}`)).json
    while (['pending', 'running'].includes(job.status) && Date.now() < until) job = (await server.call('GET', `/api/jobs/${started.job_id}`)).json
    expect(job).toMatchObject({ status: 'completed', output: { card: { card: 'Hello, Ada! Hei, Ada! Moin, Ada! See you at the party.' } } })
    const states = Object.fromEntries(job.steps.map((step: { step_name: string; status: string }) => [step.step_name, step.status]))
    expect(states).toMatchObject({ 'greet[2]': 'completed', party: 'completed', tea: 'skipped' })
  } finally {
    await worker.stop()
    await rm(folder, { recursive: true, force: true })
  }
})
