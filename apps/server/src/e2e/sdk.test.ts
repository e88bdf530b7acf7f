/** The SDK and the server, over a real connection: both families of paths, definitions from builders, workers that fail, last and stop. */
import {
  ApiException,
  ConductorClient,
  customTask,
  forkBranches,
  inlineTask,
  newLoopTask,
  setVariableTask,
  simpleTask,
  switchTask,
  type TaskDefTypes,
  type TaskWorker,
  type Workflow,
  WorkerHost,
  WorkflowManager,
  workflow,
} from '@busbar/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ServerInTest, serverInTest } from '../testing/server-in-test.js'

let server: ServerInTest

beforeAll(async () => {
  server = await serverInTest()
})
afterAll(() => server.stop())

/** Looks until it has ended. Bounded, so that a test that fails says where its workflow stands. */
async function ended(manager: WorkflowManager, id: string): Promise<Workflow> {
  for (const until = Date.now() + 15_000; ; ) {
    const execution = await manager.getWorkflow(id, true)
    if (execution.status !== 'RUNNING') return execution
    if (Date.now() > until) throw new Error(`still running: ${execution.tasks?.map(task => `${task.referenceTaskName} ${task.status}`).join(', ')}`)
    await new Promise(setImmediate)
  }
}

const quiet = { info() {}, error() {}, debug() {} }

describe.each(['main', 'swift'] as const)('by the paths of the %s family', paths => {
  let client: ConductorClient
  let manager: WorkflowManager

  beforeAll(() => {
    client = new ConductorClient({ serverUrl: server.url, paths })
    manager = new WorkflowManager(client)
  })
  afterAll(() => client.close())

  /** Registers, starts, works until it has ended, and stops. */
  async function run(name: string, tasks: TaskDefTypes[], workers: TaskWorker[], input = {}, outputParameters = {}) {
    const definition = `${name}-${paths}`
    await manager.registerWorkflow({ ...workflow(definition, tasks), outputParameters })
    const host = new WorkerHost(client, workers, { logger: quiet, options: { pollInterval: 10 } })
    host.startPolling()
    try {
      const id = await manager.startWorkflow({ name: definition, input })
      return await ended(manager, id)
    } finally {
      await host.stopPolling()
    }
  }

  const taskName = (name: string) => `${name}_${paths}`
  const doubles: TaskWorker = { taskDefName: '', execute: async ({ inputData }) => ({ outputData: { n: Number(inputData?.['n']) * 2 } }) }

  test('a fork, a switch, a loop and a script from builders run to the end', async () => {
    const worker = { ...doubles, taskDefName: taskName('double') }
    const execution = await run(
      'shapes',
      [
        ...forkBranches('both', [[simpleTask('left', worker.taskDefName, { n: '${workflow.input.n}' })], [simpleTask('right', worker.taskDefName, { n: 10 })]]),
        switchTask('size', '${left.output.n}', { 6: [setVariableTask('six', { found: 'six' })] }, [setVariableTask('other', { found: 'other' })]),
        newLoopTask('loop', 3, [setVariableTask('again', { turns: '${loop.output.iteration}' })]),
        {
          ...inlineTask('sum', '$.a + $.b'),
          inputParameters: { evaluatorType: 'javascript', expression: '$.a + $.b', a: '${left.output.n}', b: '${right.output.n}' },
        },
      ],
      [worker],
      { n: 3 },
      { sum: '${sum.output.result}', found: '${workflow.variables.found}' },
    )
    expect(execution).toMatchObject({ status: 'COMPLETED', output: { sum: 26, found: 'six' } })
  })

  test('the two words for a worker’s task mean the same', async () => {
    const worker = { ...doubles, taskDefName: taskName('either') }
    const execution = await run('words', [simpleTask('simple', worker.taskDefName, { n: 1 }), customTask(worker.taskDefName, 'custom', { n: 2 })], [worker])
    expect(execution).toMatchObject({ status: 'COMPLETED', tasks: [{ taskType: worker.taskDefName }, { taskType: worker.taskDefName, outputData: { n: 4 } }] })
  })

  test('what a worker throws is the reason of the workflow, with its log', async () => {
    const name = taskName('broken')
    await client.metadataResource.registerTaskDef([{ name, timeoutSeconds: 0, retryCount: 0 }])
    const breaks: TaskWorker = {
      taskDefName: name,
      execute: async (_, { log }) => {
        log('before it broke')
        throw new Error('it broke')
      },
    }
    const execution = await run('breaks', [simpleTask('only', name)], [breaks])
    expect(execution).toMatchObject({ status: 'FAILED', tasks: [{ status: 'FAILED', reasonForIncompletion: 'it broke' }] })
    const logs = await client.taskResource.getTaskLogs(execution.tasks?.[0]?.taskId ?? '')
    expect(logs.map(({ log }) => log)).toEqual(['before it broke'])
  })

  test('a task outlives its response time-out as long as its worker works on it', async () => {
    const name = taskName('long')
    await client.metadataResource.registerTaskDef([{ name, timeoutSeconds: 0, responseTimeoutSeconds: 1, retryCount: 0 }])
    const lasts: TaskWorker = { taskDefName: name, execute: () => new Promise(resolve => setTimeout(() => resolve({ outputData: { done: true } }), 2_500)) }
    const execution = await run('lasts', [simpleTask('only', name)], [lasts])
    expect(execution).toMatchObject({ status: 'COMPLETED', tasks: [{ outputData: { done: true } }] })
  })

  test('metadata, queues, logs and steering answer as they should', async () => {
    const { metadataResource, taskResource, workflowResource } = client
    const name = taskName('waits')
    await metadataResource.registerTaskDef([{ name, timeoutSeconds: 0, description: 'first' }])
    await metadataResource.updateTaskDef({ name, timeoutSeconds: 0, description: 'second' })
    expect(await metadataResource.getTaskDef(name)).toMatchObject({ description: 'second' })
    await manager.registerWorkflow(workflow(name, [simpleTask('only', name)]))
    await expect(manager.registerWorkflow(workflow(name, [simpleTask('only', name)]))).rejects.toMatchObject({ code: 409 })
    expect(await metadataResource.get(name)).toMatchObject({ name, version: 1, tasks: [{ taskReferenceName: 'only' }] })

    const ids = await Promise.all(manager.startWorkflows([{ name }, { name }]))
    expect(await taskResource.size([name])).toEqual({ [name]: 2 })
    const id = ids[0] ?? ''
    await manager.pause(id)
    expect(await manager.getWorkflow(id, false)).toMatchObject({ status: 'PAUSED' })
    await manager.resume(id)
    const polled = await taskResource.batchPoll(name, 'by hand', undefined, 5, 100)
    expect(new Set(polled.map(({ workflowInstanceId }) => workflowInstanceId))).toEqual(new Set(ids))
    const taskId = polled[0]?.taskId ?? ''
    await taskResource.log(taskId, 'a "plain" line')
    expect((await taskResource.getTaskLogs(taskId)).map(({ log }) => log)).toEqual(['a "plain" line'])
    expect(await taskResource.poll(name, 'by hand')).toBeUndefined()
    await manager.terminate(id, 'enough')
    expect(await workflowResource.getExecutionStatus(id)).toMatchObject({ status: 'TERMINATED', reasonForIncompletion: 'enough' })
    await manager.restart(id, false)
    expect(await manager.getWorkflow(id, false)).toMatchObject({ status: 'RUNNING' })
    await metadataResource.unregisterWorkflowDef(name, 1)
    await metadataResource.unregisterTaskDef(name)
  })

  test('a refusal carries the server’s words', async () => {
    const error = await manager.getWorkflow('no-such-id', true).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ApiException)
    expect(error).toMatchObject({ code: 404, message: expect.stringContaining('No such workflow found by id: no-such-id') })
  })
})

test('a host that stops with work under way leaves nothing behind', async () => {
  const client = new ConductorClient({ serverUrl: server.url })
  const manager = new WorkflowManager(client)
  await manager.registerWorkflow(workflow('stops', [simpleTask('only', 'stops')]))
  let finish = () => {}
  let begin = () => {}
  const begun = new Promise<void>(resolve => (begin = resolve))
  const slow: TaskWorker = {
    taskDefName: 'stops',
    execute: () => {
      begin()
      return new Promise<void>(resolve => (finish = resolve))
    },
  }
  const host = new WorkerHost(client, [slow], { logger: quiet })
  host.startPolling()
  const id = await manager.startWorkflow({ name: 'stops' })
  await begun
  const stopping = host.stopPolling()
  finish()
  await stopping
  expect(await manager.getWorkflow(id, false)).toMatchObject({ status: 'COMPLETED' })
  client.close()
})
