import { createHash } from 'node:crypto'
import { type DefinitionId, type DialectName, Problem } from '@busbar/kernel'
import type { Store } from '@busbar/store'
import type { Dialects } from './api.js'
import { rulesOf } from './dialects.js'
import { Lru } from './lru.js'

export interface Plan {
  readonly dialect: DialectName
  readonly id: DefinitionId
  readonly plan: unknown
}

const plansMax = 1_000

/** Compiled snapshots, shared by all executions of the same definition. A snapshot's id is the hash of its text. */
export class Plans {
  readonly #store: Store
  readonly #dialects: Dialects
  readonly #byId = new Lru<string, Plan>(plansMax)
  /** The same plans by text, so that a start does not hash its definition again. Only of snapshots known to be stored. */
  readonly #byText = new Lru<string, Plan>(plansMax)

  constructor(store: Store, dialects: Dialects) {
    this.#store = store
    this.#dialects = dialects
  }

  /** The plan of a text that is known to be stored already. */
  known(dialect: DialectName, text: string): Plan | undefined {
    const plan = this.#byText.get(text)
    return plan?.dialect === dialect ? plan : undefined
  }

  /** Stores the snapshot unless it is there, and compiles it. */
  async keep(dialect: DialectName, text: string): Promise<Plan> {
    const id = createHash('sha256').update(text).digest('base64url') as DefinitionId
    const plan = this.#compile(dialect, id, text)
    await this.#store.putSnapshot(id, text)
    this.#byText.set(text, plan)
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
