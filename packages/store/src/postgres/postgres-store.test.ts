import { afterAll, afterEach, beforeAll } from 'vitest'
import type { PostgresServer } from '../testing/postgres-server.js'
import { startPostgres } from '../testing/postgres-server.js'
import { storeContract } from '../testing/store-contract.js'
import { openPostgresStore, type PostgresStore } from './postgres-store.js'

let server: PostgresServer
const opened: PostgresStore[] = []

beforeAll(async () => {
  server = await startPostgres()
  const template = await openPostgresStore(await server.newDatabase('template'))
  await template.close()
}, 60_000)

afterEach(async () => {
  await Promise.all(opened.splice(0).map(store => store.close()))
})

afterAll(async () => {
  await server.stop()
})

let databases = 0

storeContract('the PostgreSQL store', async () => {
  const url = await server.newDatabase(`store_${++databases}`, 'template')
  const open = async () => {
    const store = await openPostgresStore(url)
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
