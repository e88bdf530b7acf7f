import type { Store } from '../store.js'

export interface OpenedStore {
  /** Empty and open. */
  readonly store: Store
  /** Closes the store and opens what it kept. */
  readonly reopen: () => Promise<Store>
}

export type OpenStore = () => Promise<OpenedStore>
