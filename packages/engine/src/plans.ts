import { createHash } from 'node:crypto'
import { type DefinitionId, type DialectName, type Instant, Problem } from '@busbar/kernel'
import type { Store } from '@busbar/store'
import type { Dialects } from './api.js'
import { rulesOf } from './dialects.js'
import { Lru } from './lru.js'

export interface Plan {
  readonly dialect: DialectName
  readonly id: DefinitionId
  readonly plan: unknown
}

interface Kept {
  readonly plan: Plan
  readonly at: Instant
}

const plansMax = 1_000
/** Snapshots that nobody runs by are deleted some day (`RetentionLoop`): one that is used again says so in time. */
const keptMs = 6 * 3_600_000

/** Compiled snapshots, shared by all executions of the same definition. A snapshot's id is the hash of its text. */
export class Plans {
  readonly #store: Store
  readonly #dialects: Dialects
  readonly #now: () => Instant
  readonly #byId = new Lru<string, Plan>(plansMax)
  /** The same plans by text, so that a start does not hash its definition again. Only of snapshots known to be stored. */
  readonly #byText = new Lru<string, Kept>(plansMax)

  constructor(store: Store, dialects: Dialects, now: () => Instant) {
    this.#store = store
    this.#dialects = dialects
    this.#now = now
  }

  /** The plan of a text that is known to be stored already. */
  known(dialect: DialectName, text: string): Plan | undefined {
    const kept = this.#byText.get(text)
    return kept?.plan.dialect === dialect && this.#now() - kept.at < keptMs ? kept.plan : undefined
  }

  /** Stores the snapshot unless it is there, and compiles it. */
  async keep(dialect: DialectName, text: string): Promise<Plan> {
    const id = createHash('sha256').update(text).digest('base64url') as DefinitionId
    const plan = this.#compile(dialect, id, text)
    const now = this.#now()
    await this.#store.putSnapshot(id, text, now)
    this.#byText.set(text, { plan, at: now })
    return plan
  }

  cached(dialect: DialectName, id: DefinitionId): Plan | undefined {
    const plan = this.#byId.get(id)
    return plan?.dialect === dialect ? plan : undefined
  }

  async load(dialect: DialectName, id: DefinitionId): Promise<Plan> {
    const cached = this.cached(dialect, id)
    if (cached) return cached
    const text = await this.#store.snapshot(id)
    if (text === null) throw new Problem('unavailable', `the store has no snapshot ${id}, which an execution runs by: restore the database from a backup`)
    return this.#compile(dialect, id, text)
  }

  #compile(dialect: DialectName, id: DefinitionId, text: string): Plan {
    const cached = this.cached(dialect, id)
    if (cached) return cached
    const plan = { dialect, id, plan: rulesOf(this.#dialects, dialect).compile(text) }
    this.#byId.set(id, plan)
    return plan
  }
}
