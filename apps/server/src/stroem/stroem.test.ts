/** Strøm's wire, against a real server with a real folder. Names begin with the status they prove. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { unpackTar } from 'modern-tar'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ServerInTest, serverInTest } from '../testing/server-in-test.js'

const flow = `
actions:
  greet:
    type: script
    script: "echo hello {{ input.name }}"
    input: {name: {type: string, default: world}}
tasks:
  hello:
    input: {name: {type: string, default: world}}
    flow:
      say: {action: greet, input: {name: "{{ input.name }}"}}
  broken:
    flow:
      say: {type: script, script: "echo {{ nothing.there }}"}
`

let server: ServerInTest
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'busbar-flows-'))
  writeFileSync(join(folder, 'flow.yaml'), flow)
  server = await serverInTest({ workspaces: { flows: { type: 'folder', path: folder }, absent: { type: 'folder', path: '/no/such/folder' } } })
})
afterAll(() => server.stop())

async function registered(): Promise<string> {
  const { json } = await server.asWorker('POST', '/worker/register', { name: 'w', capabilities: ['script'], tags: [], version: 'test' })
  return json.worker_id
}

async function executed(input: object = {}): Promise<string> {
  const reply = await server.call('POST', '/api/workspaces/flows/tasks/hello/execute', { input })
  expect(reply.status).toBe(200)
  return reply.json.job_id
}

const unknownJob = '00000000-0000-4000-8000-000000000000'

describe('workspaces', () => {
  it('200 lists each, one that cannot be loaded with its error', async () => {
    const { json } = await server.call('GET', '/api/workspaces')
    expect(json).toMatchObject([
      { name: 'flows', tasks_count: 2, revision: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { name: 'absent', tasks_count: 0, error: expect.stringContaining('/no/such/folder') },
    ])
    expect((await server.call('GET', '/api/tasks')).json).toMatchObject([{ id: 'hello', workspace: 'flows' }, { id: 'broken' }])
    expect((await server.call('GET', '/api/workspaces/flows/tasks/hello')).json).toMatchObject({ id: 'hello', flow: { say: { action: 'greet' } } })
  })

  it('404 for an unknown workspace or task', async () => {
    expect((await server.call('GET', '/api/workspaces/none/tasks')).json).toEqual({ error: "Workspace 'none' not found" })
    expect((await server.call('POST', '/api/workspaces/flows/tasks/none/execute', {})).json).toEqual({ error: 'Task not found' })
  })

  it('200 for the archive, 304 for one that is known, 404 for a revision that is not kept', async () => {
    const headers = { authorization: `Bearer ${server.workerToken}` }
    const reply = await fetch(`${server.url}/worker/workspace/flows.tar.gz`, { headers })
    const entries = await unpackTar(gunzipSync(Buffer.from(await reply.arrayBuffer())))
    expect(entries.map(entry => entry.header.name)).toEqual(['./flow.yaml'])
    const etag = reply.headers.get('etag') ?? ''
    expect(etag).toBe(`"${reply.headers.get('x-revision')}"`)
    expect((await fetch(`${server.url}/worker/workspace/flows.tar.gz`, { headers: { ...headers, 'if-none-match': etag } })).status).toBe(304)
    expect((await server.asWorker('GET', '/worker/workspace/flows.tar.gz?revision=old')).json.error).toBe(
      "Revision 'old' no longer available for workspace 'flows'",
    )
  })

  it('429 for a second refresh at once; a job keeps the bytes of its revision', async () => {
    const before = (await server.call('GET', '/api/workspaces')).json[0].revision
    writeFileSync(join(folder, 'more.txt'), 'more')
    const { json } = await server.call('POST', '/api/workspaces/flows/refresh')
    expect([json.refreshed, json.revision === before]).toEqual([true, false])
    const again = await server.call('POST', '/api/workspaces/flows/refresh')
    expect([again.status, again.headers.get('retry-after')]).toEqual([429, '4'])
    expect((await server.asWorker('GET', `/worker/workspace/flows.tar.gz?revision=${before}`)).status).toBe(200)
  })
})

describe('a job', () => {
  it('200 from its execution through claim, start, logs and completion', async () => {
    const worker = await registered()
    const job = await executed({ name: 'Ida' })
    expect((await server.call('GET', `/api/jobs/${job}`)).json).toMatchObject({
      status: 'pending',
      source_type: 'api',
      steps: [{ step_name: 'say', status: 'ready' }],
    })
    const claimed = await server.asWorker('POST', '/worker/jobs/claim', { worker_id: worker, capabilities: ['script'], tags: [] })
    expect(claimed.json).toMatchObject({ job_id: job, step_name: 'say', action_type: 'script', action_spec: { script: 'echo hello Ida' } })
    expect((await server.asWorker('POST', `/worker/jobs/${job}/steps/say/start`, { worker_id: worker })).json).toEqual({ status: 'ok' })
    await server.asWorker('POST', `/worker/jobs/${job}/logs`, { lines: [{ ts: 't', stream: 'stdout', line: 'hello Ida' }], step_name: 'say' })
    await server.asWorker('POST', `/worker/jobs/${job}/steps/say/complete`, { exit_code: 0, output: { ok: true } })
    expect((await server.call('GET', `/api/jobs/${job}`)).json).toMatchObject({ status: 'completed', output: { say: { ok: true } } })
    expect((await server.call('GET', `/api/jobs/${job}/logs`)).json.logs).toBe('{"ts":"t","stream":"stdout","step":"say","line":"hello Ida"}\n')
  })

  it('200 holds a claim of our own worker until there is work', async () => {
    const worker = await registered()
    const claim = server.asWorker('POST', '/worker/jobs/claim', { worker_id: worker, capabilities: ['script'], tags: [], wait_secs: 10 })
    const job = await executed()
    const { job_id: given, lease } = (await claim).json
    expect(given).toBe(job)
    const at = `/worker/jobs/${job}/steps/say`
    expect((await server.asWorker('POST', `${at}/start`, { worker_id: worker, lease })).status).toBe(200)
    expect((await server.asWorker('POST', `${at}/complete`, { exit_code: 1, lease: `${lease}0` })).status).toBe(409)
    expect((await server.call('GET', `/api/jobs/${job}`)).json.status).toBe('running')
    expect((await server.asWorker('POST', `${at}/complete`, { exit_code: 0, lease })).status).toBe(200)
    expect((await server.call('GET', `/api/jobs/${job}`)).json.status).toBe('completed')
  })

  it('422 for a claim whose only step cannot be rendered; the step and the log say why', async () => {
    const worker = await registered()
    const { job_id: job } = (await server.call('POST', '/api/workspaces/flows/tasks/broken/execute', {})).json
    const claim = { worker_id: worker, capabilities: ['script'], tags: [] }
    const refused = await server.asWorker('POST', '/worker/jobs/claim', claim)
    expect(refused.status).toBe(422)
    expect(refused.json.error).toContain('Failed to render script template')
    expect((await server.asWorker('POST', '/worker/jobs/claim', claim)).json.job_id).toBeNull()
    expect((await server.call('GET', `/api/jobs/${job}`)).json.steps).toMatchObject([{ status: 'failed', error_message: refused.json.error }])
    const line = JSON.parse((await server.call('GET', `/api/jobs/${job}/logs`)).json.logs)
    expect(line).toEqual({ line: refused.json.error, step: '_server', stream: 'stderr', ts: expect.stringMatching(/\.\d{6}\+00:00$/) })
  })

  it('200 for every generation of workers', async () => {
    const bodies = [
      { name: 'gen1', capabilities: ['shell'] },
      { name: 'gen2', capabilities: ['shell'], tags: null, version: '0.5' },
      { name: 'gen3', tags: ['script'], version: '0.10' },
      { name: 'gen4', capabilities: ['script'], tags: [], exclusive: false, version: '0.15' },
    ]
    for (const body of bodies) {
      const worker = (await server.asWorker('POST', '/worker/register', body)).json.worker_id
      const job = await executed()
      const { name: _, version: __, ...claim } = { version: null, ...body }
      const { json } = await server.asWorker('POST', '/worker/jobs/claim', { worker_id: worker, ...claim })
      expect([body.name, json.job_id, json.action_type]).toEqual([body.name, job, body.capabilities?.includes('shell') ? 'shell' : 'script'])
      await server.asWorker('POST', `/worker/jobs/${job}/steps/say/complete`, { exit_code: 0 })
    }
  })

  it('200 streams its log as it grows, until it has ended', async () => {
    const worker = await registered()
    const job = await executed()
    const stream = await fetch(`${server.url}/api/jobs/${job}/logs/stream`)
    expect(stream.headers.get('content-type')).toBe('application/x-ndjson')
    await server.asWorker('POST', '/worker/jobs/claim', { worker_id: worker, capabilities: ['script'], tags: [] })
    await server.asWorker('POST', `/worker/jobs/${job}/logs`, { lines: [{ ts: 't', stream: 'stdout', line: 'live' }], step_name: 'say' })
    await server.asWorker('POST', `/worker/jobs/${job}/steps/say/complete`, { exit_code: 0 })
    expect(await stream.text()).toContain('"line":"live"')
  })

  it('409 for a second cancel; the worker hears of the first', async () => {
    const job = await executed()
    expect((await server.call('POST', `/api/jobs/${job}/cancel`)).json).toEqual({ status: 'cancelled' })
    expect((await server.call('POST', `/api/jobs/${job}/cancel`)).json).toEqual({ error: 'Job is already in a terminal state' })
    expect((await server.asWorker('GET', `/worker/jobs/${job}/cancelled`)).json).toEqual({ cancelled: true })
  })

  it('200 holds the question for its cancellation until it is cancelled', async () => {
    const job = await executed()
    const held = server.asWorker('GET', `/worker/jobs/${job}/cancelled?wait_secs=20`)
    expect((await server.asWorker('GET', `/worker/jobs/${job}/cancelled`)).json).toEqual({ cancelled: false })
    await server.call('POST', `/api/jobs/${job}/cancel`)
    expect((await held).json).toEqual({ cancelled: true })
  })

  it('200 answers the held question when the job ends in another way', async () => {
    const worker = await registered()
    const job = await executed()
    const held = server.asWorker('GET', `/worker/jobs/${job}/cancelled?wait_secs=20`)
    for (let claimed = ''; claimed !== job; ) {
      const { json } = await server.asWorker('POST', '/worker/jobs/claim', { worker_id: worker, capabilities: ['script'], tags: [], wait_secs: 5 })
      claimed = json.job_id
      await server.asWorker('POST', `/worker/jobs/${claimed}/steps/say/complete`, { exit_code: 0 })
    }
    expect((await held).json).toEqual({ cancelled: false })
  })

  it('400 for an id that is none, 404 for one that nobody knows', async () => {
    expect((await server.call('GET', '/api/jobs/no-uuid')).json).toEqual({ error: 'Invalid job ID' })
    expect((await server.call('GET', `/api/jobs/${unknownJob}`)).json).toEqual({ error: 'Job not found' })
    expect((await server.asWorker('GET', `/worker/jobs/${unknownJob}/cancelled`)).json).toEqual({ cancelled: false })
  })

  it('is no workflow of the other API, and the other way round', async () => {
    const job = await executed()
    expect((await server.call('GET', `/api/workflow/${job}`)).status).toBe(404)
    expect((await server.call('PUT', `/api/workflow/${job}/pause`)).status).toBe(404)
    const task = `${job.slice(0, 30)}000001`
    expect((await server.call('POST', '/api/tasks', { workflowInstanceId: job, taskId: task, status: 'COMPLETED' })).status).toBe(404)
    await server.call('POST', `/api/jobs/${job}/cancel`)
  })

  it('415 and 422 in plain text for bodies of another form', async () => {
    const path = '/api/workspaces/flows/tasks/hello/execute'
    const none = await server.call('POST', path)
    expect([none.status, none.headers.get('content-type')]).toEqual([415, 'text/plain;charset=UTF-8'])
    expect((await server.call('POST', path, { input: [] })).status).toBe(422)
    expect((await server.asWorker('POST', '/worker/register', { capabilities: ['script'] })).status).toBe(422)
  })

  it('400 for filters that contradict each other', async () => {
    expect((await server.call('GET', '/api/jobs?task_name=x')).json).toEqual({ error: 'task_name filter requires workspace' })
    expect((await server.call('GET', '/api/jobs?status=ready')).status).toBe(400)
  })
})
