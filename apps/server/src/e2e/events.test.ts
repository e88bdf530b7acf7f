/** Events inside the server: EVENT tasks publish, handlers act, each action once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ServerInTest, serverInTest } from '../testing/server-in-test.js'
import { until } from '../testing/until.js'

let server: ServerInTest

beforeAll(async () => {
  server = await serverInTest({ workflowMessages: true })
})
afterAll(() => server.stop())

const task = (ref: string, type: string, more: object = {}) => ({ name: ref, taskReferenceName: ref, type, ...more })

async function define(name: string, tasks: readonly object[], more: object = {}): Promise<void> {
  const { status, text } = await server.call('PUT', '/api/metadata/workflow', [{ name, version: 1, schemaVersion: 2, tasks, ...more }])
  expect(status, text).toBe(200)
}

async function start(name: string, input: object = {}): Promise<string> {
  const { status, text } = await server.call('POST', `/api/workflow/${name}`, input)
  expect(status, text).toBe(200)
  return text
}

async function handle(name: string, event: string, actions: readonly object[], more: object = {}): Promise<void> {
  const { status, text } = await server.call('POST', '/api/event', { name, event, active: true, actions, ...more })
  expect(status, text).toBe(200)
}

const read = async (id: string) => (await server.call('GET', `/api/workflow/${id}`)).json
const ended = (id: string) =>
  until(
    () => read(id),
    workflow => workflow.status !== 'RUNNING',
  )
const correlated = async (name: string, id: string) => (await server.call('GET', `/api/workflow/${name}/correlated/${id}?includeClosed=true`)).json

describe('an event of the server itself', () => {
  it('starts a workflow, once, with what the message holds', async () => {
    await define('started', [task('v', 'SET_VARIABLE', { inputParameters: { v: 1 } })])
    await define('starter', [task('e', 'EVENT', { sink: 'conductor', inputParameters: { order: '${workflow.input.order}' } })])
    await handle('h-start', 'conductor:starter:e', [
      { action: 'start_workflow', start_workflow: { name: 'started', correlationId: '${order.id}', input: { order: '${order}' } } },
    ])
    const id = await start('starter', { order: { id: 'o-1', n: 2 } })
    expect((await ended(id)).status).toBe('COMPLETED')
    const [workflow, ...others] = await until(
      () => correlated('started', 'o-1'),
      list => list.length > 0,
    )
    expect(others).toEqual([])
    expect(workflow).toMatchObject({
      event: 'conductor:starter:e',
      input: { order: { id: 'o-1', n: 2 }, 'conductor.event.name': 'conductor:starter:e', 'conductor.event.messageId': expect.any(String) },
    })
  })

  it('completes and fails tasks that wait, by reference and by id', async () => {
    await define('waiting', [task('w', 'WAIT'), task('x', 'HUMAN')])
    await define('telling', [task('e', 'EVENT', { sink: 'conductor:tell', inputParameters: { of: '${workflow.input.of}', task: '${workflow.input.task}' } })])
    await handle('h-tell', 'conductor:telling:tell', [
      { action: 'complete_task', complete_task: { workflowId: '${of}', taskRefName: 'w', output: { said: '${of}' } } },
      { action: 'fail_task', fail_task: { taskId: '${task}', reasonForIncompletion: 'told so' } },
    ])
    const waiting = await start('waiting')
    await start('telling', { of: waiting, task: '${none}' })
    const after = await until(
      () => read(waiting),
      workflow => workflow.tasks.length === 2,
    )
    expect(after.tasks[0]).toMatchObject({ status: 'COMPLETED', outputData: { said: waiting, 'conductor.event.name': 'conductor:telling:tell' } })
    await start('telling', { of: waiting, task: after.tasks[1].taskId })
    const end = await ended(waiting)
    expect(end.status).toBe('FAILED')
    expect(end.tasks[1]).toMatchObject({ status: 'FAILED', reasonForIncompletion: 'told so' })
  })

  it('finds the task that follows the one which published it', async () => {
    await define('self', [task('e', 'EVENT', { sink: 'conductor' }), task('w', 'WAIT')])
    await handle('h-self', 'conductor:self:e', [{ action: 'complete_task', complete_task: { workflowId: '${workflowInstanceId}', taskRefName: 'w' } }])
    expect((await ended(await start('self'))).status).toBe('COMPLETED')
  })

  it('changes variables and terminates', async () => {
    await define('target', [task('w', 'WAIT')], { variables: { list: [1], kept: true } })
    await define('changing', [task('e', 'EVENT', { sink: 'conductor', inputParameters: { of: '${workflow.input.of}' } })])
    await define('ending', [task('e', 'EVENT', { sink: 'conductor', inputParameters: { of: '${workflow.input.of}' } })])
    await handle('h-change', 'conductor:changing:e', [
      { action: 'update_workflow_variables', update_workflow_variables: { workflowId: '${of}', variables: { list: [2], n: 1 }, appendArray: true } },
    ])
    await handle('h-end', 'conductor:ending:e', [{ action: 'terminate_workflow', terminate_workflow: { workflowId: '${of}', terminationReason: 'enough' } }])
    const target = await start('target')
    await start('changing', { of: target })
    expect(
      (
        await until(
          () => read(target),
          workflow => workflow.variables.n === 1,
        )
      ).variables,
    ).toEqual({ list: [1, 2], kept: true, n: 1 })
    await start('ending', { of: target })
    expect(await ended(target)).toMatchObject({ status: 'TERMINATED', reasonForIncompletion: 'enough' })
  })

  it('is handled only where its condition holds', async () => {
    await define('chosen', [task('v', 'NOOP')])
    await define('choosing', [task('e', 'EVENT', { sink: 'conductor', inputParameters: { n: '${workflow.input.n}', text: '{"deep": 1}' } })])
    await handle('h-choose', 'conductor:choosing:e', [{ action: 'start_workflow', start_workflow: { name: 'chosen', correlationId: 'n-${n}' } }], {
      condition: '$.n > 1 && $.text.deep === 1',
    })
    await start('choosing', { n: 1 })
    await start('choosing', { n: 2 })
    await until(
      () => correlated('chosen', 'n-2'),
      list => list.length === 1,
    )
    expect(await correlated('chosen', 'n-1')).toEqual([])
  })

  it('waits for a handler, and is no workflow to those who list them', async () => {
    await define('late', [task('v', 'NOOP')])
    await define('early', [task('e', 'EVENT', { sink: 'conductor' })])
    await ended(await start('early'))
    expect((await server.call('GET', '/api/workflow/running/conductor:early:e')).json).toEqual([])
    await handle('h-late', 'conductor:early:e', [{ action: 'start_workflow', start_workflow: { name: 'late', correlationId: 'late' } }])
    expect(
      await until(
        () => correlated('late', 'late'),
        list => list.length > 0,
      ),
    ).toHaveLength(1)
    expect((await server.call('GET', '/api/admin/queues?verbose=true')).json).toMatchObject({ 'conductor:early:e': { 'conductor:early:e': 0 } })
  })

  it('cannot be forged by a start', async () => {
    const forged = { _eventMessage: { event: 'conductor:early:e', id: 'x', payload: {} } }
    const { text } = await server.call('POST', '/api/workflow', { name: 'late', ...forged })
    expect(await ended(text)).toMatchObject({ workflowName: 'late' })
    await define('forger', [task('s', 'START_WORKFLOW', { inputParameters: { startWorkflow: { name: 'late', ...forged } } })])
    expect(await ended(await start('forger'))).toMatchObject({ status: 'FAILED' })
  })
})

describe('a message for a workflow', () => {
  it('is taken by the task that waits for it, in batches', async () => {
    await define('pulling', [
      task('one', 'PULL_WORKFLOW_MESSAGES'),
      task('many', 'PULL_WORKFLOW_MESSAGES', { inputParameters: { batchSize: 5 } }),
      task('none', 'PULL_WORKFLOW_MESSAGES', { inputParameters: { blocking: false } }),
    ])
    const id = await start('pulling')
    const push = (body: object) => server.call('POST', `/api/workflow/${id}/messages`, body)
    await server.call('PUT', `/api/workflow/${id}/pause`)
    expect(await push({})).toMatchObject({ status: 409, text: `Workflow ${id} is not in RUNNING state (current: PAUSED)` })
    await server.call('PUT', `/api/workflow/${id}/resume`)
    const first = await push({ n: 1 })
    expect(first.status).toBe(200)
    await push({ n: 2 })
    const workflow = await ended(id)
    expect(workflow.tasks[0].outputData).toEqual({
      count: 1,
      messages: [{ id: first.text, workflowId: id, payload: { n: 1 }, receivedAt: expect.stringMatching(/^\d{4}-.*Z$/) }],
    })
    expect(workflow.tasks[1].outputData).toMatchObject({ count: 1, messages: [{ payload: { n: 2 } }] })
    expect(workflow.tasks[2].outputData).toEqual({ count: 0, messages: [] })
    expect((await push({})).status).toBe(409)
    expect(await server.call('POST', '/api/workflow/unknown/messages', {})).toMatchObject({ status: 404, text: 'Workflow not found: unknown' })
  })
})
