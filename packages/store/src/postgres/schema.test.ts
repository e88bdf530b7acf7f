import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresServer, startPostgres } from '../testing/postgres-server.js'
import type { Migration } from '../migration.js'
import { migrate, migrations, pending } from './migrate.js'
import { openPostgresStore } from './postgres-store.js'
import { dumpOf } from './schema-dump.js'

const dumpFile = fileURLToPath(new URL('./schema.sql', import.meta.url))
let server: PostgresServer
const clients: pg.Client[] = []

beforeAll(async () => {
  server = await startPostgres({ fsync: false })
}, 60_000)

afterAll(async () => {
  await Promise.all(clients.map(client => client.end()))
  await server.stop()
})

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  clients.push(client)
  await client.connect()
  return client
}

const fresh = async () => connected(await server.newDatabase())

describe('the schema', () => {
  it('is the committed dump (UPDATE_SCHEMA=1 rewrites it)', async () => {
    const client = await fresh()
    await migrate(client)
    const dump = await dumpOf(client)
    if (process.env['UPDATE_SCHEMA'] === '1') writeFileSync(dumpFile, dump)
    expect(dump).toBe(readFileSync(dumpFile, 'utf8'))
  })

  it('is the same however many versions a database went through', async () => {
    const [atOnce, stepByStep] = [await fresh(), await fresh()]
    await migrate(atOnce)
    for (let known = 1; known <= migrations.length; known++) await migrate(stepByStep, migrations.slice(0, known))
    expect(await dumpOf(stepByStep)).toBe(await dumpOf(atOnce))
  })

  it('numbers its migrations without a gap', () => {
    expect(migrations.map(({ number }) => number)).toEqual(migrations.map((_, index) => index + 1))
  })
})

describe('migrate', () => {
  const first: Migration = { number: 1, name: 'first', sql: 'CREATE TABLE a (x integer)' }
  const second: Migration = { number: 2, name: 'second', sql: 'ALTER TABLE a ADD COLUMN y integer' }

  it('refuses a database of a newer version', async () => {
    const client = await fresh()
    await migrate(client, [first, second])
    await expect(migrate(client, [first])).rejects.toThrow(/migrated to 2 \(second\) and this version knows only 1/)
  })

  it('refuses a migration that is not the one that was applied', async () => {
    const client = await fresh()
    await migrate(client, [first])
    await expect(migrate(client, [{ ...first, sql: 'CREATE TABLE a (x text)' }])).rejects.toThrow(/migration 1 \(first\) of the database is not the one/)
  })

  it('leaves the database as it was when a migration fails', async () => {
    const client = await fresh()
    await migrate(client, [first])
    const before = await dumpOf(client)
    await expect(migrate(client, [first, { ...second, sql: 'CREATE TABLE b (x integer); nonsense' }])).rejects.toThrow(/migration 2 \(second\) failed/)
    expect(await dumpOf(client)).toBe(before)
    await migrate(client, [first, second])
  })

  it('does nothing the second time', async () => {
    const client = await fresh()
    await migrate(client, [first])
    await migrate(client, [first])
    expect((await client.query('SELECT 1 FROM schema_migrations')).rows).toHaveLength(1)
  })

  it('is done by one of several that start together', async () => {
    const url = await server.newDatabase()
    const stores = await Promise.all([1, 2, 3, 4].map(() => openPostgresStore(url, { mayLoseWrites: true })))
    await Promise.all(stores.map(store => store.close()))
    const client = await connected(url)
    expect(await pending(client)).toEqual([])
    expect((await client.query('SELECT 1 FROM schema_migrations')).rows).toHaveLength(migrations.length)
  })
})

describe('a store that may only check', () => {
  it('names what is missing, and changes nothing', async () => {
    const url = await server.newDatabase()
    const names = migrations.map(({ number, name }) => `${number} ${name}`).join(', ')
    await expect(openPostgresStore(url, { migrate: 'check', mayLoseWrites: true })).rejects.toThrow(`lacks ${migrations.length} migrations (${names})`)
    const client = await connected(url)
    expect((await client.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")).rows).toEqual([])
  })

  it('opens what was migrated', async () => {
    const url = await server.newDatabase()
    await migrate(await connected(url))
    const store = await openPostgresStore(url, { migrate: 'check', mayLoseWrites: true })
    expect(await store.trouble()).toBeNull()
    await store.close()
  })
})

describe('opening', () => {
  it('is refused where the database may lose what it acknowledged', async () => {
    const url = await server.newDatabase()
    await expect(openPostgresStore(url)).rejects.toThrow(/fsync is off/)
  })

  it('is refused with what is wrong, and never with the password', async () => {
    const url = new URL(server.url)
    const wrong = (change: (address: URL) => void) => {
      const address = new URL(url)
      change(address)
      return openPostgresStore(address.href, { mayLoseWrites: true }).then(
        () => '',
        (error: Error) => error.message,
      )
    }
    expect(await wrong(address => (address.password = 's3cret'))).toMatch(
      /^the database postgres:\/\/busbar@.* cannot be used: the password or the user is wrong$/,
    )
    expect(await wrong(address => (address.pathname = '/nowhere'))).toMatch(/there is no such database/)
    expect(await wrong(address => (address.port = '1'))).toMatch(/nothing listens there/)
  })

  it('tries the hosts of the address in turn', async () => {
    const url = await server.newDatabase()
    const [dead, port] = ['127.0.0.1:1', String(server.port)]
    const store = await openPostgresStore(url.replace(`127.0.0.1:${port}`, `${dead},127.0.0.1:${port}`), { mayLoseWrites: true })
    expect(await store.head('none' as never)).toBeNull()
    await store.close()
    await expect(openPostgresStore(url.replace(port, '1').replace('127.0.0.1', '127.0.0.1:2,127.0.0.1'))).rejects.toThrow(
      /127\.0\.0\.1:2: nothing listens there; 127\.0\.0\.1:1: nothing listens there/,
    )
  })

  it('is refused where nobody may write', async () => {
    const url = await server.newDatabase('readonly')
    await server.query('ALTER DATABASE readonly SET default_transaction_read_only = on')
    await expect(openPostgresStore(url, { mayLoseWrites: true })).rejects.toThrow(/read-only/)
  })
})
