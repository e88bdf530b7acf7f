import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Received, type Scripted, type ScriptedServer, scriptedServer } from '../fixtures/scripted-server.js'
import { ConductorError } from '../http/conductor-error.js'
import { ApiException } from './api-exception.js'
import { createConfiguration, ServerConfiguration, server1 } from './configuration.js'
import { ConductorClient } from './node-client.js'
import { RequestContext, ResponseContext } from './request-context.js'
import { RequiredError } from './required-error.js'

let server: ScriptedServer
let answer: (request: Received) => Scripted = () => ({ body: {} })

beforeEach(async () => {
  server = await scriptedServer(request => answer(request))
})

afterEach(async () => {
  answer = () => ({ body: {} })
  await server.close()
})

const connect = (options = {}) => new ConductorClient({ serverUrl: server.url, retriesMax: 0, ...options })
const last = () => server.received.at(-1)

test('cuts a trailing slash and a trailing /api off the server URL, and keeps other paths', async () => {
  for (const suffix of ['', '/', '/api', '/api/']) {
    await connect({ serverUrl: server.url + suffix }).taskResource.getTask('t1')
    expect(last()?.path).toBe('/api/tasks/t1')
  }
  await connect({ serverUrl: `${server.url}/behind/a/proxy` }).taskResource.getTask('t1')
  expect(last()?.path).toBe('/behind/a/proxy/api/tasks/t1')
})

test('takes the server URL from the environment when none is given', () => {
  process.env['CONDUCTOR_SERVER_URL'] = 'http://from.environment/api'
  try {
    expect(new ConductorClient().configuration.baseServer.url).toBe('http://from.environment/api')
    expect(new ConductorClient({ serverUrl: 'http://given' }).configuration.baseServer.url).toBe('http://given')
  } finally {
    delete process.env['CONDUCTOR_SERVER_URL']
  }
  expect(new ConductorClient().configuration.baseServer).toBe(server1)
})

test('is redirected by the two ways programs of the original client use', async () => {
  const changed = new ConductorClient(createConfiguration({ baseServer: new ServerConfiguration('http://elsewhere') }))
  changed.configuration.baseServer.url = server.url
  await changed.taskResource.getTask('t1')
  const replaced = new ConductorClient()
  replaced.configuration.baseServer = { url: '{scheme}://{host}', variableConfiguration: { scheme: 'http', host: server.url.slice(7) } }
  await replaced.taskResource.getTask('t2')
  expect(server.received.map(({ path }) => path)).toEqual(['/api/tasks/t1', '/api/tasks/t2'])
})

test('speaks the names of the main line, and those of the Swift fork when told', async () => {
  const pathsOf = async (paths: 'main' | 'swift') => {
    const { taskResource, metadataResource, workflowResource, adminResource, queueAdminResource } = connect({ paths })
    await taskResource.poll('t')
    await taskResource.getPollData('t')
    await metadataResource.getTaskDef('t')
    await metadataResource.get('w', 1)
    await workflowResource.resetWorkflow('id')
    await workflowResource.skipTaskFromWorkflow('id', 'ref', {})
    await workflowResource.getExternalStorageLocation('p', 'READ', 'TASK_INPUT')
    await adminResource.verifyAndRepairWorkflowConsistency('id')
    await queueAdminResource.names()
    return server.received.splice(0).map(({ path }) => path)
  }
  expect(await pathsOf('main')).toEqual([
    '/api/tasks/poll/t',
    '/api/tasks/queue/polldata',
    '/api/metadata/taskdefs/t',
    '/api/metadata/workflow/w',
    '/api/workflow/id/resetcallbacks',
    '/api/workflow/id/skiptask/ref',
    '/api/workflow/externalstoragelocation',
    '/api/admin/consistency/verifyAndRepair/id',
    '/api/queue/',
  ])
  expect(await pathsOf('swift')).toEqual([
    '/api/task/poll/t',
    '/api/task/queue/poll-data',
    '/api/metadata/taskdef/t',
    '/api/metadata/workflowdef/w',
    '/api/workflow/id/reset-callbacks',
    '/api/workflow/id/skip-task/ref',
    '/api/workflow/external-storage-location',
    '/api/admin/consistency/verify-and-repair/id',
    '/api/queue',
  ])
})

test('encodes path values, leaves out what is not given, and joins a list with commas', async () => {
  const { taskResource } = connect()
  await taskResource.batchPoll('a task/Ä', 'w 1', undefined, 3, 100)
  expect(last()?.path).toBe('/api/tasks/poll/batch/a%20task%2F%C3%84')
  expect(Object.fromEntries(last()?.query ?? [])).toEqual({ workerid: 'w 1', count: '3', timeout: '100' })
  await taskResource.size(['a', 'b'])
  expect(last()?.query.get('taskType')).toBe('a,b')
})

test('passes unknown fields through, in both directions', async () => {
  answer = () => ({ body: { name: 'w', tasks: [], inventedLater: true } })
  const { metadataResource } = connect()
  const definition = { name: 'w', timeoutSeconds: 0, tasks: [{ name: 't', taskReferenceName: 't', permissive: true }], createdBy: 'me' }
  await metadataResource.create(definition)
  expect(JSON.parse(last()?.text ?? '')).toEqual(definition)
  expect(await metadataResource.get('w')).toMatchObject({ inventedLater: true })
})

test('refuses a call without a required argument, in the words of the original', async () => {
  const { taskResource } = connect()
  const call = taskResource.getTask(undefined as unknown as string)
  await expect(call).rejects.toThrow('Required parameter taskId was null or undefined when calling TaskResourceApi.getTask.')
  await expect(call).rejects.toBeInstanceOf(RequiredError)
  await expect(taskResource.updateTask(null as never)).rejects.toMatchObject({ api: 'TaskResourceApi', method: 'updateTask', field: 'taskResult' })
  expect(server.received).toEqual([])
})

test('each method has a twin that tells status and headers', async () => {
  answer = () => ({ status: 202, headers: { 'x-more': '1' }, body: { taskId: 't1' } })
  const info = await connect().taskResource.getTaskWithHttpInfo('t1')
  expect(info).toMatchObject({ httpStatusCode: 202, headers: { 'x-more': '1' }, data: { taskId: 't1' } })
  expect(JSON.parse(await info.body.text())).toEqual({ taskId: 't1' })
})

test('takes every form of a success: bare ids under any label, quoted ids, no content', async () => {
  const { workflowResource, taskResource, metadataResource } = connect()
  for (const body of ['the-id', undefined]) {
    answer = () => ({ body })
    expect(await workflowResource.startWorkflow({ name: 'w' })).toBe(body ?? '')
  }
  answer = () => ({ headers: { 'content-type': 'application/json' }, body: 'the-id' })
  expect(await taskResource.updateTask({ workflowInstanceId: 'w', taskId: 't' })).toBe('the-id')
  answer = () => ({ headers: { 'content-type': 'application/json' }, body: '"the-id"' })
  expect(await taskResource.updateTask({ workflowInstanceId: 'w', taskId: 't' })).toBe('the-id')
  answer = () => ({ status: 204 })
  expect(await taskResource.poll('t')).toBeUndefined()
  expect(await taskResource.batchPoll('t')).toEqual([])
  expect(await taskResource.getTaskLogs('t')).toEqual([])
  expect(await workflowResource.restart('w')).toBeUndefined()
  expect(await metadataResource.create({ name: 'w', tasks: [], timeoutSeconds: 0 })).toBeUndefined()
  answer = () => ({ body: null })
  expect(await taskResource.poll('t')).toBeUndefined()
})

test('a refusal is an error with the server’s message, its status, and the body as it came', async () => {
  const body = { status: 404, message: 'No such workflow found by id: x', retryable: false }
  answer = () => ({ status: 404, headers: { 'x-request-id': '7' }, body })
  const error = await connect()
    .workflowResource.getExecutionStatus('x', true)
    .catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ApiException)
  expect(error).toBeInstanceOf(ConductorError)
  expect(error).toMatchObject({
    message: `GET ${server.url}/api/workflow/x answered 404: No such workflow found by id: x`,
    code: 404,
    body: JSON.stringify(body),
    headers: { 'x-request-id': '7' },
  })
})

test('logs go out as plain text, not as quoted JSON', async () => {
  await connect().taskResource.log('t1', 'a "line"')
  expect(last()).toMatchObject({ text: 'a "line"', headers: { 'content-type': 'text/plain' } })
})

test('a skipped task’s input and output go into the body and into the query', async () => {
  await connect().workflowResource.skipTaskFromWorkflow('id', 'ref', { taskInput: { a: 1 }, taskOutput: { b: { c: true }, d: 'text' } })
  expect(JSON.parse(last()?.text ?? '')).toEqual({ taskInput: { a: 1 }, taskOutput: { b: { c: true }, d: 'text' } })
  expect(Object.fromEntries(last()?.query ?? [])).toEqual({ 'taskInput[a]': '1', 'taskOutput[b]': '{"c":true}', 'taskOutput[d]': 'text' })
})

test('event actions have camel-case names here and the wire’s names there', async () => {
  const { eventResource } = connect()
  const handler = { name: 'h', event: 'conductor:e', actions: [{ action: 'start_workflow' as const, startWorkflow: { name: 'w' } }] }
  await eventResource.addEventHandler(handler)
  const wire = { name: 'h', event: 'conductor:e', actions: [{ action: 'start_workflow', start_workflow: { name: 'w' } }] }
  expect(JSON.parse(last()?.text ?? '')).toEqual(wire)
  answer = () => ({ body: [wire] })
  expect(await eventResource.getEventHandlers()).toEqual([handler])
})

test('middleware and authentication of the original’s kind see and change every request', async () => {
  answer = () => ({ body: { taskId: 'from server' } })
  const seen: string[] = []
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(server.url),
    authMethods: { default: { getName: () => 'key', applySecurityAuthentication: context => context.setHeaderParam('x-key', 'k') } },
    middleware: [
      {
        pre: async context => {
          seen.push(`${context.getHttpMethod()} ${context.getHeaders()['x-key']}`)
          context.setQueryParam('extra', 'yes')
          return context
        },
        post: context => ({ toPromise: async () => context }),
      },
    ],
  })
  expect(await new ConductorClient(configuration).taskResource.getTask('t')).toEqual({ taskId: 'from server' })
  expect(seen).toEqual(['GET k'])
  expect(last()).toMatchObject({ path: '/api/tasks/t', headers: { 'x-key': 'k' } })
  expect(last()?.query.get('extra')).toBe('yes')
})

test('an HTTP library of the user’s replaces ours', async () => {
  const asked: string[] = []
  const httpApi = {
    send: (context: RequestContext) => {
      asked.push(context.getUrl())
      return { toPromise: async () => new ResponseContext(200, {}, { text: async () => '{"taskId":"from library"}' }) }
    },
  }
  const client = new ConductorClient(createConfiguration({ baseServer: new ServerConfiguration('http://nowhere'), httpApi }))
  expect(await client.taskResource.getTask('t')).toEqual({ taskId: 'from library' })
  expect(asked).toEqual(['http://nowhere/api/tasks/t'])
})

test('the last argument replaces server and authentication for one call', async () => {
  const client = new ConductorClient({ serverUrl: 'http://nowhere' })
  await client.taskResource.getTask('t', createConfiguration({ baseServer: new ServerConfiguration(server.url) }))
  expect(last()?.path).toBe('/api/tasks/t')
  const abort = AbortSignal.abort(new Error('not this time'))
  await expect(client.taskResource.getTask('t', { baseServer: { url: server.url }, signal: abort })).rejects.toThrow('not this time')
})

test('a key becomes a token once, and once more when the server has forgotten it', async () => {
  let tokens = 0
  let refuse = false
  answer = ({ path, headers }) => {
    if (path === '/api/token') return { body: { token: `token ${++tokens}` } }
    if (refuse && headers['x-authorization'] === 'token 1') return { status: 401, body: 'expired' }
    return { body: { taskId: headers['x-authorization'] } }
  }
  const { taskResource } = connect({ keyId: 'id', keySecret: 'secret' })
  const both = await Promise.all([taskResource.getTask('a'), taskResource.getTask('b')])
  expect(both).toEqual([{ taskId: 'token 1' }, { taskId: 'token 1' }])
  refuse = true
  expect(await taskResource.getTask('c')).toEqual({ taskId: 'token 2' })
  expect(tokens).toBe(2)
})

test('a server without tokens is used without one', async () => {
  answer = ({ path, headers }) => (path === '/api/token' ? { status: 404 } : { body: { taskId: String(headers['x-authorization']) } })
  expect(await connect({ keyId: 'id', keySecret: 'secret' }).taskResource.getTask('a')).toEqual({ taskId: 'undefined' })
})
