import { Problem } from '@busbar/kernel'
import type { Store } from '../store.js'

/** `synchronous` and the journal mode are not options: what was acknowledged survives a power cut. */
export interface SqliteOptions {
  /** Page cache in MiB. */
  readonly cacheMiB?: number
}

export interface SqliteStats {
  readonly flushes: number
}

export interface SqliteStore extends Store {
  stats(): SqliteStats
}

/** Opens the database file, making it and its folder when they are not there. */
export function openSqliteStore(_path: string, _options: SqliteOptions = {}): Promise<SqliteStore> {
  return Promise.reject(new Problem('unsupported', 'the SQLite adapter is being built'))
}
