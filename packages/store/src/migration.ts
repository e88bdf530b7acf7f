/** What both adapters do with their numbered migrations, forward only. What was applied is remembered with its checksum. */
import { createHash } from 'node:crypto'
import { Problem } from '@busbar/kernel'

export interface Migration {
  readonly number: number
  readonly name: string
  readonly sql: string
}

export interface AppliedMigration {
  readonly number: number
  readonly name: string
  readonly checksum: string
}

/** Those that were not applied yet. Throws a Problem when the database is of a newer version, or of another program. */
export function notApplied(applied: readonly AppliedMigration[], known: readonly Migration[]): readonly Migration[] {
  for (const one of applied) check(one, known)
  return known.slice(applied.length)
}

function check({ number, name, checksum }: AppliedMigration, known: readonly Migration[]): void {
  const migration = known[number - 1]
  if (!migration) {
    const newest = known.at(-1)?.number ?? 0
    throw new Problem('unavailable', `the database was migrated to ${number} (${name}) and this version knows only ${newest}: run the newer version again`)
  }
  if (checksumOf(migration) !== checksum)
    throw new Problem('unavailable', `migration ${number} (${name}) of the database is not the one of this version: run the version that made the database`)
}

export function checksumOf({ sql }: Migration): string {
  return createHash('sha256').update(sql).digest('hex')
}
