import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ServerInTest, serverInTest } from '../testing/server-in-test.js'

let server: ServerInTest

beforeAll(async () => {
  server = await serverInTest({ payloads: { workflowThresholdKilobytes: 1, taskThresholdKilobytes: 1, taskMaxKilobytes: 100 } })
  const tasks = ['a', 'b'].map(name => ({
    name: `pay_${name}`,
    taskReferenceName: name,
    type: 'SIMPLE',
    inputParameters: { n: '${workflow.input.n}', m: '${a.output.m}' },
  }))
  await server.call('POST', '/api/metadata/workflow', { name: 'pay', version: 1, schemaVersion: 2, tasks })
})

afterAll(() => server.stop())

const long = 'x'.repeat(3_000)

const location = (of: 'workflow' | 'tasks', path: string, operation: string, payloadType: string) =>
  server.call('GET', `/api/${of}/externalstoragelocation?${new URLSearchParams({ path, operation, payloadType }).toString()}`)

async function filesKept(): Promise<number> {
  const found = await readdir(join(server.data, 'payloads'), { recursive: true, withFileTypes: true }).catch(() => [])
  return found.filter(one => one.isFile() && !one.parentPath.includes('users')).length
}

describe('payloads', () => {
  it('400 for an operation or a type that there is not, in the words of the original', async () => {
    const refused = await location('workflow', 'p', 'LOOK', 'WORKFLOW_INPUT')
    expect(refused.status).toBe(400)
    expect(refused.json.message).toBe('Invalid input - Operation: LOOK, PayloadType: WORKFLOW_INPUT')
    expect((await location('tasks', 'p', 'READ', 'BOX')).json.message).toBe('Invalid input - Operation: READ, PayloadType: BOX')
    expect((await server.call('GET', '/api/workflow/externalstoragelocation?path=p')).status).toBe(400)
  })

  it('403 for an address that this server did not sign, or signed for something else', async () => {
    const { json } = await location('workflow', '', 'WRITE', 'WORKFLOW_INPUT')
    const url = new URL(json.uri)
    const other = await location('workflow', '', 'WRITE', 'WORKFLOW_INPUT')
    expect((await server.call('GET', url.pathname + url.search)).status).toBe(403)
    expect((await server.call('PUT', new URL(other.json.uri).pathname + url.search, {})).status).toBe(403)
    expect((await server.call('PUT', `${url.pathname}${url.search.replace(/expires=\d+/, 'expires=99999999999999')}`, {})).status).toBe(403)
    expect((await server.call('PUT', '/api/external/payload/%2e%2e%2fpasswd', {})).status).toBe(400)
    expect((await server.call('PUT', '/api/external/payload/passwd?expires=1&signature=a', {})).status).toBe(403)
  })

  it('400 for an upload that is no object, 409 for another content under the same address', async () => {
    const { json } = await location('tasks', 'mine/', 'write', 'task_output')
    const url = json.uri.slice(server.url.length)
    expect((await server.call('PUT', url, [1])).status).toBe(400)
    expect((await server.call('PUT', url, { a: 1 })).status).toBe(200)
    expect((await server.call('PUT', url, { a: 1 })).status).toBe(200)
    expect((await server.call('PUT', url, { a: 2 })).status).toBe(409)
  })

  it('go round: uploaded, started with, read by expressions, shown as a path, downloaded, removed with their workflow', async () => {
    const { json: input } = await location('workflow', 'workflow/input/', 'WRITE', 'WORKFLOW_INPUT')
    expect(input.path).toMatch(/^workflow\/input\/[0-9a-f-]{36}\.json$/)
    const before = await filesKept()
    await server.call('PUT', input.uri.slice(server.url.length), { n: 1, long })
    const id = (await server.call('POST', '/api/workflow', { name: 'pay', version: 1, externalInputPayloadStoragePath: input.path })).text
    const { json: first } = await server.call('GET', '/api/tasks/poll/pay_a')
    expect(first.inputData).toMatchObject({ n: 1 })
    // The worker sends a large output as it is: the server keeps it outside by itself.
    await server.call('POST', '/api/tasks', { workflowInstanceId: id, taskId: first.taskId, status: 'COMPLETED', outputData: { m: 2, long } })
    const { json: second } = await server.call('GET', '/api/tasks/poll/pay_b')
    expect(second.inputData).toMatchObject({ n: 1, m: 2 })
    const { json: output } = await location('tasks', '', 'WRITE', 'TASK_OUTPUT')
    await server.call('PUT', output.uri.slice(server.url.length), { done: true, long })
    await server.call('POST', '/api/tasks', {
      workflowInstanceId: id,
      taskId: second.taskId,
      status: 'COMPLETED',
      externalOutputPayloadStoragePath: output.path,
    })

    const { json: shown } = await server.call('GET', `/api/workflow/${id}`)
    expect(shown).toMatchObject({ status: 'COMPLETED', input: {}, output: {}, externalInputPayloadStoragePath: input.path })
    expect(shown.tasks[0]).toMatchObject({ outputData: {}, externalOutputPayloadStoragePath: expect.stringMatching(/\.json$/) })
    const { json: there } = await location('workflow', shown.externalOutputPayloadStoragePath, 'READ', 'WORKFLOW_OUTPUT')
    expect(there.path).toBe(shown.externalOutputPayloadStoragePath)
    expect((await server.call('GET', there.uri.slice(server.url.length))).json).toEqual({ done: true, long })

    expect(await filesKept()).toBeGreaterThan(before)
    await server.call('DELETE', `/api/workflow/${id}/remove`)
    expect(await filesKept()).toBe(before)
  })

  it('404 for a start with a path that nobody uploaded', async () => {
    const { json } = await location('workflow', '', 'WRITE', 'WORKFLOW_INPUT')
    expect((await server.call('POST', '/api/workflow', { name: 'pay', version: 1, externalInputPayloadStoragePath: json.path })).status).toBe(404)
  })

  it('above the limit fail the task for good', async () => {
    const id = (await server.call('POST', '/api/workflow/pay', {})).text
    const { json: task } = await server.call('GET', '/api/tasks/poll/pay_a')
    await server.call('POST', '/api/tasks', { workflowInstanceId: id, taskId: task.taskId, status: 'COMPLETED', outputData: { text: 'x'.repeat(200_000) } })
    const { json: shown } = await server.call('GET', `/api/workflow/${id}`)
    expect(shown.tasks[0]).toMatchObject({ status: 'FAILED_WITH_TERMINAL_ERROR', outputData: {} })
    expect(shown.tasks[0].reasonForIncompletion).toContain('is greater than the permissible limit: 102400 bytes')
  })
})
