import type { Changes } from '@busbar/kernel'
import type { ClaimRequest } from '@busbar/store'
import { type MemoryOptions, MemoryStore } from '@busbar/store/testing'
import type { Ledger } from './ledger.js'

/** Tells the ledger what it acknowledges. */
export class WatchedStore extends MemoryStore {
  readonly #ledger: Ledger

  constructor(ledger: Ledger, options: MemoryOptions, origin?: MemoryStore) {
    super(options, origin)
    this.#ledger = ledger
  }

  override async commit(changes: Changes) {
    const result = await super.commit(changes)
    if (result === 'written') this.#ledger.committed(changes)
    return result
  }

  override async claim(request: ClaimRequest) {
    const claimed = await super.claim(request)
    this.#ledger.claimed(claimed)
    return claimed
  }
}

/** Makes the store of each life of a run: tests bring broken ones. */
export type MakeStore = (ledger: Ledger, options: MemoryOptions, origin?: MemoryStore) => MemoryStore

export const watchedStore: MakeStore = (ledger, options, origin) => new WatchedStore(ledger, options, origin)
