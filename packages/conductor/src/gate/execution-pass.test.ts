import { type ExecutionId, isRefusal, type JsonObject } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import { queueOf } from '../queue.js'
import { simple, workflow } from '../testing/build.js'
import { World } from '../testing/world.js'
import { workflowToWire } from '../wire/workflow.js'

const limited = (rateLimitConfig: JsonObject, more: JsonObject = {}) => workflow('w', [simple('a')], { rateLimitConfig, ...more })

class Limited {
  readonly world = new World()

  constructor(definition: JsonObject) {
    this.world.define(definition)
  }

  start(input: JsonObject = {}): ExecutionId {
    const id = this.world.start({ name: 'w', input })
    if (isRefusal(id)) throw new Error(id.message)
    return id
  }

  /** Which of them have begun: their first task is there. */
  begun(...ids: readonly ExecutionId[]): number[] {
    return ids.flatMap((id, index) => (this.world.view(id).size > 0 && !this.world.view(id).isTerminal ? [index] : []))
  }

  finish(id: ExecutionId, status: 'COMPLETED' | 'FAILED_WITH_TERMINAL_ERROR' = 'COMPLETED'): void {
    this.world.send(id, { kind: 'updateByReference', reference: 'a', status, output: {}, worker: null })
  }

  shown(id: ExecutionId): JsonObject {
    return workflowToWire(this.world.view(id), { includeTasks: true })
  }
}

describe('a workflow with a rateLimitConfig', () => {
  it('runs so many of its executions, the others in the order of their arrival', () => {
    const of = new Limited(limited({ concurrentExecLimit: 2 }))
    const ids = [of.start(), of.start(), of.start(), of.start()] as const
    expect(of.begun(...ids)).toEqual([0, 1])
    expect(of.shown(ids[2])).toMatchObject({ status: 'RUNNING', tasks: [], rateLimited: true })
    of.finish(ids[1])
    expect(of.begun(...ids)).toEqual([0, 2])
    of.finish(ids[0], 'FAILED_WITH_TERMINAL_ERROR')
    expect(of.begun(...ids)).toEqual([2, 3])
    expect(of.shown(ids[3])).toMatchObject({ rateLimited: false })
  })

  it('limits each key by itself', () => {
    const of = new Limited(limited({ rateLimitKey: '${workflow.input.user}', concurrentExecLimit: 1 }))
    const ids = [of.start({ user: 'ada' }), of.start({ user: 'ada' }), of.start({ user: 'bob' })] as const
    expect(of.begun(...ids)).toEqual([0, 2])
    expect(of.shown(ids[1])).toMatchObject({ rateLimitKey: 'ada', rateLimited: true })
    of.finish(ids[0])
    expect(of.begun(...ids)).toEqual([1, 2])
  })

  it('fails the start of one too many when its policy is REJECT', () => {
    const of = new Limited(limited({ concurrentExecLimit: 1, policy: 'REJECT' }))
    const ids = [of.start(), of.start()] as const
    expect(of.begun(...ids)).toEqual([0])
    expect(of.shown(ids[1])).toMatchObject({ status: 'FAILED', tasks: [], reasonForIncompletion: expect.stringContaining('REJECT') })
    of.finish(ids[0])
    expect(of.begun(of.start())).toEqual([0])
  })

  it('gives up the place of one that is terminated, waiting or running, or about to be removed', () => {
    const of = new Limited(limited({ concurrentExecLimit: 1 }))
    const ids = [of.start(), of.start(), of.start(), of.start()] as const
    of.world.send(ids[1], { kind: 'terminate', reason: null })
    of.world.send(ids[0], { kind: 'terminate', reason: null })
    expect(of.begun(...ids)).toEqual([2])
    of.world.send(ids[2], { kind: 'leaveGates' })
    expect(of.begun(...ids)).toEqual([2, 3])
  })

  it('has one that is restarted wait for its turn, and counts one that is retried', () => {
    const of = new Limited(limited({ concurrentExecLimit: 1 }))
    const first = of.start()
    of.finish(first, 'FAILED_WITH_TERMINAL_ERROR')
    const second = of.start()
    of.world.send(first, { kind: 'restart', useLatestDefinitions: false })
    expect(of.begun(first, second)).toEqual([1])
    of.finish(second, 'FAILED_WITH_TERMINAL_ERROR')
    expect(of.begun(first, second)).toEqual([0])
    of.world.send(second, { kind: 'retry', resumeSubworkflowTasks: false })
    const third = of.start()
    expect(of.begun(first, second, third)).toEqual([0, 1])
    of.finish(first)
    expect(of.begun(first, second, third)).toEqual([1])
    of.finish(second)
    expect(of.begun(first, second, third)).toEqual([2])
  })

  it('times out one that waits too long', () => {
    const of = new Limited(limited({ concurrentExecLimit: 1 }, { timeoutSeconds: 60, timeoutPolicy: 'TIME_OUT_WF' }))
    const ids = [of.start(), of.start()] as const
    of.world.advance(61_000)
    expect(ids.map(id => of.shown(id)['status'])).toEqual(['TIMED_OUT', 'TIMED_OUT'])
    expect(of.begun(of.start())).toEqual([0])
    expect(of.world.poll(queueOf('a', null))).not.toBeNull()
  })
})
