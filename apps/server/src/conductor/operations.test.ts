/** Removal, reruns, schemas, secrets and schedules over HTTP. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type ServerInTest, serverInTest } from '../testing/server-in-test.js'

let server: ServerInTest
beforeAll(async () => {
  vi.stubEnv('CONDUCTOR_SECRET_KEY', 'hush')
  server = await serverInTest()
  await server.call('PUT', '/api/metadata/workflow', [{ name: 'held', version: 1, tasks: [human('hold')] }])
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await server.stop()
})

const human = (ref: string) => ({ name: ref, taskReferenceName: ref, type: 'HUMAN' })
const sub = (ref: string, name: string) => ({ name: ref, taskReferenceName: ref, type: 'SUB_WORKFLOW', subWorkflowParam: { name, version: 1 } })
const started = async (name = 'held', input: object = {}) => (await server.call('POST', `/api/workflow/${name}`, input)).text
const status = async (id: string) => (await server.call('GET', `/api/workflow/${id}`)).json.status
const unknownId = '11111111-2222-4333-8444-555555000000'

describe('removal', () => {
  it('bulk terminate and remove answers once for each id', async () => {
    const [running, ended] = [await started(), await started()]
    await server.call('POST', `/api/tasks/${ended}/hold/COMPLETED`, {})
    const { json } = await server.call('DELETE', '/api/workflow/bulk/terminate-remove', [running, ended, unknownId])
    expect(json).toEqual({ bulkErrorResults: { [unknownId]: `No such workflow found by id: ${unknownId}` }, bulkSuccessfulResults: [running, ended] })
    expect([await status(running), await status(ended)]).toEqual([404, 404])
  })

  it('bulk removal leaves what runs, unless it is asked to take that too', async () => {
    const id = await started()
    const kept = await server.call('DELETE', '/api/workflow/bulk/remove', [id])
    expect(kept.json).toEqual({ bulkErrorResults: { [id]: `Cannot archive workflow: ${id} with status: RUNNING` }, bulkSuccessfulResults: [] })
    expect((await server.call('DELETE', '/api/workflow/bulk/remove?archiveWorkflow=false', [id])).json.bulkSuccessfulResults).toEqual([id])
  })

  it('409 when a completed workflow is to be terminated and removed', async () => {
    const id = await started()
    await server.call('POST', `/api/tasks/${id}/hold/COMPLETED`, {})
    expect((await server.call('DELETE', `/api/workflow/${id}/terminate-remove`)).status).toBe(409)
  })
})

describe('administration', () => {
  it('a repair finds nothing to do', async () => {
    expect((await server.call('POST', `/api/admin/consistency/verifyAndRepair/${await started()}`)).text).toBe('false')
    expect((await server.call('POST', `/api/admin/consistency/verifyAndRepair/${unknownId}`)).status).toBe(404)
  })

  it('counts the pending tasks of a type', async () => {
    await server.call('PUT', '/api/metadata/workflow', [{ name: 'two', version: 1, tasks: [{ name: 'counted', taskReferenceName: 'c', type: 'SIMPLE' }] }])
    await Promise.all([started('two'), started('two')])
    await server.call('GET', '/api/tasks/poll/counted')
    expect((await server.call('POST', '/api/tasks/queue/requeue/counted')).text).toBe('2')
  })
})

describe('a rerun', () => {
  it('begins at a task two levels down, and everything above runs again', async () => {
    const define = (name: string, tasks: object[]) => server.call('PUT', '/api/metadata/workflow', [{ name, version: 1, tasks }])
    await define('rr_leaf', [human('x'), human('y')])
    await define('rr_mid', [sub('s', 'rr_leaf')])
    await define('rr_root', [sub('s', 'rr_mid')])
    const root = await started('rr_root')
    const childOf = async (id: string) => (await server.call('GET', `/api/workflow/${id}`)).json.tasks[0].subWorkflowId
    const leaf = await childOf(await childOf(root))
    await server.call('POST', `/api/tasks/${leaf}/x/COMPLETED`, {})
    await server.call('POST', `/api/tasks/${leaf}/y/FAILED_WITH_TERMINAL_ERROR`, {})
    await expect.poll(() => status(root)).toBe('FAILED')
    const { taskId } = (await server.call('GET', `/api/workflow/${leaf}`)).json.tasks[1]
    expect((await server.call('POST', `/api/workflow/${root}/rerun`, { reRunFromTaskId: taskId })).text).toBe(root)
    expect([await status(root), await status(leaf)]).toEqual(['RUNNING', 'RUNNING'])
    await server.call('POST', `/api/tasks/${leaf}/y/COMPLETED`, {})
    await expect.poll(() => status(root)).toBe('COMPLETED')
  })
})

describe('schemas', () => {
  it('a start whose input does not fit its schema is refused', async () => {
    const inputSchema = { name: 's', version: 1, type: 'JSON', data: { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } } }
    await server.call('PUT', '/api/metadata/workflow', [{ name: 'fits', version: 1, tasks: [human('h')], inputSchema }])
    const refused = await server.call('POST', '/api/workflow/fits', { n: 'x' })
    expect([refused.status, refused.json.message]).toEqual([400, 'The input of workflow fits does not fit its schema: $.n: expected integer, found string'])
    expect((await server.call('POST', '/api/workflow/fits', { n: 1 })).status).toBe(200)
  })
})

describe('secrets', () => {
  it('are listed by name, and their values are shown to nobody', async () => {
    for (const path of ['/api/secrets', '/api/secrets/v2', '/api/secrets/KEY', '/api/secrets/KEY/exists', '/api/environment', '/api/admin/config']) {
      expect((await server.call('GET', path)).text).not.toContain('hush')
    }
    expect((await server.call('GET', '/api/secrets')).json).toEqual(['KEY'])
    expect((await server.call('GET', '/api/secrets/KEY')).status).toBe(403)
    expect((await server.call('PUT', '/api/secrets/KEY', 'x')).status).toBe(405)
  })
})

describe('logs of tasks', () => {
  it('404 for a line of a task of no workflow, and nothing is kept', async () => {
    const post = (id: string) => server.call('POST', `/api/tasks/${id}/log`, 'a line')
    expect([(await post('nobody')).status, (await post('11111111-2222-4333-8444-555555000001')).status]).toEqual([404, 404])
    expect((await server.call('GET', '/api/tasks/nobody/log')).status).toBe(204)
  })
})

describe('schedules', () => {
  const put = (more: object) =>
    server.call('POST', '/api/scheduler/schedules', { name: 'every', cronExpression: '* * * * * ?', startWorkflowRequest: { name: 'held' }, ...more })

  it('400 for a schedule that could never run', async () => {
    const wrong = [{ name: '' }, { startWorkflowRequest: null }, { zoneId: 'Mars/Base' }, { cronExpression: 'every day' }, { cronExpression: '0 3 1 1 ?' }]
    for (const more of wrong) expect((await put(more)).status, JSON.stringify(more)).toBe(400)
    expect((await server.call('GET', '/api/scheduler/nextFewSchedules?cronExpression=every+day')).status).toBe(400)
  })

  it('start their workflows, tell what they started, and can be stopped all at once', async () => {
    await put({})
    const runs = async () => (await server.call('GET', '/api/scheduler/search/executions?query=scheduleName+IN+(every)&sort=scheduledTime:ASC')).json.results
    await expect.poll(async () => (await runs()).length, { timeout: 10_000 }).toBeGreaterThan(1)
    const [{ workflowId, scheduledTime, state }] = await runs()
    expect(state).toBe('EXECUTED')
    expect((await server.call('GET', `/api/workflow/${workflowId}`)).json.input).toMatchObject({ _startedByScheduler: 'every', _scheduledTime: scheduledTime })
    await server.call('GET', '/api/scheduler/admin/pause')
    expect((await server.call('GET', '/api/scheduler/schedules/every')).json.paused).toBe(true)
    await server.call('GET', '/api/scheduler/admin/resume')
    expect((await server.call('GET', '/api/scheduler/schedules/every')).json).toMatchObject({ paused: false })
    expect((await server.call('GET', '/api/workflow/running/every')).json).toEqual([])
    await server.call('DELETE', '/api/scheduler/schedules/every')
    expect((await server.call('GET', '/api/scheduler/schedules/every')).status).toBe(404)
  })
})
