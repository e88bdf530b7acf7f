import { type ExecutionId, isRefusal, type JsonObject } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import type { ConductorCommand } from '../commands.js'
import { queueOf } from '../queue.js'
import { defaultSettings } from '../settings.js'
import { fork, inline, join, loop, simple, sub, taskDef, workflow } from '../testing/build.js'
import { World, type WorldOptions } from '../testing/world.js'
import { taskToWire } from '../wire/task.js'
import { workflowToWire } from '../wire/workflow.js'

/** Above a hundred bytes outside, above five hundred refused. */
const settings = {
  ...defaultSettings,
  payloads: { workflowKeptOutsideAbove: 100, workflowMax: 500, taskKeptOutsideAbove: 100, taskMax: 500, variablesMax: 256 * 1024 },
}
const long = (length: number) => 'x'.repeat(length)

const worldWith = (options: WorldOptions, ...definitions: readonly JsonObject[]) => {
  const world = new World({ settings, ...options })
  for (const definition of definitions) world.define(definition)
  return world
}

function started(world: World, request: JsonObject): ExecutionId {
  const id = world.start(request)
  if (isRefusal(id)) throw new Error(id.message)
  return id
}

function report(world: World, queue: string, output: JsonObject, more: Partial<Extract<ConductorCommand, { kind: 'update' }>> = {}) {
  const found = world.poll(queueOf(queue, null))
  if (found === null) throw new Error(`nothing in ${queue}`)
  world.send(found.view.id, {
    kind: 'update',
    attempt: found.task.id,
    status: 'COMPLETED',
    output,
    reason: null,
    worker: 'w',
    callbackAfterSeconds: 0,
    extendLease: false,
    subWorkflowId: null,
    logs: [],
    ...more,
  })
  return found
}

const shown = (world: World, id: ExecutionId) => workflowToWire(world.view(id), { includeTasks: true })
const tasksOf = (world: World, id: ExecutionId) => [...world.view(id).attempts()].map(task => taskToWire(world.view(id), task))

describe('payloads', () => {
  it('stay in their rows up to the limit', () => {
    const world = worldWith({}, workflow('w', [simple('a', { all: '${workflow.input}' })]))
    const id = started(world, { name: 'w', input: { text: long(80) } })
    report(world, 'a', { text: long(80) })
    expect(shown(world, id)).toMatchObject({ input: { text: long(80) }, output: { text: long(80) }, status: 'COMPLETED' })
    expect(world.payloads.size).toBe(0)
  })

  it('above it are shown as an empty map and a path, and read by expressions', () => {
    const world = worldWith({}, workflow('w', [simple('a', { n: '${workflow.input.n}' }), simple('b', { n: '${a.output.n}', m: '${workflow.input.n}' })]))
    const id = started(world, { name: 'w', input: { text: long(200), n: 7 } })
    expect(report(world, 'a', { text: long(300), n: 8 }).work).toMatchObject({ inputData: { n: 7 } })
    expect(report(world, 'b', {}).work).toMatchObject({ inputData: { n: 8, m: 7 } })
    expect(shown(world, id)).toMatchObject({ input: {}, externalInputPayloadStoragePath: expect.stringMatching(/json$/), status: 'COMPLETED' })
    expect(tasksOf(world, id)[0]).toMatchObject({ outputData: {}, externalOutputPayloadStoragePath: expect.stringMatching(/json$/) })
    expect(JSON.stringify([...world.view(id).attempts()])).not.toContain('xxxx')
  })

  it('that are a task’s input travel to its worker as a path', () => {
    const world = worldWith({}, workflow('w', [simple('a', { all: '${workflow.input}' })]))
    const id = started(world, { name: 'w', input: { text: long(200) } })
    const { work } = report(world, 'a', {})
    const path = String(work['externalInputPayloadStoragePath'])
    expect(work).toMatchObject({ inputData: {} })
    expect(world.payloads.get(path)).toEqual({ all: { text: long(200) } })
    expect(shown(world, id)).toMatchObject({ status: 'COMPLETED' })
  })

  it('of a workflow’s output are kept outside, and its parent reads them', () => {
    const world = worldWith(
      {},
      workflow('w', [sub('s', 'child'), simple('b', { n: '${s.output.n}', id: '${s.output.subWorkflowId}' })]),
      workflow('child', [simple('c')]),
    )
    const id = started(world, { name: 'w' })
    report(world, 'c', { text: long(200), n: 9 })
    const child = String(tasksOf(world, id)[0]?.['subWorkflowId']) as ExecutionId
    expect(shown(world, child)).toMatchObject({ output: {}, externalOutputPayloadStoragePath: expect.any(String) })
    expect(tasksOf(world, id)[0]).toMatchObject({ externalOutputPayloadStoragePath: shown(world, child)['externalOutputPayloadStoragePath'] })
    expect(report(world, 'b', {}).work).toMatchObject({ inputData: { n: 9, id: child } })
  })

  it('are gathered by joins and read by the conditions of loops', () => {
    const evaluate = (_code: string, input: unknown) => ({ ok: true, value: (input as { c: { n: number } }).c.n < 2 }) as const
    const world = worldWith(
      { evaluate },
      workflow('w', [
        fork('f', [simple('a')], [simple('b')]),
        join('j', 'a', 'b'),
        loop('l', 'function f() { return $.c.n < 2 } f()', [simple('c')]),
        simple('d', { a: '${j.output.a.n}' }),
      ]),
    )
    const id = started(world, { name: 'w' })
    report(world, 'a', { text: long(150), n: 1 })
    report(world, 'b', { text: long(150), n: 2 })
    report(world, 'c', { text: long(150), n: 1 })
    report(world, 'c', { text: long(150), n: 2 })
    expect(report(world, 'd', {}).work).toMatchObject({ inputData: { a: 1 } })
    expect(shown(world, id)).toMatchObject({ status: 'COMPLETED' })
  })

  it('above the limit fail the task for good, in the words of the original', () => {
    const world = worldWith({}, workflow('w', [simple('a')]))
    world.defineTask(taskDef('a', { retryCount: 3 }))
    const id = started(world, { name: 'w' })
    const { task } = report(world, 'a', { text: long(600) })
    const [shownTask] = tasksOf(world, id)
    expect(shownTask).toMatchObject({ status: 'FAILED_WITH_TERMINAL_ERROR', outputData: {} })
    expect(shownTask?.['reasonForIncompletion']).toBe(
      `The payload size: 611 of task: ${task.id} in workflow: ${id}  is greater than the permissible limit: 500 bytes`,
    )
    expect(shown(world, id)).toMatchObject({ status: 'FAILED' })
  })

  it('above the limit fail a task that would get them, and nobody gets it', () => {
    const world = worldWith({}, workflow('w', [simple('a', { one: '${workflow.input.text}', two: '${workflow.input.text}' })]))
    const id = started(world, { name: 'w', input: { text: long(400) } })
    expect(world.poll(queueOf('a', null))).toBeNull()
    expect(tasksOf(world, id)[0]).toMatchObject({ status: 'FAILED_WITH_TERMINAL_ERROR', inputData: {} })
  })

  it('above the limit refuse a start, and fail a workflow whose output they would be', () => {
    const world = worldWith({}, workflow('w', [simple('a')], { outputParameters: { one: '${a.output.text}', two: '${a.output.text}' } }))
    expect(world.start({ name: 'w', input: { text: long(600) } })).toMatchObject({
      message: expect.stringMatching(/^The payload size: 611 of workflow: .* is greater than the permissible limit: 500 bytes$/),
    })
    const id = started(world, { name: 'w' })
    report(world, 'a', { text: long(400) })
    expect(shown(world, id)).toMatchObject({
      status: 'FAILED',
      output: {},
      reasonForIncompletion: `The payload size: 819 of workflow: ${id} is greater than the permissible limit: 500 bytes`,
    })
  })

  it('that a client uploaded are referred to by their path', () => {
    const world = worldWith({}, workflow('w', [simple('a', { n: '${workflow.input.n}' }), simple('b', { n: '${a.output.n}' })]))
    world.payloads.set('in.json', { n: 1 })
    world.payloads.set('out.json', { n: 2 })
    const id = started(world, { name: 'w', externalInputPayloadStoragePath: 'in.json' })
    expect(report(world, 'a', {}, { outputPath: 'out.json' }).work).toMatchObject({ inputData: { n: 1 } })
    expect(report(world, 'b', {}).work).toMatchObject({ inputData: { n: 2 } })
    expect(shown(world, id)).toMatchObject({ externalInputPayloadStoragePath: 'in.json', status: 'COMPLETED' })
  })

  it('that nobody uploaded refuse a start and fail a task', () => {
    const world = worldWith({}, workflow('w', [simple('a')]))
    expect(world.start({ name: 'w', externalInputPayloadStoragePath: 'no.json' })).toMatchObject({ code: 'missing' })
    const id = started(world, { name: 'w' })
    report(world, 'a', {}, { outputPath: 'no.json' })
    expect(tasksOf(world, id)[0]).toMatchObject({ status: 'FAILED_WITH_TERMINAL_ERROR', reasonForIncompletion: expect.stringContaining('no.json') })
  })

  it('that are gone fail what reads them, instead of going on with nothing', () => {
    const world = worldWith({}, workflow('w', [simple('a'), simple('b', { n: '${workflow.input.n}' })]))
    const id = started(world, { name: 'w', input: { text: long(200), n: 1 } })
    world.payloads.clear()
    report(world, 'a', {})
    expect(shown(world, id)).toMatchObject({ status: 'FAILED', reasonForIncompletion: expect.stringMatching(/is missing/) })
  })

  it('survive retries, terminations and reruns', () => {
    const world = worldWith({}, workflow('w', [simple('a', { all: '${workflow.input.text}' })], { outputParameters: { n: '${workflow.input.n}' } }))
    const id = started(world, { name: 'w', input: { text: long(200), n: 1 } })
    world.send(id, { kind: 'terminate', reason: 'enough' })
    expect(shown(world, id)).toMatchObject({ status: 'TERMINATED', output: { n: 1 } })
    world.send(id, { kind: 'retry', resumeSubworkflowTasks: false })
    report(world, 'a', { text: long(300) }, { status: 'FAILED_WITH_TERMINAL_ERROR' })
    world.send(id, { kind: 'rerun', fromTask: null, path: [], workflowInput: { n: 2 }, taskInput: null, correlationId: null })
    expect(shown(world, id)).toMatchObject({ status: 'RUNNING', input: { n: 2 } })
    expect(shown(world, id)['externalInputPayloadStoragePath']).toBeUndefined()
    report(world, 'a', {})
    expect(shown(world, id)).toMatchObject({ status: 'COMPLETED', output: { n: 2 } })
  })

  it('are held against schemas as a whole', () => {
    const needs = (name: string) => ({ type: 'JSON', name: 's', version: 1, data: { type: 'object', required: [name] } })
    const definition = workflow('w', [simple('a')], { inputSchema: needs('n'), outputSchema: needs('m') })
    const world = worldWith({}, definition)
    world.payloads.set('in.json', { n: 1 })
    world.payloads.set('bad.json', { m: 1 })
    expect(world.start({ name: 'w', externalInputPayloadStoragePath: 'bad.json' })).toMatchObject({ code: 'invalid' })
    const ids = ['in.json', 'in.json'].map(externalInputPayloadStoragePath => started(world, { name: 'w', externalInputPayloadStoragePath }))
    report(world, 'a', { text: long(200), m: 2 })
    report(world, 'a', { text: long(200), k: 2 })
    expect(ids.map(id => shown(world, id)['status'])).toEqual(['COMPLETED', 'FAILED'])
  })

  it('give no script a part of themselves', () => {
    const seen: unknown[] = []
    const evaluate: NonNullable<WorldOptions['evaluate']> = (_code, input) => {
      seen.push(input)
      return { ok: true, value: null }
    }
    const world = worldWith({ evaluate }, workflow('w', [inline('i', 'function f() { return null } f()', { n: '${workflow.input.n}' })]))
    const id = started(world, { name: 'w', input: { text: long(200), n: 5 } })
    expect(seen).toEqual([expect.objectContaining({ n: 5 })])
    expect(shown(world, id)).toMatchObject({ status: 'COMPLETED' })
  })
})
