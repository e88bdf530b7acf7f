/** Numbered migrations, forward only. What was applied is remembered with its checksum. Servers may start together. */
import { Problem } from '@busbar/kernel'
import type pg from 'pg'
import { type AppliedMigration, checksumOf, type Migration, notApplied } from '../migration.js'
import { foundation } from './migrations/0001-foundation.js'
import { retention } from './migrations/0002-retention.js'
import { facts } from './migrations/0003-facts.js'
import { blobs } from './migrations/0004-blobs.js'
import { receivers } from './migrations/0005-receivers.js'

export const migrations: readonly Migration[] = [
  { number: 1, name: 'foundation', sql: foundation },
  { number: 2, name: 'retention', sql: retention },
  { number: 3, name: 'facts', sql: facts },
  { number: 4, name: 'blobs', sql: blobs },
  { number: 5, name: 'receivers', sql: receivers },
]

/** Any number: the same for all servers, and nobody else's in this database. */
const lockKey = 6_173_205_118

/** Which migrations the database lacks. Throws a Problem when it is of a newer version, or of another program. */
export async function pending(client: pg.ClientBase, known: readonly Migration[] = migrations): Promise<readonly Migration[]> {
  const { rows: tables } = await client.query<{ there: boolean }>("SELECT to_regclass('schema_migrations') IS NOT NULL AS there")
  if (!tables[0]?.there) return known
  const { rows } = await client.query<AppliedMigration>('SELECT number, name, checksum FROM schema_migrations ORDER BY number')
  return notApplied(rows, known)
}

/** Applies what is missing, all or nothing, one server at a time; the others find it done. */
export async function migrate(client: pg.ClientBase, known: readonly Migration[] = migrations): Promise<void> {
  if ((await pending(client, known)).length === 0) return
  await client.query('BEGIN')
  // An index over what years have left takes its time.
  await client.query('SET LOCAL statement_timeout = 0')
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [lockKey])
    await client.query('CREATE TABLE IF NOT EXISTS schema_migrations (number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL)')
    for (const migration of await pending(client, known)) await apply(client, migration)
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error
  }
}

async function apply(client: pg.ClientBase, migration: Migration): Promise<void> {
  const { number, name, sql } = migration
  try {
    await client.query(sql)
  } catch (error) {
    throw new Problem('unavailable', `migration ${number} (${name}) failed, and the database is as it was: ${(error as Error).message}`, { cause: error })
  }
  await client.query('INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, $2, $3)', [number, name, checksumOf(migration)])
}
