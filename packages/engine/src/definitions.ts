import type { DefinitionKind, Json } from '@busbar/kernel'
import type { Sharing, Store, StoredDefinition } from '@busbar/store'
import { Lru } from './lru.js'

export interface Known {
  readonly stored: StoredDefinition | null
  /** The body, parsed once. */
  readonly json: Json
}

const definitionsMax = 2_000

/**
 * Definitions as the store has them, read once. Writes of this server go through here; those of others raise the store's
 * epoch. Who only reads has that read before what is kept is believed; a decision takes what is kept, and its commit is
 * refused when the epoch has moved on. So nothing stale is served by any server, and a start waits for no read.
 */
export class Definitions {
  readonly #store: Store
  readonly #known = new Lru<string, Known>(definitionsMax)
  /** Raised by each write: what was read before it is not remembered after it. */
  #writes = 0
  /** Null where nobody else writes. */
  readonly #epochs: FreshReads | null
  #epoch = -1

  constructor(store: Store) {
    this.#store = store
    this.#epochs = store.sharing && new FreshReads(store.sharing)
  }

  /** What is known without a look at the store. Where others write too, only a commit that names the epoch proves it. */
  kept(kind: DefinitionKind, namespace: string, name: string, version: number | null): Known | undefined {
    return this.#known.get(keyOf(kind, namespace, name, version))
  }

  /** Under which what is kept was true; null where nobody else writes. */
  get epoch(): number | null {
    return this.#epochs ? this.#epoch : null
  }

  /** What was kept has proved to be old. */
  doubt(): void {
    this.#writes += 1
    this.#known.clear()
  }

  async get(kind: DefinitionKind, namespace: string, name: string, version: number | null): Promise<Known> {
    if (this.#epochs) this.#believe(await this.#epochs.read())
    const cached = this.#known.get(keyOf(kind, namespace, name, version))
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

  #believe(epoch: number): void {
    if (epoch === this.#epoch) return
    this.#epoch = epoch
    this.#writes += 1
    this.#known.clear()
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

/** Reads the epoch for all who ask while a read is under way with one that begins after it: no answer is older than its question. */
class FreshReads {
  readonly #sharing: Sharing
  #next: Promise<number> | null = null
  #current: Promise<unknown> = Promise.resolve()

  constructor(sharing: Sharing) {
    this.#sharing = sharing
  }

  read(): Promise<number> {
    this.#next ??= this.#after(this.#current)
    return this.#next
  }

  async #after(previous: Promise<unknown>): Promise<number> {
    await previous
    const read = this.#sharing.definitionsEpoch()
    this.#current = read.catch(() => {})
    this.#next = null
    return read
  }
}

function keyOf(kind: DefinitionKind, namespace: string, name: string, version: number | null): string {
  return `${kind}/${version ?? 'latest'}/${namespace.length}/${namespace}${name}`
}
