/** Which store an address means; the one place that names the adapters. */
import { join } from 'node:path'
import { Problem } from '@busbar/kernel'
import type { Store } from '@busbar/store'
import { openPostgresStore, type PostgresOptions } from '@busbar/store/postgres'
import { openSqliteStore } from '@busbar/store/sqlite'

export type StoreOptions = PostgresOptions

const schemes = 'postgres://user:password@host:port/database, sqlite:<path>, or a path'

/**
 * Opens what `address` names: `postgres://…` a PostgreSQL database, `sqlite:<path>` or a path the embedded one. Throws a Problem
 * that says what is wrong with it.
 */
export function openStore(address: string, options: StoreOptions = {}): Promise<Store> {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(address)?.[1]?.toLowerCase()
  if (scheme === undefined) return openSqliteStore(address)
  if (scheme === 'sqlite' || scheme === 'file') return openSqliteStore(address.slice(scheme.length + 1).replace(/^\/\/(?=\/)/, ''))
  if (scheme === 'postgres' || scheme === 'postgresql') return openPostgresStore(address, options)
  throw new Problem('invalid', `the address of the database begins with "${scheme}:": expected ${schemes}`)
}

/** The database of a server whose configuration names none. */
export function embeddedIn(dataFolder: string): string {
  return join(dataFolder, 'busbar.db')
}
