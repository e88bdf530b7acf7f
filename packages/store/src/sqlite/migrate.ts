/** Numbered migrations, forward only. What was applied is remembered with its checksum. */
import { Problem } from '@busbar/kernel'
import type { Database } from './driver.js'
import { type AppliedMigration, checksumOf, type Migration, notApplied } from '../migration.js'
import { foundation } from './migrations/0001-foundation.js'
import { retention } from './migrations/0002-retention.js'
import { facts } from './migrations/0003-facts.js'
import { receivers } from './migrations/0004-receivers.js'

export const migrations: readonly Migration[] = [
  { number: 1, name: 'foundation', sql: foundation },
  { number: 2, name: 'retention', sql: retention },
  { number: 3, name: 'facts', sql: facts },
  { number: 4, name: 'receivers', sql: receivers },
]

/** Which migrations the database lacks. Throws a Problem when it is of a newer version, or of another program. */
export function pending(database: Database, known: readonly Migration[] = migrations): readonly Migration[] {
  if (!database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'").get()) return known
  const applied = database.prepare<AppliedMigration>('SELECT number, name, checksum FROM schema_migrations ORDER BY number').all()
  return notApplied(applied, known)
}

/** Applies what is missing, each migration in a transaction of its own. */
export function migrate(database: Database, known: readonly Migration[] = migrations): void {
  database.exec('CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL) STRICT')
  for (const migration of pending(database, known)) apply(database, migration)
}

function apply(database: Database, migration: Migration): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    database.exec(migration.sql)
    const note = database.prepare('INSERT INTO schema_migrations (number, name, checksum) VALUES (?, ?, ?)')
    note.run(migration.number, migration.name, checksumOf(migration))
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw new Problem('unavailable', `migration ${migration.number} (${migration.name}) failed: the database is as it was`, { cause: error })
  }
}
