/** Conductor's wire, against a real server. Names begin with the status they prove. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Reply, type ServerInTest, serverInTest } from '../testing/server-in-test.js'

let server: ServerInTest
beforeAll(async () => {
  server = await serverInTest()
})
afterAll(() => server.stop())

const unknownId = '11111111-2222-4333-8444-555555000000'
let names = 0

async function registered(tasks: readonly object[] = [], more: object = {}): Promise<{ readonly workflow: string; readonly task: string }> {
  names += 1
  const [workflow, task] = [`w_${names}`, `t_${names}`]
  const work = { name: task, taskReferenceName: 'work', type: 'SIMPLE', inputParameters: { n: '${workflow.input.n}' } }
  const reply = await server.call('POST', '/api/metadata/workflow', { name: workflow, version: 1, tasks: tasks.length > 0 ? tasks : [work], ...more })
  expect([reply.status, reply.text]).toEqual([200, ''])
  return { workflow, task }
}

async function started(workflow: string, input: object = {}): Promise<string> {
  const reply = await server.call('POST', `/api/workflow/${workflow}`, input)
  expect(reply.headers.get('content-type')).toBe('text/plain;charset=UTF-8')
  return reply.text
}

const message = ({ status, json }: Reply) => [status, json.message]

describe('metadata', () => {
  it('200 under both families of names, as sent and with defaults', async () => {
    const { workflow } = await registered()
    for (const path of ['workflow', 'workflowdef']) {
      const { json } = await server.call('GET', `/api/metadata/${path}/${workflow}`)
      expect(json).toMatchObject({ name: workflow, version: 1, schemaVersion: 2, timeoutPolicy: 'ALERT_ONLY' })
      expect(json.createTime).toBeGreaterThan(0)
    }
  })

  it('409 when the version exists, 200 when it is to be overwritten', async () => {
    const { workflow } = await registered()
    const again = { name: workflow, version: 1, tasks: [{ name: 'h', taskReferenceName: 'h', type: 'HUMAN' }] }
    expect(message(await server.call('POST', '/api/metadata/workflow', again))).toEqual([409, `Workflow with ${workflow}.1 already exists!`])
    expect((await server.call('POST', '/api/metadata/workflow?overwrite=true', again)).status).toBe(200)
  })

  it('400 lists what is wrong with a definition', async () => {
    const { status, json } = await server.call('POST', '/api/metadata/workflow', { name: '', tasks: [] })
    expect(status).toBe(400)
    expect(json.validationErrors).toContainEqual({ path: 'registerWorkflowDef.arg0.tasks', message: 'WorkflowTask list cannot be empty' })
    expect(json.validationErrors).toContainEqual({
      path: 'registerWorkflowDef.arg0.name',
      message: 'WorkflowDef name cannot be null or empty',
      invalidValue: '',
    })
  })

  it('404 for definitions that are not there', async () => {
    expect(message(await server.call('GET', '/api/metadata/workflow/none'))).toEqual([404, 'No such workflow found by name: none, version: null'])
    expect(message(await server.call('GET', '/api/metadata/taskdefs/none'))).toEqual([404, 'No such taskType found by name: none'])
    expect((await server.call('DELETE', '/api/metadata/taskdef/none')).status).toBe(404)
  })

  it('400 stores nothing of a list with one bad task definition', async () => {
    expect((await server.call('POST', '/api/metadata/taskdefs', [{ name: 'good' }, { name: '', retryCount: -1 }])).status).toBe(400)
    expect((await server.call('GET', '/api/metadata/taskdefs/good')).status).toBe(404)
  })
})

describe('a workflow', () => {
  it('200 from its start through poll and update to its end', async () => {
    const { workflow, task } = await registered([], { outputParameters: { r: '${work.output.r}' } })
    const id = await started(workflow, { n: 1 })
    const polled = await server.call('GET', `/api/tasks/poll/batch/${task}?workerid=me&count=5&timeout=1000`)
    expect(polled.json).toHaveLength(1)
    expect(polled.json[0]).toMatchObject({ status: 'IN_PROGRESS', workflowInstanceId: id, inputData: { n: 1 }, workerId: 'me', pollCount: 1 })
    const { taskId } = polled.json[0]
    const updated = await server.call('POST', '/api/tasks', { workflowInstanceId: id, taskId, status: 'COMPLETED', outputData: { r: 2 } })
    expect([updated.status, updated.text]).toEqual([200, taskId])
    expect((await server.call('GET', `/api/workflow/${id}`)).json).toMatchObject({ status: 'COMPLETED', output: { r: 2 } })
  })

  it('200 answers a held poll as soon as there is work, not at its time-out', async () => {
    const { workflow, task } = await registered()
    const began = performance.now()
    const poll = server.call('GET', `/api/tasks/poll/batch/${task}?timeout=5000`)
    const id = await started(workflow)
    expect((await poll).json[0].workflowInstanceId).toBe(id)
    expect(performance.now() - began).toBeLessThan(2_500)
  })

  it('204 for an empty poll, 200 null under the name that cannot read 204', async () => {
    expect((await server.call('GET', '/api/tasks/poll/nothing')).status).toBe(204)
    const other = await server.call('GET', '/api/task/poll/nothing')
    expect([other.status, other.text]).toEqual([200, 'null'])
  })

  it('400 for a long poll above five seconds', async () => {
    const reply = await server.call('GET', '/api/tasks/poll/batch/x?timeout=5001')
    expect(message(reply)).toEqual([400, 'Long Poll Timeout value cannot be more than 5 seconds'])
  })

  it('200 update-v2 gives the next task of the type, 204 when there is none', async () => {
    const { workflow, task } = await registered()
    const [first, second] = [await started(workflow), await started(workflow)]
    const polled = (await server.call('GET', `/api/tasks/poll/${task}?workerid=me`)).json
    const next = await server.call('POST', '/api/tasks/update-v2', { workflowInstanceId: first, taskId: polled.taskId, status: 'COMPLETED', workerId: 'me' })
    expect([next.status, next.json.workflowInstanceId, next.json.workerId]).toEqual([200, second, 'me'])
    const last = await server.call('POST', '/api/tasks/update-v2', { workflowInstanceId: second, taskId: next.json.taskId, status: 'COMPLETED' })
    expect(last.status).toBe(204)
  })

  it('400 for a result without ids, 404 for unknown ones', async () => {
    const empty = await server.call('POST', '/api/tasks', {})
    expect(empty.json.validationErrors.map((one: { path: string }) => one.path)).toEqual(['updateTask.arg0.taskId', 'updateTask.arg0.workflowInstanceId'])
    const unknown = await server.call('POST', '/api/tasks', { workflowInstanceId: unknownId, taskId: unknownId, status: 'COMPLETED' })
    expect(message(unknown)).toEqual([404, `No such workflow found by id: ${unknownId}`])
  })

  it('200 paused and resumed; 500 when it is not paused, as the original says it', async () => {
    const { workflow } = await registered()
    const id = await started(workflow)
    expect((await server.call('PUT', `/api/workflow/${id}/pause`)).status).toBe(200)
    expect((await server.call('GET', `/api/workflow/${id}/status`)).json).toEqual({ workflowId: id, status: 'PAUSED' })
    expect((await server.call('PUT', `/api/workflow/${id}/resume`)).status).toBe(200)
    expect((await server.call('PUT', `/api/workflow/${id}/resume`)).status).toBe(500)
  })

  it('200 terminated, 204 restarted and retried, 404 when unknown', async () => {
    const { workflow } = await registered()
    const id = await started(workflow)
    expect((await server.call('DELETE', `/api/workflow/${id}?reason=enough`)).status).toBe(200)
    expect((await server.call('GET', `/api/workflow/${id}?includeTasks=false`)).json).toMatchObject({
      status: 'TERMINATED',
      reasonForIncompletion: 'enough',
      tasks: [],
    })
    expect((await server.call('POST', `/api/workflow/${id}/restart`)).status).toBe(204)
    await server.call('DELETE', `/api/workflow/${id}`)
    expect((await server.call('POST', `/api/workflow/${id}/retry`)).status).toBe(204)
    for (const [method, verb] of [
      ['PUT', 'pause'],
      ['POST', 'retry'],
      ['POST', 'reset-callbacks'],
    ] as const) {
      expect(message(await server.call(method, `/api/workflow/${unknownId}/${verb}`))).toEqual([404, `No such workflow found by id: ${unknownId}`])
    }
  })

  it('200 for a bulk call, each id answered by itself', async () => {
    const { workflow } = await registered()
    const id = await started(workflow)
    const { json } = await server.call('PUT', '/api/workflow/bulk/pause', [id, unknownId])
    expect(json).toEqual({ bulkErrorResults: { [unknownId]: `No such workflow found by id: ${unknownId}` }, bulkSuccessfulResults: [id] })
  })

  it('400 for what is no JSON, no object, or no number', async () => {
    const { workflow } = await registered()
    const headers = { 'content-type': 'application/json' }
    const bad = await fetch(`${server.url}/api/workflow/${workflow}`, { method: 'POST', headers, body: '{"a":' })
    expect(bad.status).toBe(400)
    expect((await server.call('POST', `/api/workflow/${workflow}`, [])).status).toBe(400)
    expect((await server.call('POST', `/api/workflow/${workflow}?version=x`, {})).status).toBe(400)
  })

  it('200 keeps log lines as sent, and lists them by time', async () => {
    const { workflow, task } = await registered()
    await started(workflow)
    const { taskId } = (await server.call('GET', `/api/tasks/poll/${task}`)).json
    expect((await server.call('GET', `/api/tasks/${taskId}/log`)).status).toBe(204)
    await fetch(`${server.url}/api/task/${taskId}/log`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '"quoted"' })
    const { json } = await server.call('GET', `/api/tasks/${taskId}/log`)
    expect(json).toEqual([{ log: '"quoted"', taskId, createdTime: expect.any(Number) }])
  })
})
