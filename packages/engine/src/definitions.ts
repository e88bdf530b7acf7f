import type { DefinitionKind, Json } from '@busbar/kernel'
import type { Store, StoredDefinition } from '@busbar/store'
import { Lru } from './lru.js'

export interface Known {
  readonly stored: StoredDefinition | null
  /** The body, parsed once. */
  readonly json: Json
}

const definitionsMax = 2_000

/** Definitions as the store has them, read once. Writes go through here, so nothing stale is served. */
export class Definitions {
  readonly #store: Store
  readonly #known = new Lru<string, Known>(definitionsMax)
  /** Raised by each write: what was read before it is not remembered after it. */
  #writes = 0

  constructor(store: Store) {
    this.#store = store
  }

  cached(kind: DefinitionKind, namespace: string, name: string, version: number | null): Known | undefined {
    return this.#known.get(keyOf(kind, namespace, name, version))
  }

  async get(kind: DefinitionKind, namespace: string, name: string, version: number | null): Promise<Known> {
    const cached = this.cached(kind, namespace, name, version)
    if (cached) return cached
    const writes = this.#writes
    const stored = await this.#store.definition(kind, namespace, name, version)
    const known = { stored, json: stored === null ? null : (JSON.parse(stored.body) as Json) }
    if (writes === this.#writes) this.#known.set(keyOf(kind, namespace, name, version), known)
    return known
  }

  list(kind: DefinitionKind, namespace: string, name?: string): Promise<readonly StoredDefinition[]> {
    return name === undefined ? this.#store.definitions(kind, namespace) : this.#store.definitions(kind, namespace, name)
  }

  async put(definition: StoredDefinition): Promise<void> {
    await this.#writing(() => this.#store.putDefinition(definition))
  }

  delete(kind: DefinitionKind, namespace: string, name: string, version: number): Promise<boolean> {
    return this.#writing(() => this.#store.deleteDefinition(kind, namespace, name, version))
  }

  /** Definitions are written rarely: a write forgets them all. */
  async #writing<T>(write: () => Promise<T>): Promise<T> {
    this.#writes += 1
    try {
      return await write()
    } finally {
      this.#writes += 1
      this.#known.clear()
    }
  }
}

function keyOf(kind: DefinitionKind, namespace: string, name: string, version: number | null): string {
  return `${kind}/${version ?? 'latest'}/${namespace.length}/${namespace}${name}`
}
