import type { Store } from '../store.js'

export interface OpenedStore {
  /** Empty and open. */
  readonly store: Store
  /** Closes the store and opens what it kept. */
  readonly reopen: () => Promise<Store>
  /**
   * What holds of calls that are under way together (S6). `of calls`: they take effect, and are answered, in the order in
   * which they were made; that costs a store with one user nothing. `of answers`: only what was answered before a call
   * was made is sure to be seen by it, but for the commits of one execution and the lines of one log; a store that is a
   * network away would make every claim wait for the round trip of every commit otherwise.
   */
  readonly order: 'of calls' | 'of answers'
  /** Opens another server's store on the same database, which whoever opened this one clears away too; null: it has one user. */
  readonly companion: (() => Promise<Store>) | null
}

export type OpenStore = () => Promise<OpenedStore>
