import type { Attempt, QueueName, WorkerId } from '@busbar/kernel'
import { MemoryStore } from '@busbar/store/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Work } from './api.js'
import { callerOf } from './caller.js'
import { type ScriptedEngine, startScripted } from './testing/scripted-engine.js'
import type { Step } from './testing/scripted-rules.js'

const queues = ['p', 'q', 'r']

type Move =
  | { readonly kind: 'create'; readonly steps: readonly Step[] }
  | { readonly kind: 'poll'; readonly queues: readonly string[]; readonly isRule: boolean; readonly max: number; readonly waitMs: number }
  | { readonly kind: 'abort' | 'done' | 'settle'; readonly pick: number }
  | { readonly kind: 'advance'; readonly ms: number }

const opening: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('open' as const),
  queue: fc.constantFrom(...queues),
  leaseMs: fc.constantFrom(500, 60_000),
  delayMs: fc.constantFrom(0, 0, 300),
  spoil: fc.constantFrom(false, false, false, true),
  render: fc.boolean(),
})
const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ kind: fc.constant('create' as const), steps: fc.array(opening, { minLength: 1, maxLength: 3 }) }),
  fc.record({
    kind: fc.constant('poll' as const),
    queues: fc.subarray(queues, { minLength: 1 }),
    isRule: fc.boolean(),
    max: fc.integer({ min: 1, max: 3 }),
    waitMs: fc.constantFrom(0, 400, 50_000),
  }),
  fc.record({ kind: fc.constantFrom('abort' as const, 'done' as const, 'settle' as const), pick: fc.nat(20) }),
  fc.record({ kind: fc.constant('advance' as const), ms: fc.constantFrom(100, 300, 600) }),
)

interface Held {
  readonly queues: readonly string[]
  readonly abort: AbortController
}

/** Plays moves on an engine, and knows which polls are still held and what was handed out. */
class Play {
  readonly held = new Set<Held>()
  readonly works: Work[] = []
  /** Every lease that a poll was answered with: attempt and fence. */
  readonly leases: string[] = []
  readonly #on: ScriptedEngine
  readonly #begun: Promise<unknown>[] = []

  constructor(on: ScriptedEngine) {
    this.#on = on
  }

  async make(move: Move): Promise<void> {
    const on = this.#on
    switch (move.kind) {
      case 'create':
        this.#begun.push(on.create(move.steps))
        return
      case 'poll':
        return this.#poll(move)
      case 'abort': {
        const held = [...this.held]
        held[move.pick % Math.max(held.length, 1)]?.abort.abort()
        return
      }
      case 'done': {
        const [work] = this.works.splice(move.pick % Math.max(this.works.length, 1), 1)
        if (work) this.#begun.push(on.done(work.attempt.id, work.attempt.fence))
        return
      }
      case 'settle':
        return on.settle()
      case 'advance':
        on.clock.advance(move.ms)
    }
  }

  async end(): Promise<void> {
    await this.#on.settle()
    await Promise.all(this.#begun)
    await this.#on.settle()
  }

  #poll(move: Extract<Move, { kind: 'poll' }>): void {
    const held: Held = { queues: move.queues, abort: new AbortController() }
    this.held.add(held)
    const served = move.isRule ? { key: move.queues.join(), serves: (queue: QueueName) => move.queues.includes(queue) } : (move.queues as QueueName[])
    const worker = `w${this.works.length}` as WorkerId
    const answer = this.#on.poll(served, { max: move.max, waitMs: move.waitMs, caller: callerOf(held.abort.signal), worker })
    void answer.then(works => {
      this.held.delete(held)
      this.works.push(...works)
      this.leases.push(...works.map(({ attempt }) => leaseOf(attempt)))
    })
  }
}

function leaseOf({ id, fence }: Attempt): string {
  return `${id} ${fence}`
}

describe('whatever callers do, and in whatever order', () => {
  it('nobody waits for work that is there, and every lease has one holder', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 5, maxLength: 40 }), async moves => {
        const store = new MemoryStore()
        const on = await startScripted({ store })
        const play = new Play(on)
        for (const each of moves) await play.make(each)
        await play.end()
        const now = on.clock.now()
        for (const { queue, ready } of await store.queueSizes(now)) {
          if (ready > 0) expect([...play.held].filter(({ queues }) => queues.includes(queue))).toEqual([])
        }
        expect(new Set(play.leases).size).toBe(play.leases.length)
        for (const queue of queues) {
          const leased = (await store.openAttempts(queue as QueueName, 0, 1_000)).filter(({ attempt }) => attempt.state.kind === 'leased')
          for (const { attempt } of leased) expect(play.leases).toContain(leaseOf(attempt))
        }
        await on.engine.stop(0)
        expect(play.held.size).toBe(0)
      }),
      { numRuns: 100 },
    )
  })
})
