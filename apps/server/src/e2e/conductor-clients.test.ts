/** The published clients of Conductor, unchanged, drive the server: register, start, work, complete. */
import * as v1 from 'conductor-javascript-1'
import * as v2 from 'conductor-javascript-2'
import * as v4 from 'conductor-javascript-4'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ServerInTest, serverInTest } from '../testing/server-in-test.js'

let server: ServerInTest
beforeAll(async () => {
  server = await serverInTest()
})
afterAll(() => server.stop())

const quiet = { log() {}, info() {}, error() {}, debug() {}, warn() {} }

const definitionOf = (name: string, task: string) => ({
  name,
  version: 1,
  schemaVersion: 2 as const,
  ownerEmail: 'a@b.example',
  timeoutSeconds: 0,
  inputParameters: [],
  tasks: [{ name: task, taskReferenceName: 'greet', type: 'SIMPLE' as const, inputParameters: { name: '${workflow.input.name}' } }],
  outputParameters: { greeting: '${greet.output.text}' },
})

async function ended(id: string): Promise<{ readonly status: string; readonly output: unknown }> {
  for (;;) {
    const { json } = await server.call('GET', `/api/workflow/${id}`)
    if (json.status !== 'RUNNING') return json
  }
}

const workerOf = (task: string) => ({
  taskDefName: task,
  concurrency: 2,
  pollInterval: 10,
  execute: async (work: { inputData?: Record<string, unknown> | undefined }) => ({
    status: 'COMPLETED' as const,
    outputData: { text: `Hello, ${String(work.inputData?.['name'])}` },
  }),
})

describe('conductor-javascript', () => {
  it('1.2.3 registers, starts, works and completes', async () => {
    const client = await v1.orkesConductorClient({ serverUrl: `${server.url}/api` })
    await client.metadataResource.registerTaskDef([{ name: 'one_greet', retryCount: 0, timeoutSeconds: 0, responseTimeoutSeconds: 60 } as never])
    await client.metadataResource.create(definitionOf('one', 'one_greet') as never)
    const manager = new v1.TaskManager(client, [workerOf('one_greet') as never], { logger: quiet as never })
    manager.startPolling()
    const id = await new v1.WorkflowExecutor(client).startWorkflow({ name: 'one', version: 1, input: { name: 'Ida' } })
    expect(await ended(id)).toMatchObject({ status: 'COMPLETED', output: { greeting: 'Hello, Ida' } })
    await manager.stopPolling()
  })

  it('2.4.1 registers, starts, works and completes', async () => {
    const client = await v2.orkesConductorClient({ serverUrl: `${server.url}/api` })
    await new v2.MetadataClient(client).registerTask({ name: 'two_greet', retryCount: 0, timeoutSeconds: 0, responseTimeoutSeconds: 60 } as never)
    await new v2.MetadataClient(client).registerWorkflowDef(definitionOf('two', 'two_greet') as never, true)
    const manager = new v2.TaskManager(client, [workerOf('two_greet') as never], { logger: quiet as never })
    manager.startPolling()
    const id = await new v2.WorkflowExecutor(client).startWorkflow({ name: 'two', version: 1, input: { name: 'Ole' } } as never)
    expect(await ended(id)).toMatchObject({ status: 'COMPLETED', output: { greeting: 'Hello, Ole' } })
    await manager.stopPolling()
  })

  it('4.0.0 registers, starts, works and completes', async () => {
    const client = await v4.createConductorClient({ serverUrl: `${server.url}/api` })
    await new v4.MetadataClient(client).registerTask({ name: 'four_greet', retryCount: 0, timeoutSeconds: 0, responseTimeoutSeconds: 60 } as never)
    await new v4.MetadataClient(client).registerWorkflowDef(definitionOf('four', 'four_greet') as never, true)
    const manager = new v4.TaskManager(client, [workerOf('four_greet') as never], { logger: quiet as never })
    manager.startPolling()
    const id = await new v4.WorkflowExecutor(client).startWorkflow({ name: 'four', version: 1, input: { name: 'Eva' } } as never)
    expect(await ended(id)).toMatchObject({ status: 'COMPLETED', output: { greeting: 'Hello, Eva' } })
    await manager.stopPolling()
  })
})
