import { afterEach, expect, test } from 'vitest'
import { ConductorClient } from '../client/node-client.js'
import { MovedClock } from '../fixtures/moved-clock.js'
import { type Received, type Scripted, type ScriptedServer, scriptedServer } from '../fixtures/scripted-server.js'
import { WorkflowManager } from './workflow-manager.js'

let server: ScriptedServer
const clock = new MovedClock()

async function managerOf(script: (request: Received) => Scripted): Promise<WorkflowManager> {
  server = await scriptedServer(script)
  return new WorkflowManager(new ConductorClient({ serverUrl: server.url, retriesMax: 0 }), clock)
}

afterEach(() => server.close())

const calls = () => server.received.map(({ method, path, query, text }) => [method, path, query.toString(), text].filter(Boolean).join(' '))

test('each method is one call', async () => {
  const manager = await managerOf(() => ({ body: 'id' }))
  await manager.registerWorkflow({ name: 'w', tasks: [], timeoutSeconds: 0 })
  await manager.unregisterWorkflow('w', 1)
  await manager.pause('id')
  await manager.resume('id')
  await manager.rerun('id')
  await manager.restart('id', true)
  await manager.retry('id', false)
  await manager.skipTasksFromWorkflow('id', 'ref', {})
  await manager.terminate('id', 'no need')
  await manager.updateTask('t', 'id', 'COMPLETED', { a: 1 })
  expect(calls()).toEqual([
    'POST /api/metadata/workflow {"name":"w","tasks":[],"timeoutSeconds":0}',
    'DELETE /api/metadata/workflow/w/1',
    'PUT /api/workflow/id/pause',
    'PUT /api/workflow/id/resume',
    'POST /api/workflow/id/rerun {}',
    'POST /api/workflow/id/restart useLatestDefinitions=true',
    'POST /api/workflow/id/retry resumeSubworkflowTasks=false',
    'PUT /api/workflow/id/skiptask/ref {}',
    'DELETE /api/workflow/id reason=no+need',
    'POST /api/tasks {"outputData":{"a":1},"status":"COMPLETED","taskId":"t","workflowInstanceId":"id"}',
  ])
})

test('search sends its empty sort, as the original does', async () => {
  const manager = await managerOf(() => ({ body: { totalHits: 0, results: [] } }))
  await manager.search(0, 10, 'status=RUNNING', '*')
  expect(calls()).toEqual(['GET /api/workflow/search start=0&size=10&sort=&freeText=*&query=status%3DRUNNING'])
})

test('starts many, and gives a promise for each', async () => {
  const manager = await managerOf(({ text }) => (text.includes('bad') ? { status: 404, body: { message: 'No such workflow' } } : { body: 'started' }))
  const started = await Promise.allSettled(manager.startWorkflows([{ name: 'good' }, { name: 'bad' }]))
  expect(started).toMatchObject([{ value: 'started' }, { reason: { code: 404 } }])
})

test('getWorkflow tries again while the server does not find it', async () => {
  let asked = 0
  const manager = await managerOf(() => (++asked < 3 ? { status: 404, body: { message: 'not yet' } } : { body: { workflowId: 'w' } }))
  const got = manager.getWorkflow('w', true, 5)
  for (const expected of [1, 2]) {
    while (clock.delays.length === 0) await new Promise(setImmediate)
    expect(asked).toBe(expected)
    clock.move(10_000)
  }
  expect(await got).toEqual({ workflowId: 'w' })
  expect(asked).toBe(3)
})

test('getWorkflow does not try again without being asked to, nor after another refusal', async () => {
  const manager = await managerOf(({ path }) => ({ status: path.endsWith('missing') ? 404 : 400, body: { message: 'why not' } }))
  await expect(manager.getWorkflow('missing', true)).rejects.toThrow('why not')
  await expect(manager.getWorkflow('odd', true, 3)).rejects.toThrow('why not')
  expect(server.received).toHaveLength(2)
})
