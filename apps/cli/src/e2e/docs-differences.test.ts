/** Differences from the originals that the compatibility pages promise, seen from outside. Those with a test nearer to their code are not repeated here. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Bench } from './program.js'

const bench = new Bench()
let url = ''
let token = ''
beforeAll(async () => {
  const data = bench.folder()
  const flows = bench.folder()
  writeFileSync(join(flows, 'idle.yaml'), 'tasks: { idle: { flow: { work: { type: script, script: "true" } } } }')
  // One server for all; each test has names of its own. Its zone is far from UTC.
  const program = bench.start(['server', '--port', '0', '--data', data, '--log-level', 'silent', '--workspace', `flows=${flows}`], {
    environment: { CONDUCTOR_ENV_REGION: 'north', REGION_OF_NOBODY: 'south', TZ: 'Asia/Tokyo' },
  })
  url = (await program.line(/^Busbar listening on (http:\S+)\n/))[1] ?? ''
  token = readFileSync(join(data, 'worker-token'), 'utf8').trim()
})
afterAll(() => bench.clear())

interface Run {
  readonly status: string
  readonly output: Record<string, unknown>
  readonly tasks: readonly { readonly taskId: string; readonly referenceTaskName: string; readonly status: string }[]
}

async function call(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly text: string }> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url + path, body === undefined ? { method } : { method, headers, body: JSON.stringify(body) })
  return { status: response.status, text: await response.text() }
}

type Definition = { readonly name: string; readonly tasks: readonly object[] } & Record<string, unknown>

/** Registers the workflow, starts it, and gives its id. */
async function started(definition: Definition, input: object = {}): Promise<string> {
  const stored = await call('PUT', '/api/metadata/workflow', [{ version: 1, schemaVersion: 2, ...definition }])
  expect(stored).toMatchObject({ status: 200 })
  const { status, text } = await call('POST', `/api/workflow/${definition.name}`, input)
  expect(status, text).toBe(200)
  return text
}

const run = async (id: string): Promise<Run> => JSON.parse((await call('GET', `/api/workflow/${id}`)).text) as Run

async function work(id: string, task: string, status = 'COMPLETED', output: object = {}): Promise<void> {
  expect(await call('POST', `/api/tasks/${id}/${task}/${status}`, output)).toMatchObject({ status: 200 })
}

/** What becomes of templates: the input of a task whose parameters they are. */
async function resolved(name: string, templates: object, input: object): Promise<unknown> {
  const task = { name: 'v', taskReferenceName: 'v', type: 'SET_VARIABLE', inputParameters: templates }
  const id = await started({ name, tasks: [task] }, input)
  const { tasks } = JSON.parse((await call('GET', `/api/workflow/${id}`)).text) as { tasks: { inputData: unknown }[] }
  return tasks[0]?.inputData
}

/** Without these some are refused for what they lack, before it is known that they are not built. */
const whatTheyNeed = {
  http_request: { uri: 'http://localhost/', method: 'GET' },
  kafka_request: { bootStrapServers: 'localhost:9092', topic: 't', value: 'v' },
  queryExpression: '.',
}

const simple = (name: string) => ({ name, taskReferenceName: name, type: 'SIMPLE' })
const register = (...names: string[]) =>
  call(
    'POST',
    '/api/metadata/taskdefs',
    names.map(name => ({ name, retryCount: 0 })),
  )

describe('against the original Conductor', () => {
  it('a start that needs a task type that is not built answers 501 and names it', async () => {
    const page = readFileSync(new URL('../../../../docs/conductor-compatibility.md', import.meta.url), 'utf8')
    const [, list = ''] = /<!-- unsupported-types -->([^]*)<!-- \/unsupported-types -->/.exec(page) ?? []
    const types = [...list.matchAll(/`(\w+)`/g)].map(([, type = '']) => type)
    expect(types).toContain('JDBC')
    for (const type of types) {
      const tasks = [{ name: 'x', taskReferenceName: 'x', type, sink: 'conductor', inputParameters: whatTheyNeed }]
      const workflowDef = { name: 'unbuilt', version: 1, schemaVersion: 2, tasks }
      const answer = await call('POST', '/api/workflow', { name: 'unbuilt', version: 1, workflowDef })
      expect(answer).toEqual({ status: 501, text: expect.stringContaining(`The task type ${type} of task x is not built yet`) })
    }
  })

  it('a waiting HUMAN task does not suspend the time-out of its workflow', async () => {
    const task = { name: 'h', taskReferenceName: 'h', type: 'HUMAN' }
    const id = await started({ name: 'human', tasks: [task], timeoutSeconds: 1, timeoutPolicy: 'TIME_OUT_WF' })
    await expect.poll(async () => (await run(id)).status, { timeout: 10_000 }).toBe('TIMED_OUT')
  })

  it('a wait until a moment without a zone means UTC', async () => {
    const wait = (ref: string, until: string) => [{ name: ref, taskReferenceName: ref, type: 'WAIT', inputParameters: { until } }]
    const at = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString().slice(0, 16).replace('T', ' ')
    const past = await started({ name: 'past', tasks: wait('w', at(-2)) })
    const future = await started({ name: 'future', tasks: wait('w', at(3)) })
    await expect.poll(async () => (await run(past)).status).toBe('COMPLETED')
    expect((await run(future)).status).toBe('RUNNING')
  })

  it('a fork with an empty branch runs', async () => {
    const fork = { name: 'f', taskReferenceName: 'f', type: 'FORK_JOIN', forkTasks: [[], [{ name: 'n', taskReferenceName: 'n', type: 'NOOP' }]] }
    const id = await started({ name: 'emptybranch', tasks: [fork, { name: 'j', taskReferenceName: 'j', type: 'JOIN', joinOn: ['n'] }] })
    expect((await run(id)).status).toBe('COMPLETED')
  })

  it('a rerun from a branch makes the deleted branches again', async () => {
    await register('rb_a', 'rb_b')
    const fork = { name: 'f', taskReferenceName: 'f', type: 'FORK_JOIN', forkTasks: [[simple('rb_a')], [simple('rb_b')]] }
    const id = await started({ name: 'rerunbranch', tasks: [fork, { name: 'j', taskReferenceName: 'j', type: 'JOIN', joinOn: ['rb_a', 'rb_b'] }] })
    await work(id, 'rb_a', 'FAILED_WITH_TERMINAL_ERROR')
    const failed = (await run(id)).tasks.find(task => task.referenceTaskName === 'rb_a')
    expect((await call('POST', `/api/workflow/${id}/rerun`, { reRunFromWorkflowId: id, reRunFromTaskId: failed?.taskId })).status).toBe(200)
    await work(id, 'rb_a')
    await work(id, 'rb_b')
    expect((await run(id)).status).toBe('COMPLETED')
  })

  it('a task that is skipped before its loop reaches it is passed over', async () => {
    await register('sl_a', 'sl_b')
    const loop = {
      name: 'l',
      taskReferenceName: 'l',
      type: 'DO_WHILE',
      loopCondition: "$.l['iteration'] < 2",
      loopOver: [simple('sl_a'), simple('sl_b')],
    }
    const id = await started({ name: 'skipinloop', tasks: [loop] })
    expect((await call('PUT', `/api/workflow/${id}/skiptask/sl_b`, {})).status).toBe(200)
    await work(id, 'sl_a__1')
    await work(id, 'sl_a__2')
    expect((await run(id)).status).toBe('COMPLETED')
  })

  it('the first task of a failure workflow reads the failed workflow', async () => {
    await register('ff_a')
    const parameters = { id: '${workflow.input.failedWorkflow.workflowId}' }
    const rescue = { name: 'v', taskReferenceName: 'v', type: 'SET_VARIABLE', inputParameters: parameters }
    await call('PUT', '/api/metadata/workflow', [{ name: 'rescue', version: 1, schemaVersion: 2, tasks: [rescue], outputParameters: { saw: '${v.input.id}' } }])
    const id = await started({ name: 'fails', tasks: [simple('ff_a')], failureWorkflow: 'rescue' })
    await work(id, 'ff_a', 'FAILED_WITH_TERMINAL_ERROR')
    const failed = await expect
      .poll(async () => (await run(id)).output['conductor.failure_workflow'])
      .toBeTypeOf('string')
      .then(() => run(id))
    await expect.poll(async () => (await run(String(failed.output['conductor.failure_workflow']))).output).toEqual({ saw: id })
  })

  it('functions of paths do what their names say', async () => {
    const on = (path: string) => `\${workflow.input.${path}}`
    const templates = { last: on('one.last()'), max: on('below.max()'), more: on('one.append(8)'), same: on('one'), none: on('missing.length()') }
    expect(await resolved('functions', templates, { one: [7], below: [-3, -2] })).toEqual({ last: 7, max: -2, more: [7, 8], same: [7], none: null })
  })

  it('values that hold an escape come through as they are', async () => {
    const templates = { own: '$${x}', whole: '${workflow.input.t}', part: 'in ${workflow.input.t}' }
    expect(await resolved('escapes', templates, { t: 'a $${b}' })).toEqual({ own: '${x}', whole: 'a $${b}', part: 'in a $${b}' })
  })

  it('whole numbers print as integers', async () => {
    const task = { name: 'v', taskReferenceName: 'v', type: 'SET_VARIABLE', inputParameters: { n: '${workflow.input.n}', text: 'n=${workflow.input.n}' } }
    await call('PUT', '/api/metadata/workflow', [{ name: 'whole', version: 1, schemaVersion: 2, tasks: [task], outputParameters: { v: '${v.input}' } }])
    const headers = { 'content-type': 'application/json' }
    const id = await (await fetch(`${url}/api/workflow/whole`, { method: 'POST', headers, body: '{"n":5.0}' })).text()
    expect((await call('GET', `/api/workflow/${id}`)).text).toContain('{"v":{"n":5,"text":"n=5"}}')
  })

  it('a script sees the keys of its input and nothing else', async () => {
    const inputParameters = { a: 1, evaluatorType: 'graaljs', expression: 'Object.keys($).sort()' }
    const id = await started({ name: 'keys', tasks: [{ name: 'i', taskReferenceName: 'i', type: 'INLINE', inputParameters }] })
    await expect.poll(async () => (await run(id)).output).toEqual({ result: ['a', 'evaluatorType', 'expression'] })
  })

  it('only variables that begin with CONDUCTOR_ENV_ are seen by definitions', async () => {
    expect(await resolved('environment', { region: '${REGION}' }, {})).toEqual({ region: 'north' })
    expect(JSON.parse((await call('GET', '/api/environment')).text)).toEqual([{ name: 'REGION', value: 'north' }])
    const hidden = { name: 'v', taskReferenceName: 'v', type: 'SET_VARIABLE', inputParameters: { x: '${REGION_OF_NOBODY}' } }
    expect(await call('PUT', '/api/metadata/workflow', [{ name: 'hidden', version: 1, schemaVersion: 2, tasks: [hidden] }])).toMatchObject({ status: 400 })
  })

  it('a start is read whatever its label says, and refused when it is compressed', async () => {
    await started({ name: 'labels', tasks: [{ name: 'n', taskReferenceName: 'n', type: 'NOOP' }] })
    const start = (headers: Record<string, string>, body: string | Uint8Array<ArrayBuffer>) =>
      fetch(`${url}/api/workflow/labels`, { method: 'POST', headers, body })
    expect((await start({ 'content-type': 'text/plain' }, '{"a":1}')).status).toBe(200)
    expect((await start({ 'content-type': 'application/json', 'content-encoding': 'gzip' }, new Uint8Array(gzipSync('{}')))).status).toBe(415)
  })

  it('queue sizes of no type are an empty map', async () => {
    expect(await call('GET', '/api/tasks/queue/sizes')).toEqual({ status: 200, text: '{}' })
  })
})

describe('against the original Strøm', () => {
  it('completing a whole job ends its steps', async () => {
    const { job_id: id } = JSON.parse((await call('POST', '/api/workspaces/flows/tasks/idle/execute', {})).text) as { job_id: string }
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
    expect((await fetch(`${url}/worker/jobs/${id}/complete`, { method: 'POST', headers, body: '{"output":null}' })).status).toBe(200)
    expect(JSON.parse((await call('GET', `/api/jobs/${id}`)).text)).toMatchObject({ status: 'completed', steps: [{ status: 'cancelled' }] })
  })

  it('paging below zero is refused', async () => {
    expect([(await call('GET', '/api/jobs?limit=-1')).status, (await call('GET', '/api/jobs?offset=-1')).status]).toEqual([400, 400])
  })
})
