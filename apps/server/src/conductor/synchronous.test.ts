/** Calls that wait for a workflow, and test runs. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ServerInTest, serverInTest } from '../testing/server-in-test.js'

let server: ServerInTest
beforeAll(async () => {
  server = await serverInTest()
})
afterAll(() => server.stop())

const task = (ref: string, type: string, more: object = {}) => ({ name: ref, taskReferenceName: ref, type, ...more })
const sub = (ref: string, name: string) => task(ref, 'SUB_WORKFLOW', { subWorkflowParam: { name, version: 1 } })

let names = 0
async function registered(tasks: readonly object[], more: object = {}): Promise<string> {
  const name = `sync_${(names += 1)}`
  expect((await server.call('PUT', '/api/metadata/workflow', [{ name, version: 1, tasks, ...more }])).status).toBe(200)
  return name
}

const execute = (name: string, query = '', body: object = {}) => server.call('POST', `/api/workflow/execute/${name}/0?${query}`, body)

describe('synchronous execution', () => {
  it('answers at the moment when a worker ends the workflow', async () => {
    const name = await registered([task('work', 'SIMPLE')], { outputParameters: { v: '${work.output.v}' } })
    const answer = execute(name, 'requestId=r&waitForSeconds=30')
    const { json: polled } = await server.call('GET', `/api/tasks/poll/batch/work?timeout=5000`)
    const [{ taskId, workflowInstanceId }] = polled
    await server.call('POST', '/api/tasks', { taskId, workflowInstanceId, status: 'COMPLETED', outputData: { v: 1 } })
    expect((await answer).json).toMatchObject({ responseType: 'TARGET_WORKFLOW', requestId: 'r', status: 'COMPLETED', output: { v: 1 }, signalTimeout: false })
  })

  it('says that the time was up', async () => {
    const name = await registered([task('hold', 'HUMAN')])
    expect((await execute(name, 'waitForSeconds=1')).json).toMatchObject({ status: 'RUNNING', signalTimeout: true })
  })

  it('answers the workflow when a task was asked for and none blocks', async () => {
    const name = await registered([task('n', 'NOOP')])
    for (const strategy of ['BLOCKING_TASK', 'BLOCKING_TASK_INPUT']) {
      const { status, json } = await execute(name, `returnStrategy=${strategy}`)
      expect([status, json.responseType, json.status]).toEqual([200, 'TARGET_WORKFLOW', 'COMPLETED'])
    }
  })

  it('400 for a strategy that nobody knows', async () => {
    expect((await execute(await registered([task('n', 'NOOP')]), 'returnStrategy=LATER')).status).toBe(400)
  })
})

describe('signals', () => {
  it('reach a WAIT two levels down, and the answer waits for what follows it', async () => {
    const leaf = await registered([task('w', 'WAIT')], { outputParameters: { said: '${w.output.said}' } })
    const mid = await registered([sub('s', leaf)], { outputParameters: { said: '${s.output.said}' } })
    const root = await registered([sub('s', mid), task('next', 'WAIT')])
    const { json: run } = await execute(root, 'returnStrategy=BLOCKING_TASK')
    expect(run).toMatchObject({ referenceTaskName: 'w', workflowType: leaf })
    const id = run.targetWorkflowId
    const signalled = await server.call('POST', `/api/tasks/${id}/COMPLETED/signal/sync?returnStrategy=BLOCKING_TASK`, { said: 'yes' })
    expect(signalled.json).toMatchObject({ referenceTaskName: 'next', workflowType: root, targetWorkflowStatus: 'RUNNING' })
    expect((await server.call('GET', `/api/workflow/${id}`)).json.tasks[0]).toMatchObject({ status: 'COMPLETED', outputData: { said: 'yes' } })
  })

  it('end one WAIT each when they come together', async () => {
    const name = await registered(['a', 'b', 'c', 'd'].map(ref => task(ref, 'WAIT')))
    const id = (await server.call('POST', `/api/workflow/${name}`, {})).text
    await Promise.all(Array.from({ length: 4 }, () => server.call('POST', `/api/tasks/${id}/COMPLETED/signal`, {})))
    expect((await server.call('GET', `/api/workflow/${id}`)).json.status).toBe('COMPLETED')
  })
})

describe('a test run', () => {
  it('goes on into its sub workflows', async () => {
    const child = await registered([task('c', 'SIMPLE')], { outputParameters: { r: '${c.output.r}' } })
    const workflowDef = { name: 'tested', version: 1, tasks: [sub('s', child), task('end', 'SIMPLE')], outputParameters: { r: '${s.output.r}' } }
    const { json } = await server.call('POST', '/api/workflow/test', {
      name: 'tested',
      workflowDef,
      taskRefToMockOutput: { end: [{}] },
      subWorkflowTestRequest: { s: { name: child, taskRefToMockOutput: { c: [{ output: { r: 9 } }] } } },
    })
    expect(json).toMatchObject({ status: 'COMPLETED', output: { r: 9 } })
  })

  it('does nothing outside: requests, events and starts wait for their mocks', async () => {
    const http = task('h', 'HTTP', { inputParameters: { http_request: { uri: 'http://127.0.0.1:9/', method: 'GET' } } })
    const event = task('e', 'EVENT', { sink: 'conductor' })
    const start = task('s', 'START_WORKFLOW', { inputParameters: { startWorkflow: { name: 'nobody' } } })
    const request = { name: 'outside', workflowDef: { name: 'outside', version: 1, tasks: [http, event, start] } }
    const open = await server.call('POST', '/api/workflow/test', { ...request, taskRefToMockOutput: { h: [{ output: { response: 'mocked' } }] } })
    expect(open.json).toMatchObject({
      status: 'RUNNING',
      tasks: [
        { status: 'COMPLETED', outputData: { response: 'mocked' } },
        { status: 'IN_PROGRESS', outputData: {} },
      ],
    })
    const whole = await server.call('POST', '/api/workflow/test', { ...request, taskRefToMockOutput: { h: [{}], e: [{}], s: [{}] } })
    expect(whole.json.status).toBe('COMPLETED')
  })

  it('takes one result for each round of a loop, and shows the times of the mock', async () => {
    const loop = task('l', 'DO_WHILE', { loopCondition: '$.l.iteration < 2', loopOver: [task('w', 'SIMPLE')] })
    const { json } = await server.call('POST', '/api/workflow/test', {
      name: 'looped',
      workflowDef: { name: 'looped', version: 1, tasks: [loop] },
      taskRefToMockOutput: { w: [{ output: { n: 1 }, executionTime: 50, queueWaitTime: 20 }, { output: { n: 2 } }] },
    })
    expect(json.status).toBe('COMPLETED')
    const [, first, second] = json.tasks
    expect([first.outputData, second.outputData]).toEqual([{ n: 1 }, { n: 2 }])
    expect([first.endTime - first.startTime, first.queueWaitTime]).toEqual([50, 20])
  })

  it('cannot be asked for by a start', async () => {
    const name = await registered([task('e', 'EVENT', { sink: 'conductor' })])
    const { text: id } = await server.call('POST', '/api/workflow', { name, _testRun: true })
    expect((await server.call('GET', `/api/workflow/${id}`)).json.status).toBe('COMPLETED')
  })
})
