import { type ActivityKey, type ExecutionId, isRefusal } from '@busbar/kernel'
import { describe, expect, test } from 'vitest'
import { leaseOf } from './lease.js'
import { script, step, task, workspace } from './testing/definitions.js'
import { World } from './testing/world.js'

const heartbeatTimeoutMs = 10_000

/** A step that one worker claimed, and that came into other hands while it was away. */
function passedOn({ hasBegun }: { readonly hasBegun: boolean }) {
  const retry = { attemptsMax: 3, delaySecs: 1, backoff: 'fixed', jitter: false } as const
  const world = new World(workspace({ actions: { run: script() }, tasks: { main: task({ work: step({ retry }) }) } }))
  const id = world.start('main', {}, { heartbeatTimeoutMs })
  if (isRefusal(id)) return expect.unreachable(id.message)
  const first = claimed(world, id, 'w1')
  if (hasBegun) world.send(id, { kind: 'begin', step: 'work', worker: null, lease: first })
  world.pass(heartbeatTimeoutMs + 2_000)
  return { world, id, first, second: claimed(world, id, 'w2') }
}

function claimed(world: World, id: ExecutionId, worker: string): string {
  expect(world.claim(worker)?.step).toBe('work')
  const attempt = world.view(id).newest('work' as ActivityKey)
  return attempt ? leaseOf(attempt) : expect.unreachable('no attempt')
}

const report = (output: string) => ({ kind: 'complete', step: 'work', exitCode: 0, output, error: null }) as const

describe('a worker that was away for longer than its lease', () => {
  test.each([true, false])('cannot report for who took over (it had begun: %s)', hasBegun => {
    const { world, id, first, second } = passedOn({ hasBegun })
    expect(world.send(id, { kind: 'begin', step: 'work', worker: null, lease: first })).toMatchObject({ kind: 'refusal', code: 'conflict' })
    expect(world.send(id, { ...report('old'), lease: first })).toMatchObject({ kind: 'refusal', code: 'conflict' })
    expect(world.view(id).status).toBe('running')
    expect(world.send(id, { ...report('new'), lease: second })).toBeNull()
    expect(world.view(id).state.output).toEqual({ work: 'new' })
  })

  test('is answered like a late one when nobody took over', () => {
    const { world, id, second } = passedOn({ hasBegun: true })
    expect(world.send(id, { ...report('new'), lease: second })).toBeNull()
    expect(world.send(id, { ...report('again'), lease: second })).toBeNull()
    expect(world.view(id).state.output).toEqual({ work: 'new' })
  })

  test('is believed when it names no lease, as the original believes it', () => {
    const { world, id } = passedOn({ hasBegun: true })
    expect(world.send(id, report('old'))).toBeNull()
    expect(world.view(id).state.output).toEqual({ work: 'old' })
  })
})
