/** One writing connection, with settings that keep what was acknowledged: set after the switch to WAL, and read back. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { Problem } from '@busbar/kernel'
import { type Database, openDatabase } from './driver.js'

export interface SqliteOptions {
  /** Page cache in MiB. */
  readonly cacheMiB?: number
  /** `check`: never changes the schema, and refuses to open while a migration is pending. Default `run`. */
  readonly migrate?: 'run' | 'check'
}

export interface Connection {
  readonly database: Database
  readonly close: () => void
}

/** The packaged engine is built so that WAL means `synchronous=NORMAL`, which a power cut can punish: hence the order. */
const settings = [
  { name: 'journal_mode', set: 'WAL', found: 'wal' },
  { name: 'synchronous', set: 'FULL', found: 2 },
  { name: 'busy_timeout', set: '5000', found: 5000 },
  { name: 'foreign_keys', set: 'ON', found: 1 },
] as const

export function connect(path: string, { cacheMiB = 64 }: SqliteOptions): Connection {
  makeFolder(path)
  const release = lock(path)
  try {
    const database = openDatabase(path)
    for (const setting of settings) apply(database, setting)
    database.exec(`PRAGMA cache_size = -${Math.max(1, Math.round(cacheMiB)) * 1024}; PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864`)
    return {
      database,
      close: () => {
        try {
          database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
        } catch {
          // The disk may be full. What was committed stands in the log, and the next server finds it there.
        }
        database.close()
        release()
      },
    }
  } catch (error) {
    release()
    throw error instanceof Problem ? error : new Problem('unavailable', `cannot open the database ${path}: ${reasonOf(error)}`, { cause: error })
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
  } catch (error) {
    throw new Problem('unavailable', `cannot make the folder ${dirname(path)}: ${reasonOf(error)}`, { cause: error })
  }
}

/**
 * One server for one database. The lock is SQLite's own, on a file beside the database: the operating system drops it
 * when the process dies, however it dies, so there is never a stale one. The database itself stays readable by others.
 */
function lock(path: string): () => void {
  const file = `${path}.lock`
  let database: Database | null = null
  try {
    database = openDatabase(file)
    database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    database?.close()
    if (error instanceof Problem) throw error
    if (/locked|busy/i.test(reasonOf(error)))
      throw new Problem('unavailable', `another server uses the database ${path}: stop it, or choose another data folder`, { cause: error })
    throw new Problem('unavailable', `cannot write in the folder ${dirname(path)}: ${reasonOf(error)}`, { cause: error })
  }
  const held = database
  return () => {
    // The packaged driver keeps a closed connection, and its locks, until its statements are collected as garbage.
    held.exec('ROLLBACK')
    held.close()
  }
}

function apply(database: Database, { name, set, found }: (typeof settings)[number]): void {
  database.exec(`PRAGMA ${name} = ${set}`)
  const row = database.prepare<Record<string, unknown>>(`PRAGMA ${name}`).get()
  const value = row && Object.values(row)[0]
  if (value !== found) throw new Problem('unavailable', `the database does not take ${name}=${set} (found ${String(value)}): put it on a local disk`)
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
