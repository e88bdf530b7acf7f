import { type ExecutionId, isRefusal, type JsonObject } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import { simple, sub, task, workflow } from '../testing/build.js'
import { World } from '../testing/world.js'
import { workflowToWire } from '../wire/workflow.js'

const keyed = (idempotencyStrategy?: string) => ({ idempotencyKey: '${workflow.input.key}', ...(idempotencyStrategy && { idempotencyStrategy }) })

const starter = (strategy?: string) =>
  workflow('starter', [task('s', 'START_WORKFLOW', { inputParameters: { startWorkflow: { name: 'other', ...keyed(strategy) } } })])
const parent = (strategy?: string) => workflow('parent', [{ ...sub('s', 'other'), subWorkflowParam: { name: 'other', version: 1, ...keyed(strategy) } }])

function worldWith(...definitions: readonly JsonObject[]) {
  const world = new World()
  for (const definition of [workflow('other', [simple('a')]), ...definitions]) world.define(definition)
  const start = (name: string): ExecutionId => {
    const id = world.start({ name, input: { key: 'k' } })
    if (isRefusal(id)) throw new Error(id.message)
    return id
  }
  const shown = (id: ExecutionId): JsonObject => workflowToWire(world.view(id), { includeTasks: true })
  const first = (id: ExecutionId): JsonObject => (shown(id)['tasks'] as readonly JsonObject[])[0] ?? {}
  const others = () => [...world.views.values()].filter(view => view.execution.label.name === 'other').map(view => view.id)
  const finish = (id: ExecutionId, output: JsonObject = {}) =>
    world.send(id, { kind: 'updateByReference', reference: 'a', status: 'COMPLETED', output, worker: null })
  return { world, start, shown, first, others, finish }
}

describe('an idempotency key of a START_WORKFLOW task', () => {
  it('finds the workflow that was started with it, also when it has ended', () => {
    const { start, first, others, finish, shown } = worldWith(starter())
    const ids = [start('starter'), start('starter')]
    const [only, ...more] = others()
    expect(more).toEqual([])
    finish(only as ExecutionId)
    ids.push(start('starter'))
    for (const id of ids) expect(first(id)).toMatchObject({ status: 'COMPLETED', outputData: { workflowId: only } })
    expect(shown(only as ExecutionId)).toMatchObject({ idempotencyKey: 'k' })
  })

  it('fails the task where its strategy says so', () => {
    const { start, first, others, finish } = worldWith(starter('FAIL_ON_RUNNING'))
    start('starter')
    expect(first(start('starter'))).toMatchObject({ status: 'FAILED', reasonForIncompletion: expect.stringContaining('(FAIL_ON_RUNNING)') })
    finish(others()[0] as ExecutionId)
    expect(first(start('starter'))).toMatchObject({ status: 'COMPLETED' })
    expect(others()).toHaveLength(2)
    const strict = worldWith(starter('FAIL'))
    strict.start('starter')
    strict.finish(strict.others()[0] as ExecutionId)
    expect(strict.first(strict.start('starter'))).toMatchObject({ status: 'FAILED' })
  })
})

describe('an idempotency key of a SUB_WORKFLOW task', () => {
  it('waits for the workflow that was started with it, and takes its output', () => {
    const { start, first, others, finish, shown } = worldWith(parent())
    const ids = [start('parent'), start('parent')]
    expect(others()).toHaveLength(1)
    const [child] = others()
    expect(first(ids[1] as ExecutionId)).toMatchObject({ status: 'IN_PROGRESS', subWorkflowId: child })
    finish(child as ExecutionId, { n: 1 })
    for (const id of ids) expect(shown(id)).toMatchObject({ status: 'COMPLETED', output: { n: 1, subWorkflowId: child } })
    expect(shown(start('parent'))).toMatchObject({ status: 'COMPLETED', output: { n: 1 } })
  })

  it('does not end what somebody else started', () => {
    const { world, start, others, shown } = worldWith(parent())
    const ids = [start('parent'), start('parent')]
    world.send(ids[1] as ExecutionId, { kind: 'terminate', reason: null })
    expect(shown(others()[0] as ExecutionId)).toMatchObject({ status: 'RUNNING' })
    world.send(ids[0] as ExecutionId, { kind: 'terminate', reason: null })
    expect(shown(others()[0] as ExecutionId)).toMatchObject({ status: 'TERMINATED' })
  })

  it('hears when what it waits for is removed', () => {
    const { world, start, others, shown } = worldWith(parent())
    const ids = [start('parent'), start('parent')]
    world.send(others()[0] as ExecutionId, { kind: 'leaveGates' })
    expect(shown(ids[1] as ExecutionId)['status']).not.toBe('RUNNING')
  })

  it('fails the task where its strategy says so', () => {
    const { start, first } = worldWith(parent('FAIL'))
    start('parent')
    expect(first(start('parent'))).toMatchObject({ status: 'FAILED', reasonForIncompletion: expect.stringContaining('(FAIL)') })
  })
})

describe('what is no workflow', () => {
  it('takes no command of workflows', () => {
    const { world, start } = worldWith(workflow('limited', [simple('a')], { rateLimitConfig: { concurrentExecLimit: 1 } }))
    start('limited')
    const gate = [...world.views.values()].find(view => view.execution.label.namespace === 'gate')
    expect(world.send(gate?.id as ExecutionId, { kind: 'terminate', reason: null })).toMatchObject({ code: 'missing' })
  })
})
