import { afterAll, afterEach, beforeAll } from 'vitest'
import { blobContract } from '../testing/blob-contract.js'
import { type PostgresServer, startPostgres } from '../testing/postgres-server.js'
import { openPostgresStore, type PostgresStore } from './postgres-store.js'

let server: PostgresServer
const opened: PostgresStore[] = []

beforeAll(async () => {
  server = await startPostgres({ fsync: false })
}, 60_000)

afterEach(async () => {
  await Promise.all(opened.splice(0).map(store => store.close()))
})

afterAll(async () => {
  await server.stop()
})

blobContract(async () => {
  const store = await openPostgresStore(await server.newDatabase(), { mayLoseWrites: true })
  opened.push(store)
  await store.open()
  return store.blobs
})
