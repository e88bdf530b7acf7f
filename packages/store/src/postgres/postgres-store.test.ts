import { afterAll, afterEach, beforeAll } from 'vitest'
import type { PostgresServer } from '../testing/postgres-server.js'
import { startPostgres } from '../testing/postgres-server.js'
import { storeContract } from '../testing/store-contract.js'
import { openPostgresStore, type PostgresStore } from './postgres-store.js'

let server: PostgresServer
const opened: PostgresStore[] = []
/** Databases, each with what empties it. Many short tests share a few of them: making one takes as long as a test. */
const used: string[] = []
const free: string[] = []
let emptied = ''

beforeAll(async () => {
  // What is written is looked at, never lost: nothing here needs to reach the disk.
  server = await startPostgres({ fsync: false })
  const template = await openPostgresStore(await server.newDatabase('template'), { mayLoseWrites: true })
  await template.close()
  const rows = await server.query("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'", [], 'template')
  const tables = rows.map(({ name }) => String(name)).filter(name => name !== 'schema_migrations' && name !== 'definitions_epoch')
  emptied = [...tables.map(table => `DELETE FROM ${table}`), 'UPDATE definitions_epoch SET epoch = 0'].join('; ')
}, 60_000)

afterEach(async () => {
  await Promise.all(opened.splice(0).map(store => store.close()))
  free.push(...used.splice(0))
})

afterAll(async () => {
  await server.stop()
})

let databases = 0

async function emptyDatabase(): Promise<string> {
  const old = free.pop()
  const name = old ?? `store_${++databases}`
  if (old === undefined) await server.newDatabase(name, 'template')
  else await server.query(emptied, [], name)
  used.push(name)
  return server.urlOf(name)
}

storeContract('the PostgreSQL store', async () => {
  const url = await emptyDatabase()
  const open = async () => {
    const store = await openPostgresStore(url, { mayLoseWrites: true })
    opened.push(store)
    return store
  }
  let store = await open()
  return {
    store,
    order: 'of answers',
    reopen: async () => {
      await store.close()
      store = await open()
      return store
    },
    companion: open,
  }
})
