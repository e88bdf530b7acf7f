// oxlint-disable eslint/no-unused-vars -- the document's workers do not look at their tasks
/**
 * The document from which workers in JavaScript are learnt, run against a real server: each function holds one code block of it as it
 * stands there, with the imports and the names that the block takes for granted.
 */
import { ConductorClient, type Task, type TaskResult, TaskResultStatusEnum, WorkerHost, type WorkerInterface, WorkflowManager } from '@busbar/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServerInTest, serverInTest } from '../testing/server-in-test.js'

// ── The blocks ──

/** Creating Task Workers. */
function skeleton(): WorkerInterface {
  const worker: WorkerInterface = {
    taskDefName: 'task-def-name',
    // @ts-expect-error -- the document leaves the body to its reader; TypeScript wants a return, JavaScript does not
    execute: async (task: Task): Promise<Omit<TaskResult, 'workflowInstanceId' | 'taskId'>> => {},
  }
  return worker
}

/** Task worker that returns an object. */
function returningAnObject(): WorkerInterface {
  const worker: WorkerInterface = {
    taskDefName: 'task-def-name',
    execute: async (task: Task) => {
      // Sample output
      return {
        outputData: { hello: 'From your worker' },
        status: TaskResultStatusEnum.Completed,
      }
    },
  }
  return worker
}

/** Controlling execution for long-running tasks. */
function longRunning(): WorkerInterface {
  const worker: WorkerInterface = {
    taskDefName: 'task-def-name',
    execute: async (task: Task) => {
      // Sample output
      return {
        status: TaskResultStatusEnum.InProgress,
        callbackAfterSeconds: 60,
        outputData: {},
      }
    },
    pollInterval: 100, // optional
    concurrency: 2, // optional
  }
  return worker
}

/** Starting Workers. `between` is where the document's reader would look at what its worker does. */
async function startingWorkers(between: (host: WorkerHost) => Promise<void>): Promise<boolean[]> {
  const client = new ConductorClient()

  const taskDefName = 'HelloWorldWorker'

  const customWorker: WorkerInterface = {
    taskDefName,
    execute: async (task: Task) => {
      return {
        outputData: {
          greeting: 'Hello World',
        },
        status: TaskResultStatusEnum.Completed,
      }
    },
  }

  // Worker options will take precedence over the options defined in the host
  const host = new WorkerHost(client, [customWorker], {
    options: { pollInterval: 100, concurrency: 1 },
  })

  host.startPolling()

  // update all worker settings
  host.updatePollingOptions({ pollInterval: 100, concurrency: 1 })

  // update single worker settings
  host.updatePollingOptionForWorker(taskDefName, {
    pollInterval: 100,
    concurrency: 1,
  })

  const whilePolling = host.isPolling // Will resolve to true

  await between(host)
  await host.stopPolling()

  return [whilePolling, host.isPolling] // Will resolve to false
}

/** Get Task Details. */
async function getTaskDetails(someTaskId: string): Promise<Task> {
  const client = new ConductorClient()

  const manager = new WorkflowManager(client)

  const taskDetails = await manager.getTask(someTaskId)
  return taskDetails
}

/** Updating the Task result outside the worker implementation. */
async function updateFromOutside(manager: WorkflowManager, taskId: string, workflowId: string): Promise<void> {
  const newChange = { greet: 'bye' }
  await manager.updateTask(taskId, workflowId, TaskResultStatusEnum.Completed, newChange)
}

// ── What they do ──

let server: ServerInTest
let client: ConductorClient
let manager: WorkflowManager

beforeAll(async () => {
  server = await serverInTest()
  // The blocks make their clients without a word about where the server is.
  process.env['CONDUCTOR_SERVER_URL'] = server.url
  client = new ConductorClient()
  manager = new WorkflowManager(client)
  for (const taskName of ['task-def-name', 'HelloWorldWorker']) {
    const task = { name: taskName, taskReferenceName: 'only', type: 'SIMPLE', inputParameters: {} }
    await manager.registerWorkflow({ name: `runs-${taskName}`, version: 1, timeoutSeconds: 0, tasks: [task], outputParameters: { all: '${only.output}' } })
  }
})

afterAll(async () => {
  delete process.env['CONDUCTOR_SERVER_URL']
  client.close()
  await server.stop()
})

/** Looks until it fits; the server has no way to tell when a workflow changes. */
async function workflowOnce(id: string, fits: (state: { status?: string; task: Task | undefined }) => boolean) {
  for (const until = Date.now() + 15_000; ; ) {
    const workflow = await manager.getWorkflow(id, true)
    const state = { ...workflow, task: workflow.tasks?.[0] }
    if (fits(state)) return state
    if (Date.now() > until) throw new Error(`waited in vain: the workflow is ${state.status}, its task ${state.task?.status}`)
    await new Promise(setImmediate)
  }
}

async function runUnder(worker: WorkerInterface, fits: Parameters<typeof workflowOnce>[1]) {
  const host = new WorkerHost(client, [worker], { logger: { info() {}, error() {}, debug() {} }, options: { pollInterval: 10 } })
  host.startPolling()
  try {
    return await workflowOnce(await manager.startWorkflow({ name: `runs-${worker.taskDefName}`, input: {} }), fits)
  } finally {
    await host.stopPolling()
  }
}

test('a worker without a body completes its task with no output', async () => {
  expect(await runUnder(skeleton(), ({ status }) => status === 'COMPLETED')).toMatchObject({ output: { all: {} } })
})

test('a worker’s object is the result of its task', async () => {
  expect(await runUnder(returningAnObject(), ({ status }) => status === 'COMPLETED')).toMatchObject({ output: { all: { hello: 'From your worker' } } })
})

test('a long-running worker hands its task back for a minute, and somebody else completes it', async () => {
  const { task, workflowId } = await runUnder(longRunning(), ({ task }) => task?.callbackAfterSeconds === 60)
  expect(task).toMatchObject({ pollCount: 1 })
  await updateFromOutside(manager, task?.taskId ?? '', workflowId ?? '')
  expect(await workflowOnce(workflowId ?? '', ({ status }) => status === 'COMPLETED')).toMatchObject({ output: { all: { greet: 'bye' } } })
  expect(await getTaskDetails(task?.taskId ?? '')).toMatchObject({ status: 'COMPLETED', outputData: { greet: 'bye' } })
})

test('a host starts, is tuned, works, and stops', async () => {
  const polling = await startingWorkers(async host => {
    expect(host.options).toMatchObject({ pollInterval: 100, concurrency: 1 })
    const id = await manager.startWorkflow({ name: 'runs-HelloWorldWorker', input: {} })
    expect(await workflowOnce(id, ({ status }) => status === 'COMPLETED')).toMatchObject({ output: { all: { greeting: 'Hello World' } } })
  })
  expect(polling).toEqual([true, false])
})
