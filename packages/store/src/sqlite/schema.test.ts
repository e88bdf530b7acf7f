import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from './driver.js'
import { migrate, migrations } from './migrate.js'

const dumpFile = fileURLToPath(new URL('./schema.sql', import.meta.url))
const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function fresh(): Database {
  const folder = mkdtempSync(join(tmpdir(), 'busbar-schema-'))
  folders.push(folder)
  return openDatabase(join(folder, 'busbar.db'))
}

function dumpOf(database: Database): string {
  const rows = database.prepare<{ sql: string }>("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type = 'index', name").all()
  return rows.map(({ sql }) => `${sql};\n`).join('\n')
}

describe('the schema', () => {
  it('is the committed dump (UPDATE_SCHEMA=1 rewrites it)', () => {
    const database = fresh()
    migrate(database)
    const dump = dumpOf(database)
    if (process.env['UPDATE_SCHEMA'] === '1') writeFileSync(dumpFile, dump)
    expect(dump).toBe(readFileSync(dumpFile, 'utf8'))
  })

  it('is the same however many versions a database went through', () => {
    const atOnce = fresh()
    migrate(atOnce)
    const stepByStep = fresh()
    for (let known = 1; known <= migrations.length; known++) migrate(stepByStep, migrations.slice(0, known))
    expect(dumpOf(stepByStep)).toBe(dumpOf(atOnce))
  })

  it('numbers its migrations without a gap', () => {
    expect(migrations.map(({ number }) => number)).toEqual(migrations.map((_, index) => index + 1))
  })
})

describe('migrate', () => {
  const first = { number: 1, name: 'first', sql: 'CREATE TABLE a (x INTEGER) STRICT' }
  const second = { number: 2, name: 'second', sql: 'ALTER TABLE a ADD COLUMN y INTEGER' }

  it('refuses a database of a newer version', () => {
    const database = fresh()
    migrate(database, [first, second])
    expect(() => migrate(database, [first])).toThrow(/migrated to 2 \(second\) and this version knows only 1/)
  })

  it('refuses a migration that is not the one that was applied', () => {
    const database = fresh()
    migrate(database, [first])
    expect(() => migrate(database, [{ ...first, sql: 'CREATE TABLE a (x TEXT) STRICT' }])).toThrow(/migration 1 \(first\) of the database is not the one/)
  })

  it('leaves the database as it was when a migration fails', () => {
    const database = fresh()
    migrate(database, [first])
    const before = dumpOf(database)
    expect(() => migrate(database, [first, { ...second, sql: 'CREATE TABLE b (x INTEGER); nonsense' }])).toThrow(/migration 2 \(second\) failed/)
    expect(dumpOf(database)).toBe(before)
    migrate(database, [first, second])
  })

  it('does nothing the second time', () => {
    const database = fresh()
    migrate(database, [first])
    migrate(database, [first])
    expect(database.prepare<{ n: number }>('SELECT count(*) AS n FROM schema_migrations').get()?.n).toBe(1)
  })
})
