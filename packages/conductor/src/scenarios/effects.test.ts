/** Tasks that do something outside: the engine's own workers do it, and say how it went. */
import { type ExecutionId, isRefusal, type JsonObject } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import type { ConductorCommand } from '../commands.js'
import { outputOf } from '../decide/output.js'
import { effectQueueOf, eventQueueOf } from '../queue.js'
import { conductorRules } from '../rules.js'
import { simple, task, taskDef, workflow } from '../testing/build.js'
import { evaluate, mustHold } from '../testing/run-scenarios.js'
import { World } from '../testing/world.js'
import { taskStatus, workflowStatus } from '../wire/status.js'

const http = (ref: string, more: JsonObject = {}) => task(ref, 'HTTP', { inputParameters: { uri: 'http://x.test/', method: 'GET' }, ...more })
const week = 7 * 24 * 60 * 60 * 1000

function worldOf(tasks: readonly JsonObject[], more: JsonObject = {}) {
  const world = new World({ evaluate, onCommit: mustHold })
  world.define(workflow('w', tasks, more))
  const start = (input: JsonObject = {}): ExecutionId => {
    const id = world.start({ name: 'w', input })
    if (isRefusal(id)) throw new Error(id.message)
    return id
  }
  const see = (id: ExecutionId): string => {
    const view = world.view(id)
    return `${workflowStatus(view.status)}: ${[...view.attempts()].map(one => `${one.key} ${taskStatus(one)}`).join(', ')}`
  }
  const claim = (kind: 'http' | 'event' | 'kafka' = 'http') => {
    const claimed = world.poll(effectQueueOf(kind), 'engine')
    if (claimed === null) throw new Error('nothing waits')
    const { id: attempt, fence } = claimed.task
    const end = (outcome: 'completed' | 'failed' | 'failedFinally' = 'completed', output: JsonObject = { response: 1 }, reason: string | null = null) =>
      world.send(claimed.view.id, { kind: 'effectEnded', attempt, fence, outcome, output, reason })
    return { ...claimed, end }
  }
  return { world, start, see, claim }
}

describe('an HTTP task', () => {
  it('waits for a worker of the engine and goes on with what it says', () => {
    const { start, see, claim, world } = worldOf([http('h'), simple('after', { r: '${h.output.response}' })])
    const id = start()
    expect(see(id)).toBe('RUNNING: h SCHEDULED')
    const claimed = claim()
    expect(claimed.work).toEqual({ input: { uri: 'http://x.test/', method: 'GET', asyncComplete: false } })
    expect(see(id)).toBe('RUNNING: h IN_PROGRESS')
    claimed.end()
    expect(see(id)).toBe('RUNNING: h COMPLETED, after SCHEDULED')
    expect(world.view(id).attempt(2)?.data.input).toEqual({ r: 1 })
  })

  it('is done again when the server that did it is gone, and the late one is not heard', () => {
    const { world, start, see, claim } = worldOf([http('h')])
    const id = start()
    const first = claim()
    world.advance(31_000)
    expect(see(id)).toBe('RUNNING: h SCHEDULED')
    const second = claim()
    expect(first.end()).toMatchObject({ kind: 'refusal', code: 'conflict' })
    world.reload(id)
    second.end()
    expect(see(id)).toBe('COMPLETED: h COMPLETED')
  })

  it('is returned at once when it is known that its server is gone, unless it waits for an update', () => {
    const { world, start, see, claim } = worldOf([http('h', { asyncComplete: true })])
    const id = start()
    const first = claim()
    expect(world.send(id, { kind: 'effectReturned', attempt: first.task.id, fence: 99 })).toMatchObject({ kind: 'refusal' })
    world.send(id, { kind: 'effectReturned', attempt: first.task.id, fence: first.task.fence })
    expect(see(id)).toBe('RUNNING: h SCHEDULED')
    const second = claim()
    second.end()
    expect(world.send(id, { kind: 'effectReturned', attempt: second.task.id, fence: second.task.fence })).toMatchObject({ kind: 'refusal' })
    expect(see(id)).toBe('RUNNING: h IN_PROGRESS')
  })

  it('that ends its server again and again fails', () => {
    const { world, start, see, claim } = worldOf([http('h')])
    const id = start()
    for (let n = 0; n < 10; n++) {
      claim()
      world.advance(31_000)
    }
    expect(see(id)).toBe('FAILED: h FAILED')
    expect(world.view(id).attempt(1)?.data.reason).toBe('No server could finish this task: it was begun 10 times')
  })

  it('with asyncComplete stays open until it is updated, however long', () => {
    const { world, start, see, claim } = worldOf([http('h', { asyncComplete: true })])
    const id = start()
    claim().end()
    world.advance(3_600_000)
    world.reload(id)
    expect(see(id)).toBe('RUNNING: h IN_PROGRESS')
    const [open] = [...world.view(id).openAttempts()]
    if (open === undefined) throw new Error('nothing is open')
    const more = { reason: null, worker: null, callbackAfterSeconds: 0, extendLease: false, subWorkflowId: null, logs: [] }
    world.send(id, { kind: 'update', attempt: open.id, status: 'IN_PROGRESS', output: { half: true }, ...more })
    expect(see(id)).toBe('RUNNING: h IN_PROGRESS')
    world.send(id, { kind: 'update', attempt: open.id, status: 'COMPLETED', output: { v: 1 }, ...more })
    expect(see(id)).toBe('COMPLETED: h COMPLETED')
  })

  it('is tried again as its definition says, after its delay', () => {
    const { world, start, see, claim } = worldOf([http('h')])
    world.defineTask(taskDef('h', { retryCount: 1, retryDelaySeconds: 5 }))
    const id = start()
    claim().end('failed', {}, 'no luck')
    expect(see(id)).toBe('RUNNING: h FAILED, h SCHEDULED')
    expect(world.poll(effectQueueOf('http'))).toBeNull()
    world.advance(5_000)
    claim().end('failedFinally', {}, 'forbidden')
    expect(see(id)).toBe('FAILED: h FAILED, h FAILED_WITH_TERMINAL_ERROR')
    world.send(id, { kind: 'retry', resumeSubworkflowTasks: false })
    claim().end()
    expect(workflowStatus(world.view(id).status)).toBe('COMPLETED')
  })

  it('times out as its definition says', () => {
    const { world, start, see, claim } = worldOf([http('h')])
    world.defineTask(taskDef('h', { timeoutSeconds: 10, timeoutPolicy: 'RETRY' }))
    const id = start()
    claim()
    world.advance(10_000)
    expect(see(id)).toBe('TIMED_OUT: h TIMED_OUT')
  })

  it('is cut off by the end of its workflow', () => {
    const { world, start, see, claim } = worldOf([http('h')])
    const id = start()
    const claimed = claim()
    world.send(id, { kind: 'terminate', reason: 'stop' })
    expect(see(id)).toBe('TERMINATED: h CANCELED')
    expect(claimed.end()).toMatchObject({ kind: 'refusal' })
  })

  it('may be what a DYNAMIC task becomes', () => {
    const dynamic = task('d', 'DYNAMIC', { dynamicTaskNameParam: 't', inputParameters: { t: 'HTTP', uri: 'http://x.test/', method: 'GET' } })
    const { start, see, claim } = worldOf([dynamic])
    const id = start()
    claim().end()
    expect(see(id)).toBe('COMPLETED: d COMPLETED')
  })

  it('gets secrets only in what is handed out', () => {
    const { world, start } = worldOf([task('h', 'HTTP', { inputParameters: { uri: 'http://x.test/', headers: { k: '${workflow.secrets.key}' } } })])
    const id = start()
    const view = world.view(id)
    const attempt = view.lease(1, 'engine' as never, world.now)
    const context = { now: world.now, answers: new Map(), chance: 0, lastSeen: () => null, canServe: () => true, secrets: () => ({ key: 'hush' }) }
    const out = conductorRules.handOut(view, attempt, { ...context, connections: () => ({}), environment: () => null })
    expect(out).toMatchObject({ kind: 'work', work: { input: { headers: { k: 'hush' } } } })
    expect(JSON.stringify(view.takeChanges())).not.toContain('hush')
  })
})

describe('a jq task', () => {
  it('gives the first result and all of them', () => {
    const world = new World({ evaluate: () => ({ ok: true, value: [1, 2] }), onCommit: mustHold })
    world.define(workflow('w', [task('q', 'JSON_JQ_TRANSFORM', { inputParameters: { queryExpression: '.a[]', a: [1, 2] } })]))
    const id = world.start({ name: 'w', input: {} }) as ExecutionId
    const view = world.view(id)
    expect(view.state.output).toEqual({ result: 1, resultList: [1, 2] })
  })

  it('fails without a program, and with what the program says', () => {
    const world = new World({ evaluate: () => ({ ok: false, why: 'error', message: 'no keys', line: null }), onCommit: mustHold })
    world.define(workflow('none', [task('q', 'JSON_JQ_TRANSFORM', { inputParameters: { queryExpression: '${workflow.input.q}' } })]))
    const without = world.view(world.start({ name: 'none', input: {} }) as ExecutionId)
    expect(without.attempt(1)?.data.reason).toBe(`Missing 'queryExpression' in input parameters`)
    const wrong = world.view(world.start({ name: 'none', input: { q: '.' } }) as ExecutionId)
    expect(wrong.attempt(1)?.data).toMatchObject({ output: { error: 'no keys' }, reason: 'no keys' })
  })
})

describe('an EVENT task', () => {
  const eventTask = (sink: string, more: JsonObject = {}) => task('e', 'EVENT', { sink, inputParameters: { x: 1 }, ...more })

  it('publishes in the decision that ends it: the message is an execution that waits for a handler', () => {
    const { world, start, see } = worldOf([eventTask('conductor'), simple('after')])
    const id = start()
    expect(see(id)).toBe('RUNNING: e COMPLETED, after SCHEDULED')
    const claimed = world.poll(eventQueueOf('conductor:w:e'), 'engine')
    expect(claimed?.work).toMatchObject({ event: 'conductor:w:e', id: world.view(id).attempt(1)?.id, payload: { x: 1, workflowInstanceId: id } })
    expect(claimed?.view.execution.label).toMatchObject({ namespace: 'event', name: 'conductor:w:e' })
  })

  it('lets the actions of handlers leave once, with the fence of their lease', () => {
    const { world, start } = worldOf([eventTask('conductor')])
    world.define(workflow('started', [simple('s')]))
    start()
    const claimed = world.poll(eventQueueOf('conductor:w:e'), 'engine')
    if (claimed === null) throw new Error('no message')
    const to = '01890000-0000-7000-8000-000000000000' as ExecutionId
    const body = { kind: 'start', dialect: 'conductor', request: { name: 'started', input: {} }, parent: null } as const
    const command: ConductorCommand = { kind: 'eventHandled', attempt: claimed.task.id, fence: claimed.task.fence, actions: [{ n: 1 }], sends: [{ to, body }] }
    expect(world.send(claimed.view.id, { ...command, fence: 7 })).toMatchObject({ kind: 'refusal' })
    expect(world.views.has(to)).toBe(false)
    world.send(claimed.view.id, command)
    expect(world.views.has(to)).toBe(true)
    expect(workflowStatus(claimed.view.status)).toBe('COMPLETED')
    expect(world.send(claimed.view.id, command)).toMatchObject({ kind: 'refusal' })
  })

  it('gives up a message that nobody wants for a week', () => {
    const { world, start } = worldOf([eventTask('conductor')])
    start()
    const message = [...world.views.values()].find(view => view.execution.label.namespace === 'event')
    // Nobody looks at it before: those that wait cost nothing.
    expect(message?.due).toBe(world.now + week)
    world.advance(week - 1)
    expect(message?.status).toBe('running')
    world.advance(1)
    expect(message?.status).toBe('cancelled')
  })

  it('with asyncComplete publishes once and stays open', () => {
    const { world, start, see } = worldOf([eventTask('conductor', { asyncComplete: true })])
    const id = start()
    world.send(id, { kind: 'decide' })
    world.reload(id)
    world.send(id, { kind: 'decide' })
    expect(see(id)).toBe('RUNNING: e IN_PROGRESS')
    expect([...world.views.values()].filter(view => view.execution.label.namespace === 'event')).toHaveLength(1)
    const [open] = [...world.view(id).openAttempts()]
    expect(open && outputOf(world.view(id), open)).toMatchObject({ event_produced: 'conductor:w:e' })
  })

  it('for a broker is handed to a worker of the engine with where it goes', () => {
    const { start, see, claim } = worldOf([eventTask('kafka:${workflow.input.topic}')])
    const id = start({ topic: 'orders' })
    const claimed = claim('event')
    expect(claimed.work).toMatchObject({ broker: 'kafka', uri: 'orders', event: 'kafka:orders', payload: { x: 1, event_produced: 'kafka:orders' } })
    claimed.end()
    expect(see(id)).toBe('COMPLETED: e COMPLETED')
  })
})

describe('messages for a workflow', () => {
  const pull = (more: JsonObject = {}) => task('p', 'PULL_WORKFLOW_MESSAGES', { inputParameters: more })
  const push = (id: string, n: number): ConductorCommand => ({ kind: 'pushMessage', id, payload: { n } })

  it('wait for the task that takes them, oldest first', () => {
    const { world, start, see } = worldOf([simple('a'), pull({ batchSize: 2 })])
    const id = start()
    for (const [index, name] of ['x', 'y', 'y', 'z'].entries()) world.send(id, push(name, index))
    world.reload(id)
    const claimed = world.poll('conductor/a' as never)
    if (claimed === null) throw new Error('no task')
    world.send(id, {
      kind: 'update',
      attempt: claimed.task.id,
      status: 'COMPLETED',
      output: {},
      reason: null,
      worker: null,
      callbackAfterSeconds: 0,
      extendLease: false,
      subWorkflowId: null,
      logs: [],
    })
    expect(see(id)).toBe('COMPLETED: a COMPLETED, p COMPLETED')
    const taken = world.view(id).attempt(2)?.data.output
    expect(taken).toMatchObject({
      count: 2,
      messages: [
        { id: 'x', payload: { n: 0 } },
        { id: 'y', payload: { n: 1 } },
      ],
    })
    expect(world.view(id).state.messages).toBeUndefined()
  })

  it('are bounded in number and in size', () => {
    const { world, start } = worldOf([simple('a')])
    const many = start()
    for (let n = 0; n < 1_000; n++) expect(world.send(many, push(`m${n}`, n))).toMatchObject({ kind: 'pushed' })
    expect(world.send(many, push('more', 0))).toMatchObject({ kind: 'full' })
    const large = start()
    const command: ConductorCommand = { kind: 'pushMessage', id: 'x', payload: { text: 'x'.repeat(1_100_000) } }
    expect(world.send(large, command)).toMatchObject({ kind: 'full' })
  })
})
