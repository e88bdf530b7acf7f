/** One life of the server: an engine from its start to the crash of its store. */
import { type ExecutionId, type Instant, Problem } from '@busbar/kernel'
import { createEngine, type EngineApi, type Evaluator } from '@busbar/engine'
import { ManualClock, silentLog } from '@busbar/engine/testing'
import type { LoadedExecution } from '@busbar/store'
import type { Fault, MemoryStore } from '@busbar/store/testing'
import type { Ledger } from './ledger.js'
import type { Random } from './random.js'
import type { MakeStore } from './watched-store.js'

export interface LifeOptions {
  readonly ledger: Ledger
  readonly makeStore: MakeStore
  /** Decides about the next flush. */
  readonly fault: () => Fault | undefined
  /** Of the engine's own ids and jitter. */
  readonly chance: Random
  readonly evaluator: Evaluator
  readonly startsAt: number
  /** The store's clock. */
  readonly now: () => Instant
  /** Whether it has neighbours, and whether a hint to one of them is lost. */
  readonly isShared: boolean
  readonly lose: () => boolean
  /** Whose durable state it goes on with. */
  readonly origin?: MemoryStore
}

/** Nobody was answered: the caller cannot know what became of it. */
export type Called<T> = { readonly kind: 'answered'; readonly value: T } | { readonly kind: 'unknown' }

const crash = Symbol('crash')
const executionsMax = 1_000

export class Life {
  readonly store: MemoryStore
  readonly clock: ManualClock
  readonly engine: EngineApi
  readonly #crashed: Promise<typeof crash>
  readonly #ring: (value: typeof crash) => void

  constructor({ ledger, makeStore, fault, chance, evaluator, startsAt, now, isShared, lose, origin }: LifeOptions) {
    let ring: (value: typeof crash) => void = () => {}
    this.#crashed = new Promise(resolve => {
      ring = resolve
    })
    this.#ring = ring
    const beforeFlush = (): Fault | undefined => {
      const next = fault()
      if (next === 'crash before' || next === 'crash after') ring(crash)
      return next
    }
    this.store = makeStore(ledger, { beforeFlush, now, lose, shared: isShared }, origin)
    this.clock = new ManualClock(startsAt)
    this.engine = createEngine({ store: this.store, clock: this.clock, log: silentLog, chance: () => chance.next(), evaluator })
  }

  get isOver(): boolean {
    return this.store.isCrashed
  }

  /** As if its process were killed. */
  kill(): void {
    this.store.crash()
    this.#ring(crash)
  }

  /** Waits for an answer of the engine, which a crash never gives. */
  async call<T>(work: Promise<T>): Promise<Called<T>> {
    try {
      const value = await Promise.race([work, this.#crashed])
      return value === crash ? { kind: 'unknown' } : { kind: 'answered', value }
    } catch (error) {
      if (error instanceof Problem && error.code === 'unavailable') return { kind: 'unknown' }
      throw error
    }
  }

  async idle(): Promise<void> {
    await this.call(this.engine.idle())
  }
}

/** All that is stored, in the order of creation. */
export async function loadAll(store: MemoryStore): Promise<LoadedExecution[]> {
  const ids: ExecutionId[] = []
  for (const dialect of ['conductor', 'stroem'] as const) {
    const { executions } = await store.list({ dialect, offset: 0, limit: executionsMax, order: 'oldest' })
    ids.push(...executions.map(({ id }) => id))
  }
  const loaded = await Promise.all(ids.map(id => store.load(id)))
  return loaded.filter(one => one !== null)
}
