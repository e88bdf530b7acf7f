/**
 * The views that are kept between batches.
 *
 * V1. A view is out of the cache while a batch works on it: nobody else sees it half decided.
 * V2. What is kept equals what is committed. A view whose commit was refused or is in doubt is not put back.
 *     Where the store is shared, what is kept may be old: then its commit is refused, and an answer that comes without a
 *     commit is checked against the store (C5 of the commit loop).
 * V3. After a claim that may have leased anything (`doubt`), no view is kept that was taken out or loaded before it.
 */
import type { Execution, ExecutionId } from '@busbar/kernel'
import { View } from '@busbar/kernel'
import type { LoadedExecution, Sharing, Store } from '@busbar/store'
import type { EngineLimits } from './api.js'
import type { SomeView } from './dialects.js'
import type { Plans } from './plans.js'

/** Ended executions are kept for those who read the end when they hear of it; everybody else reads the store. */
const endedMax = 1_000

export class Views {
  readonly #store: Store
  readonly #plans: Plans
  readonly #limits: EngineLimits
  /** In the order of use. Ended executions are rarely asked for again: they leave first. */
  readonly #open = new Map<ExecutionId, SomeView>()
  readonly #ended = new Map<ExecutionId, SomeView>()
  /** Kept ones that others are known to have changed. */
  readonly #old = new Set<ExecutionId>()
  #attempts = 0
  #age = 0

  constructor(store: Store, plans: Plans, limits: EngineLimits) {
    this.#store = store
    this.#plans = plans
    this.#limits = limits
  }

  get size(): number {
    return this.#open.size + this.#ended.size
  }

  /** Raised when all that was read before may be untrue. */
  get age(): number {
    return this.#age
  }

  doubt(): void {
    this.#age += 1
    this.#open.clear()
    this.#ended.clear()
    this.#old.clear()
    this.#attempts = 0
  }

  peek(id: ExecutionId): SomeView | undefined {
    return this.#open.get(id) ?? this.#ended.get(id)
  }

  /** Takes the view out, to be worked on. */
  take(id: ExecutionId): SomeView | undefined {
    return this.#takeOf(this.#open, id) ?? this.#takeOf(this.#ended, id)
  }

  drop(id: ExecutionId): void {
    this.take(id)
    this.#old.delete(id)
  }

  #takeOf(views: Map<ExecutionId, SomeView>, id: ExecutionId): SomeView | undefined {
    const view = views.get(id)
    if (!view) return undefined
    views.delete(id)
    this.#attempts -= view.size
    return view
  }

  put(view: SomeView): void {
    this.drop(view.id)
    ;(view.isTerminal ? this.#ended : this.#open).set(view.id, view)
    this.#attempts += view.size
    if (view.isTerminal) view.derived = undefined
    while (this.#ended.size > endedMax || this.size > this.#limits.cachedViewsMax || (this.#attempts > this.#limits.cachedAttemptsMax && this.size > 1))
      this.#evict()
  }

  async load(id: ExecutionId): Promise<SomeView | null> {
    const loaded = await this.#store.load(id)
    return loaded && this.#viewOf(loaded)
  }

  /** Not to be worked on: it has no attempts. */
  glance(execution: Execution): Promise<SomeView> {
    return this.#viewOf({ execution, version: 0, due: null, lastOrdinal: 0, lastMessage: 0, attempts: [] })
  }

  async #viewOf(loaded: LoadedExecution): Promise<SomeView> {
    const { dialect, definition } = loaded.execution
    const { plan } = this.#plans.cached(dialect, definition) ?? (await this.#plans.load(dialect, definition))
    return new View({ ...loaded, plan })
  }

  /** Another server changed it: before it is worked on again, what changed is read. */
  doubtOne(id: ExecutionId): void {
    if (this.peek(id)) this.#old.add(id)
  }

  /**
   * Brings a kept view up to date where it is known to be old, at the cost of what changed. Null: it is as new as we know.
   * The answer may be another view, or null when the execution is gone.
   */
  catchUp(view: SomeView): Promise<SomeView | null> | null {
    const { sharing } = this.#store
    return sharing && this.#old.delete(view.id) ? this.#caughtUp(sharing, view) : null
  }

  async #caughtUp(sharing: Sharing, view: SomeView): Promise<SomeView | null> {
    const { id, version, lastOrdinal, openOrdinals: open } = view
    const news = await sharing.loadChanges({ id, version, lastOrdinal, open })
    if (news === 'reworked') return this.load(id)
    if (news) view.catchUp(news)
    return news && view
  }

  /** For readers: a copy of what is kept, where that is the truth, or else what is stored. */
  async read(id: ExecutionId): Promise<SomeView | null> {
    const kept = this.#store.sharing ? undefined : this.peek(id)
    return kept ? snapshotOf(kept) : this.load(id)
  }

  #evict(): void {
    for (const id of this.#ended.keys()) return this.drop(id)
    for (const id of this.#open.keys()) return this.drop(id)
  }
}

/** A copy that later batches do not change: attempts are immutable, so only their list is copied. */
export function snapshotOf(view: SomeView): SomeView {
  const { lastOrdinal, lastMessage } = view.takeChanges()
  const { execution, plan, version, due } = view
  return new View({ execution, plan, version, due, lastOrdinal, lastMessage, attempts: view.attempts() })
}
