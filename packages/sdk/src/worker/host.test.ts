import { hostname } from 'node:os'
import { afterEach, expect, test } from 'vitest'
import { ConductorClient } from '../client/node-client.js'
import { type Received, type Scripted, type ScriptedServer, scriptedServer } from '../fixtures/scripted-server.js'
import { noopLogger } from '../logger.js'
import { WorkerHost, type WorkerHostConfig } from './host.js'
import type { TaskWorker } from './worker.js'

let server: ScriptedServer
let host: WorkerHost

const isPoll = ({ path }: Received) => path.startsWith('/api/tasks/poll/batch/')
const isUpdate = ({ method, path }: Received) => method === 'POST' && path === '/api/tasks'
const updates = () => server.received.filter(isUpdate).map(({ text }) => JSON.parse(text))

/** A server with these tasks to give, one for each poll, and a host that works on them. */
async function work(
  workers: TaskWorker[],
  tasks: string[],
  config: WorkerHostConfig = {},
  script: (request: Received) => Scripted | undefined = () => undefined,
) {
  const left = [...tasks]
  server = await scriptedServer(request => {
    const own = script(request)
    if (own !== undefined) return own
    if (!isPoll(request)) return { body: 'ok' }
    const taskId = left.shift()
    return { body: taskId === undefined ? [] : [{ taskId, workflowInstanceId: `w-${taskId}`, inputData: { n: taskId } }] }
  })
  const client = new ConductorClient({ serverUrl: server.url, retriesMax: 0 })
  host = new WorkerHost(client, workers, { logger: noopLogger, options: { workerID: 'me', pollInterval: 5 }, ...config })
  host.startPolling()
}

const greet: TaskWorker = { taskDefName: 'greet', execute: async task => ({ status: 'COMPLETED', outputData: { greeting: `Hello ${task.inputData?.n}` } }) }

afterEach(async () => {
  await host?.stopPolling()
  await server?.close()
})

test('polls, executes and updates over a real connection', async () => {
  await work([greet], ['a', 'b'])
  await server.seen(isUpdate, 2)
  expect(Object.fromEntries(server.received[0]?.query ?? [])).toEqual({ workerid: 'me', count: '1', timeout: '100' })
  expect(updates()).toEqual(
    ['a', 'b'].map(id => ({ status: 'COMPLETED', outputData: { greeting: `Hello ${id}` }, workflowInstanceId: `w-${id}`, taskId: id, workerId: 'me' })),
  )
})

test('a lost answer of an update is no reason to lose the result', async () => {
  let cut = 0
  await work([greet], ['a'], {}, request => (isUpdate(request) && cut++ < 2 ? 'cut' : undefined))
  await server.seen(isUpdate, 3)
  expect(updates()).toHaveLength(3)
})

test('an update’s success is told by its status, whatever stands in the answer', async () => {
  await work([greet], ['a'], {}, request => (isUpdate(request) ? { headers: { 'content-type': 'application/json' }, body: 'not json' } : undefined))
  await server.seen(isUpdate)
  await host.stopPolling()
  expect(updates()).toHaveLength(1)
})

test('stopping waits for the running task and for nothing else', async () => {
  let finish = () => {}
  let begin = () => {}
  const begun = new Promise<void>(resolve => (begin = resolve))
  const slow: TaskWorker = {
    taskDefName: 'slow',
    execute: () => {
      begin()
      return new Promise<void>(resolve => (finish = resolve))
    },
  }
  await work([slow], ['a', 'b'])
  await begun
  const stopping = host.stopPolling()
  expect(host.isPolling).toBe(false)
  finish()
  await stopping
  expect(updates()).toHaveLength(1)
  expect(server.received.filter(isPoll)).toHaveLength(1)
})

test('a second start goes on as before', async () => {
  await work([greet], [])
  host.startPolling()
  await server.seen(isPoll, 3)
  await host.stopPolling()
  expect(host.isPolling).toBe(false)
})

test('holds its polls long when the server shows to be Busbar, unless told otherwise', async () => {
  const asBusbar = (request: Received): Scripted | undefined => (isPoll(request) ? { headers: { server: 'busbar/0.1.0' }, body: [] } : undefined)
  const timeouts = () => server.received.filter(isPoll).map(({ query }) => query.get('timeout'))
  await work([greet], [], {}, asBusbar)
  await server.seen(isPoll, 2)
  expect(timeouts().slice(0, 2)).toEqual(['100', '5000'])
  host.updatePollingOptions({ batchPollingTimeout: 300 })
  await server.seen(({ query }) => query.get('timeout') === '300')
})

test('refuses a missing list, an empty one, and two workers for one task', async () => {
  await work([greet], [])
  const client = new ConductorClient({ serverUrl: server.url })
  expect(() => new WorkerHost(client, undefined as never)).toThrow('No workers supplied to WorkerHost. Please pass an array of workers.')
  expect(() => new WorkerHost(client, []).startPolling()).toThrow('No workers supplied to WorkerHost')
  expect(() => new WorkerHost(client, [greet, greet]).startPolling()).toThrow('Duplicate worker taskDefName: greet')
})

test('has all five options from the start, and remembers what was changed', async () => {
  await work([greet], [])
  const lines: unknown[] = []
  const fresh = new WorkerHost(new ConductorClient({ serverUrl: server.url }), [greet], { logger: { ...noopLogger, info: line => lines.push(line) } })
  expect(fresh.options).toEqual({ workerID: hostname(), domain: undefined, pollInterval: 100, concurrency: 1, batchPollingTimeout: 100 })
  fresh.updatePollingOptions({ pollInterval: 7, concurrency: 2, domain: 'd', workerID: 'w', batchPollingTimeout: 9 })
  expect(fresh.options).toEqual({ workerID: 'w', domain: 'd', pollInterval: 7, concurrency: 2, batchPollingTimeout: 9 })
  fresh.updatePollingOptionForWorker('greet', { concurrency: 3 })
  expect(lines).toEqual(['No runner found for worker with taskDefName: greet'])
  fresh.startPolling()
  fresh.updatePollingOptionForWorker('greet', { concurrency: 3 })
  await fresh.stopPolling()
  expect(lines.slice(1)).toEqual([
    'TaskWorker greet initialized with concurrency of 2 and poll interval of 7',
    'TaskWorker greet configuration updated with concurrency of 3 and poll interval of 7',
  ])
})
