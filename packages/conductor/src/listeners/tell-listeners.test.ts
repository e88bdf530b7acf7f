import { type ExecutionId, isRefusal, type JsonObject } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import { defaultSettings, type ListenerSettings } from '../settings.js'
import { effectQueueOf } from '../queue.js'
import { simple, workflow } from '../testing/build.js'
import { World } from '../testing/world.js'

function worldWith(listeners: Partial<ListenerSettings>, more: JsonObject = {}) {
  const world = new World({ settings: { ...defaultSettings, listeners: { ...defaultSettings.listeners, ...listeners } } })
  world.define(workflow('w', [simple('a')], { workflowStatusListenerEnabled: true, ...more }))
  const start = (): ExecutionId => {
    const id = world.start({ name: 'w', input: { n: 1 } })
    if (isRefusal(id)) throw new Error(id.message)
    return id
  }
  const finish = (id: ExecutionId, status: 'COMPLETED' | 'FAILED_WITH_TERMINAL_ERROR' = 'COMPLETED') =>
    world.send(id, { kind: 'updateByReference', reference: 'a', status, output: { m: 2 }, worker: null })
  const inside = (namespace: string) => [...world.views.values()].filter(view => view.execution.label.namespace === namespace)
  const told = () => inside('notice').map(view => (view.brief.input['payload'] as JsonObject)['eventType'])
  return { world, start, finish, inside, told }
}

describe('a workflow with workflowStatusListenerEnabled', () => {
  it('tells nobody unless somebody is named', () => {
    const { world, start, finish } = worldWith({})
    finish(start())
    expect(world.views.size).toBe(1)
  })

  it('tells of its end in the queues of the original, with its id and its summary', () => {
    const { start, finish, inside } = worldWith({ publishesToQueues: true })
    const ids = [start(), start()] as const
    finish(ids[0])
    finish(ids[1], 'FAILED_WITH_TERMINAL_ERROR')
    expect(inside('event').map(view => [view.brief.event, view.brief.input['id']])).toEqual([
      ['conductor:_callbackSuccessQueue', ids[0]],
      ['conductor:_callbackFinalizeQueue', ids[0]],
      ['conductor:_callbackFailureQueue', ids[1]],
      ['conductor:_callbackFinalizeQueue', ids[1]],
    ])
    expect(inside('event')[0]?.brief.input['payload']).toMatchObject({ workflowId: ids[0], workflowType: 'w', status: 'COMPLETED', output: '{m=2}' })
  })

  it('posts every change to the webhook, each as a request that is tried again', () => {
    const { world, start, finish, told } = worldWith({ webhook: 'https://hook.example.org/x' })
    const id = start()
    world.send(id, { kind: 'pause' })
    world.send(id, { kind: 'pause' })
    world.send(id, { kind: 'resume' })
    finish(id, 'FAILED_WITH_TERMINAL_ERROR')
    world.send(id, { kind: 'retry', resumeSubworkflowTasks: false })
    world.send(id, { kind: 'terminate', reason: null })
    world.send(id, { kind: 'restart', useLatestDefinitions: false })
    finish(id)
    world.send(id, { kind: 'rerun', fromTask: null, path: [], workflowInput: null, taskInput: null, correlationId: null })
    const ends = ['TERMINATED', 'FINALIZED']
    expect(told()).toEqual(['STARTED', 'PAUSED', 'RESUMED', ...ends, 'RETRIED', ...ends, 'RESTARTED', 'COMPLETED', 'FINALIZED', 'RERAN'])
    const work = world.poll(effectQueueOf('http'))
    expect(work?.work).toMatchObject({
      input: { http_request: { uri: 'https://hook.example.org/x', method: 'POST', body: { workflowId: id, eventType: 'STARTED' } } },
    })
    if (work === null) return
    world.send(work.view.id, { kind: 'effectEnded', attempt: work.task.id, fence: work.task.fence, outcome: 'failed', output: {}, reason: '503' })
    expect(work.view.status).toBe('running')
    expect(work.view.newest(work.task.key)?.number).toBe(1)
  })

  it('publishes to the sink of its definition, the summary and nothing else', () => {
    const { world, start, told } = worldWith({}, { workflowStatusListenerSink: 'kafka:changes' })
    const id = start()
    expect(told()).toEqual(['STARTED'])
    const work = world.poll(effectQueueOf('event'))?.work
    expect(work).toMatchObject({ broker: 'kafka', uri: 'changes', payload: { workflowId: id, eventType: 'STARTED' } })
    expect(work?.['payload']).not.toHaveProperty('event_produced')
    const inner = worldWith({}, { workflowStatusListenerSink: 'conductor:changes' })
    inner.finish(inner.start())
    expect(inner.inside('event').map(view => view.brief.event)).toEqual(Array(3).fill('conductor:changes'))
  })

  it('says in its log when its sink is none', () => {
    const { world, start } = worldWith({}, { workflowStatusListenerSink: 'pigeon:post' })
    start()
    expect(world.notes.map(note => note.text)).toEqual([expect.stringContaining('Unknown queue type pigeon')])
  })
})
