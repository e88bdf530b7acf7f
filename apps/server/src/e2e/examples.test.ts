/** The sample workflow, worked on by the sample worker in a process of its own, as `npm start` runs them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ConductorClient, type WorkflowDef, WorkflowManager } from '@busbar/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServerInTest, serverInTest } from '../testing/server-in-test.js'

const example = (path: string) => fileURLToPath(new URL(`../../../../examples/${path}`, import.meta.url))

let server: ServerInTest
beforeAll(async () => {
  server = await serverInTest()
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
