/** The whole list of verbs, each called through the published clients of Conductor that have it. */
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

const serverUrl = () => `${server.url}/api`
type Anything = Record<string, unknown>
/** The clients' types differ in what they let be left out, and the wire does not. */
const loosely = <T>(value: T) => value as never

const simple = (ref: string, name: string) => ({ name, taskReferenceName: ref, type: 'SIMPLE', inputParameters: {} })

function definition(name: string, more: Anything = {}) {
  const tasks = [simple('a', `${name}_a`), simple('b', `${name}_b`)]
  const outputParameters = { a: '${a.output.n}', b: '${b.output.n}' }
  return loosely({ name, version: 1, schemaVersion: 2, ownerEmail: 'a@b.example', timeoutSeconds: 0, inputParameters: [], tasks, outputParameters, ...more })
}

const taskDef = (name: string) => loosely({ name, retryCount: 0, timeoutSeconds: 0, responseTimeoutSeconds: 60, ownerEmail: 'a@b.example' })

/** The call that started it is still waiting for its answer. */
async function started(name: string, correlationId: string): Promise<string> {
  for (;;) {
    const found = (await server.call('GET', `/api/workflow/${name}/correlated/${correlationId}`)).json as { readonly workflowId: string }[]
    if (found[0]) return found[0].workflowId
  }
}

/** What all three have. */
interface Executor {
  startWorkflow(request: never): Promise<string>
  executeWorkflow(request: never, name: string, version: number, requestId: string, until?: string): Promise<unknown>
  getWorkflow(id: string, includeTasks: boolean): Promise<unknown>
  getWorkflowStatus(id: string, includeOutput: boolean, includeVariables: boolean): Promise<unknown>
  pause(id: string): Promise<unknown>
  resume(id: string): Promise<unknown>
  terminate(id: string, reason: string): Promise<unknown>
  restart(id: string, latest: boolean): Promise<unknown>
  retry(id: string, resumeSubworkflowTasks: boolean): Promise<unknown>
  reRun(id: string, request?: never): Promise<unknown>
  skipTasksFromWorkflow(id: string, ref: string, request: never): Promise<unknown>
  search(start: number, size: number, query: string, freeText: string): Promise<unknown>
  updateTask(task: string, id: string, status: never, output: never): Promise<unknown>
  updateTaskByRefName(ref: string, id: string, status: never, output: never): Promise<unknown>
  getTask(id: string): Promise<unknown>
  registerWorkflow(override: boolean, workflow: never): Promise<unknown>
}

interface Seen {
  readonly status: string
  readonly output: Anything
  readonly tasks: readonly { readonly taskId: string; readonly referenceTaskName: string; readonly status: string }[]
}

/** Start, pause, resume, terminate, restart, retry, rerun, skip, execute, update, search: with assertions after each. */
async function playVerbs(executor: Executor, name: string): Promise<void> {
  await executor.registerWorkflow(true, definition(name))
  const start = (correlationId = 'c') => executor.startWorkflow(loosely({ name, version: 1, correlationId, input: {} }))
  const seen = async (id: string) => (await executor.getWorkflow(id, true)) as Seen
  const tasks = async (id: string) => (await seen(id)).tasks.map(task => `${task.referenceTaskName} ${task.status}`)
  const finish = (id: string, ref: string, n: number, status = 'COMPLETED') => executor.updateTaskByRefName(ref, id, loosely(status), loosely({ n }))

  const id = await start()
  await executor.pause(id)
  expect(await seen(id)).toMatchObject({ status: 'PAUSED' })
  await finish(id, 'a', 1)
  expect(await tasks(id)).toEqual(['a COMPLETED'])
  await executor.resume(id)
  expect(await tasks(id)).toEqual(['a COMPLETED', 'b SCHEDULED'])
  await executor.terminate(id, 'enough')
  expect(await executor.getWorkflowStatus(id, true, true)).toMatchObject({ workflowId: id, status: 'TERMINATED' })
  await executor.retry(id, false)
  expect((await tasks(id)).at(-1)).toBe('b SCHEDULED')
  await finish(id, 'b', 2)
  expect(await seen(id)).toMatchObject({ status: 'COMPLETED', output: { a: 1, b: 2 } })

  const again = (await seen(id)).tasks.find(task => task.referenceTaskName === 'b')?.taskId
  await executor.reRun(id, loosely({ reRunFromTaskId: again }))
  expect(await seen(id)).toMatchObject({ status: 'RUNNING' })
  await finish(id, 'b', 3, 'FAILED_WITH_TERMINAL_ERROR')
  expect(await seen(id)).toMatchObject({ status: 'FAILED' })
  await executor.restart(id, true)
  expect(await tasks(id)).toEqual(['a SCHEDULED'])
  await executor.skipTasksFromWorkflow(id, 'b', loosely({ taskOutput: { n: 9 } }))
  const [open] = (await seen(id)).tasks.filter(task => task.referenceTaskName === 'a')
  expect(await executor.getTask(open?.taskId ?? '')).toMatchObject({ status: 'SCHEDULED' })
  await executor.updateTask(open?.taskId ?? '', id, loosely('COMPLETED'), loosely({ n: 4 }))
  expect(await seen(id)).toMatchObject({ status: 'COMPLETED', output: { a: 4 } })

  const executing = executor.executeWorkflow(loosely({ name, version: 1, input: {}, correlationId: 'executed' }), name, 1, 'r', 'a')
  const run = await started(name, 'executed')
  await finish(run, 'a', 5)
  expect(await executing).toMatchObject({ workflowId: run })
  expect(await executor.search(0, 10, `workflowType = "${name}" AND status = "COMPLETED"`, '*')).toMatchObject({ totalHits: 1, results: [{ workflowId: id }] })
  expect(await executor.search(0, 10, '', 'no-such-word-anywhere')).toMatchObject({ totalHits: 0 })
}

/** What the workflow at `name` says of an event handler and a schedule, in the clients' words. */
const handler = (name: string, active = true) =>
  loosely({ name, event: `conductor:${name}:wait`, active, actions: [{ action: 'start_workflow', start_workflow: { name } }] })
const schedule = (name: string) => loosely({ name: `${name}_daily`, cronExpression: '0 0 5 * * ?', startWorkflowRequest: { name, version: 1 }, paused: true })

describe('conductor-javascript 1.2.3', () => {
  it('calls every verb of a workflow', async () => {
    const client = await v1.orkesConductorClient({ serverUrl: serverUrl() })
    await playVerbs(new v1.WorkflowExecutor(client) as unknown as Executor, 'verbs_one')
  })

  it('calls the bulk verbs, metadata, queues and logs', async () => {
    const { metadataResource, workflowResource, workflowBulkResource: bulk, taskResource } = await v1.orkesConductorClient({ serverUrl: serverUrl() })
    const name = 'bulk_one'
    await metadataResource.registerTaskDef([taskDef(`${name}_a`), taskDef(`${name}_b`)])
    await metadataResource.updateTaskDef(loosely({ ...(taskDef(`${name}_a`) as Anything), description: 'new' }))
    expect(await metadataResource.getTaskDef(`${name}_a`)).toMatchObject({ description: 'new' })
    expect((await metadataResource.getTaskDefs()).map(def => def.name)).toContain(`${name}_b`)
    await metadataResource.create(definition(name))
    await metadataResource.update([definition(name)])
    expect(await metadataResource.get(name, 1)).toMatchObject({ name })
    expect((await metadataResource.getAllWorkflows()).map(def => def.name)).toContain(name)

    const ids = [await workflowResource.startWorkflow1(name, {}, 1, 'c1'), await workflowResource.startWorkflow(loosely({ name, correlationId: 'c2' }))]
    expect([...(await workflowResource.getRunningWorkflow(name, 1))].sort()).toEqual([...ids].sort())
    const fine = { bulkSuccessfulResults: ids, bulkErrorResults: {} }
    expect(await bulk.pauseWorkflow1(ids)).toEqual(fine)
    expect(await bulk.resumeWorkflow(ids)).toEqual(fine)
    expect(await bulk.terminate(ids, 'enough')).toEqual(fine)
    expect(await bulk.retry(ids)).toEqual(fine)
    expect(await bulk.terminate(ids)).toEqual(fine)
    expect(await bulk.restart(ids, true)).toEqual(fine)
    expect(await bulk.pauseWorkflow1(['none'])).toMatchObject({ bulkSuccessfulResults: [], bulkErrorResults: { none: expect.any(String) } })

    const polled = await taskResource.batchPoll(`${name}_a`, 'w', undefined, 2, 100)
    expect(polled).toHaveLength(2)
    const taskId = polled[0]?.taskId ?? ''
    await taskResource.log(taskId, 'a line')
    // This client sends the line as JSON, and a line is kept as it was sent.
    expect(await taskResource.getTaskLogs(taskId)).toMatchObject([{ log: '"a line"' }])
    expect(await taskResource.getPollData(`${name}_a`)).toMatchObject([{ workerId: 'w' }])
    expect(await taskResource.all()).not.toHaveProperty(`${name}_a`)
    await taskResource.updateTask(polled[0]?.workflowInstanceId ?? '', 'a', 'IN_PROGRESS', loosely({ n: 1 }))
    await workflowResource.resetWorkflow(polled[0]?.workflowInstanceId ?? '')
    await workflowResource.decide(ids[0] ?? '')
    expect(await workflowResource.getWorkflows(name, ['c1', 'c2'], true)).toMatchObject({ c1: [{ workflowId: ids[0] }], c2: [{ workflowId: ids[1] }] })
    expect(await workflowResource.searchWorkflowsByTasks(0, 10, undefined, '*', `taskType = "${name}_a"`)).toMatchObject({ totalHits: 2 })
    await bulk.terminate(ids)
    for (const id of ids) await workflowResource.delete(id, false)
    await expect(workflowResource.getExecutionStatus(ids[0] ?? '')).rejects.toMatchObject({ status: 404 })
    await metadataResource.unregisterWorkflowDef(name, 1)
    await metadataResource.unregisterTaskDef(`${name}_a`)
    await expect(metadataResource.get(name, 1)).rejects.toMatchObject({ status: 404 })
  })

  it('keeps event handlers and schedules', async () => {
    const { eventResource, schedulerResource, metadataResource } = await v1.orkesConductorClient({ serverUrl: serverUrl() })
    const name = 'around_one'
    await metadataResource.create(definition(name))
    await eventResource.addEventHandler(handler(name))
    await eventResource.updateEventHandler(handler(name, false))
    expect(await eventResource.getEventHandlersForEvent(`conductor:${name}:wait`, false)).toMatchObject([{ name, active: false }])
    await eventResource.removeEventHandlerStatus(name)
    expect((await eventResource.getEventHandlers()).map(one => one.name)).not.toContain(name)
    await schedulerResource.saveSchedule(schedule(name))
    expect(await schedulerResource.getSchedule(`${name}_daily`)).toMatchObject({ paused: true })
    // This client asks by GET, which neither the original nor we take.
    await expect(schedulerResource.resumeSchedule(`${name}_daily`)).rejects.toMatchObject({ status: 405 })
    expect(await schedulerResource.getAllSchedules(name)).toHaveLength(1)
    expect(await schedulerResource.getNextFewSchedules('0 0 5 * * ?', undefined, undefined, 3)).toHaveLength(3)
    await schedulerResource.deleteSchedule(`${name}_daily`)
    expect(await schedulerResource.getAllSchedules(name)).toEqual([])
  })
})

/** What 2.4.1 and 4.0.0 have beside that. */
interface LaterClients {
  readonly executor: v2.WorkflowExecutor
  readonly metadata: v2.MetadataClient
  readonly scheduler: v2.SchedulerClient
  readonly events: v2.EventClient
  readonly tasks: v2.TaskClient
  /** How it pauses and resumes a schedule. */
  readonly asksByPut: boolean
}

async function playLater({ executor, metadata, scheduler, events, tasks, asksByPut }: LaterClients, name: string): Promise<void> {
  await metadata.registerTasks([taskDef(`${name}_a`), taskDef(`${name}_b`)])
  await metadata.updateTask(taskDef(`${name}_a`))
  expect(await metadata.getTask(`${name}_a`)).toMatchObject({ name: `${name}_a` })
  const wait = { name: 'w', taskReferenceName: 'w', type: 'WAIT', inputParameters: {} }
  await metadata.registerWorkflowDef(definition(name, { tasks: [wait, simple('a', `${name}_a`), { ...wait, taskReferenceName: 'x' }] }), true)
  expect(await metadata.getWorkflowDef(name, 1)).toMatchObject({ name })

  const [id = '', other = ''] = await Promise.all(
    executor.startWorkflows(
      loosely([
        { name, version: 1 },
        { name, version: 1 },
      ]),
    ),
  )
  await executor.terminate(other, 'one is enough')
  expect(await executor.signal(id, loosely('COMPLETED'), loosely({ n: 1 }))).toMatchObject({ workflowId: id })
  expect(await executor.updateTaskSync('a', id, loosely('COMPLETED'), loosely({ n: 2 }))).toMatchObject({ workflowId: id })
  await executor.signalAsync(id, loosely('COMPLETED'), loosely({ n: 3 }))
  expect(await executor.getExecution(id)).toMatchObject({ status: 'COMPLETED', tasks: [{}, {}, {}] })
  await executor.goBackToFirstTaskMatchingType(id, `${name}_a`)
  const going = (await executor.getExecution(id)) as unknown as Seen
  expect(going.tasks.map(task => `${task.referenceTaskName} ${task.status}`)).toEqual(['w COMPLETED', 'a SCHEDULED'])
  expect(await tasks.getTask(going.tasks[1]?.taskId ?? '')).toMatchObject({ referenceTaskName: 'a' })
  // What runs again is found as it was before, though nobody has polled it since.
  expect(await tasks.search(0, 10, undefined, '*', `workflowId = "${id}"`)).toMatchObject({ totalHits: 2 })
  await tasks.updateTaskResult(id, 'a', loosely('FAILED_WITH_TERMINAL_ERROR'), {})
  expect(await executor.getExecution(id)).toMatchObject({ status: 'FAILED' })

  await events.addEventHandler(handler(name))
  await events.updateEventHandler(handler(name, false))
  expect(await events.getEventHandlersForEvent(`conductor:${name}:wait`)).toMatchObject([{ active: false }])
  expect((await events.getAllEventHandlers()).map(one => one.name)).toContain(name)
  await events.removeEventHandler(name)
  await scheduler.saveSchedule(schedule(name))
  if (asksByPut) {
    await scheduler.resumeSchedule(`${name}_daily`)
    expect((await scheduler.getSchedule(`${name}_daily`)).paused).toBeFalsy()
    await scheduler.pauseSchedule(`${name}_daily`)
    // By GET, which neither the original nor we take.
  } else await expect(scheduler.resumeSchedule(`${name}_daily`)).rejects.toThrow("'GET' is not supported")
  expect(await scheduler.getSchedule(`${name}_daily`)).toMatchObject({ paused: true })
  expect(await scheduler.getNextFewSchedules('0 0 5 * * ?')).not.toEqual([])
  expect(await scheduler.search(0, 10)).toMatchObject({ totalHits: 0 })
  await scheduler.deleteSchedule(`${name}_daily`)
  await metadata.unregisterWorkflow(name, 1)
  await metadata.unregisterTask(`${name}_a`)
}

describe('conductor-javascript 2.4.1', () => {
  it('calls every verb of a workflow', async () => {
    await playVerbs(new v2.WorkflowExecutor(await v2.orkesConductorClient({ serverUrl: serverUrl() })) as unknown as Executor, 'verbs_two')
  })

  it('signals, updates and waits, goes back, searches tasks, keeps handlers and schedules', async () => {
    const client = await v2.orkesConductorClient({ serverUrl: serverUrl() })
    const [executor, metadata, scheduler] = [new v2.WorkflowExecutor(client), new v2.MetadataClient(client), new v2.SchedulerClient(client)]
    await playLater({ executor, metadata, scheduler, events: new v2.EventClient(client), tasks: new v2.TaskClient(client), asksByPut: false }, 'later_two')
  })
})

describe('conductor-javascript 4.0.0', () => {
  it('calls every verb of a workflow', async () => {
    await playVerbs(new v4.WorkflowExecutor(await v4.createConductorClient({ serverUrl: serverUrl() })) as unknown as Executor, 'verbs_four')
  })

  it('signals, updates and waits, goes back, searches tasks, keeps handlers and schedules', async () => {
    const client = await v4.createConductorClient({ serverUrl: serverUrl() })
    const [executor, metadata, scheduler] = [new v4.WorkflowExecutor(client), new v4.MetadataClient(client), new v4.SchedulerClient(client)]
    const clients = { executor, metadata, scheduler, events: new v4.EventClient(client), tasks: new v4.TaskClient(client), asksByPut: true }
    await playLater(clients as unknown as LaterClients, 'later_four')
  })

  it('removes, changes variables, tests with mocks, lists by correlation, and logs', async () => {
    const client = await v4.createConductorClient({ serverUrl: serverUrl() })
    const [executor, tasks, metadata] = [new v4.WorkflowExecutor(client), new v4.TaskClient(client), new v4.MetadataClient(client)]
    const name = 'more_four'
    await metadata.registerWorkflowDef(definition(name), true)
    expect((await metadata.getAllWorkflowDefs()).map(def => def.name)).toContain(name)
    const id = await executor.startWorkflowByName(name, { x: 1 }, 1, 'corr', 3)
    // Paths of the hosted product alone.
    await expect(executor.updateVariables(id, { v: 1 })).rejects.toThrow('No static resource')
    await expect(executor.getByCorrelationIds({ workflowNames: [name], correlationIds: ['corr'] })).rejects.toThrow('No static resource')
    const tested = await executor.testWorkflow(
      loosely({
        name,
        version: 1,
        input: {},
        taskRefToMockOutput: { a: [{ status: 'COMPLETED', output: { n: 1 } }], b: [{ status: 'COMPLETED', output: { n: 2 } }] },
      }),
    )
    expect(tested).toMatchObject({ status: 'COMPLETED', output: { a: 1, b: 2 } })
    const { tasks: open = [] } = await executor.getWorkflow(id, true)
    const taskId = open[0]?.taskId ?? ''
    await tasks.addTaskLog(taskId, 'a line')
    expect(await tasks.getTaskLogs(taskId)).toMatchObject([{ log: '"a line"' }])
    expect(await tasks.getQueueSizeForTask([`${name}_a`])).toMatchObject({ [`${name}_a`]: 1 })
    expect(await tasks.getTaskPollData(`${name}_a`)).toEqual([])
    await executor.deleteWorkflow(id, false)
    await expect(executor.getExecution(id)).rejects.toThrow(id)
  })
})
