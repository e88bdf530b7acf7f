/**
 * SQLite as Node offers it: its own module where that is new enough, else the packaged one with the same face.
 *
 * Before 3.51.3 a database in WAL mode can be corrupted when several connections write and checkpoint at once, so an
 * older engine is refused.
 */
import { createRequire } from 'node:module'
import { Problem } from '@busbar/kernel'

export type SqlValue = string | number | null

export interface Statement<Row> {
  run(...values: SqlValue[]): { readonly changes: number | bigint }
  get(...values: SqlValue[]): Row | undefined
  all(...values: SqlValue[]): Row[]
  iterate(...values: SqlValue[]): IterableIterator<Row>
}

/** Tables are STRICT with a CHECK for each union: that is what earns the types of rows. */
export interface Database {
  readonly isTransaction: boolean
  exec(sql: string): void
  prepare<Row>(sql: string): Statement<Row>
  close(): void
}

const oldestEngine = [3, 51, 3] as const
type Driver = { readonly DatabaseSync: new (path: string) => Database }

export function openDatabase(path: string): Database {
  const { DatabaseSync } = driver()
  const database = new DatabaseSync(path)
  const version = database.prepare<{ version: string }>('SELECT sqlite_version() AS version').get()?.version ?? 'of unknown version'
  if (isNewEnough(version)) return database
  database.close()
  throw new Problem('unavailable', `SQLite ${oldestEngine.join('.')} or newer is needed, found ${version}: install a newer version of @photostructure/sqlite`)
}

function driver(): Driver {
  const require = createRequire(import.meta.url)
  const builtIn = process.versions.sqlite
  return require(builtIn !== undefined && isNewEnough(builtIn) ? 'node:sqlite' : '@photostructure/sqlite') as Driver
}

export function isNewEnough(version: string): boolean {
  const parts = version.split('.').map(Number)
  for (const [index, least] of oldestEngine.entries()) {
    const part = parts[index] ?? 0
    if (part !== least) return part > least
  }
  return true
}
