import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { storeContract } from '../testing/store-contract.js'
import { openSqliteStore, type SqliteStore } from './sqlite-store.js'

const opened: { readonly folder: string; store: SqliteStore }[] = []

afterEach(async () => {
  for (const { store, folder } of opened.splice(0)) {
    await store.close()
    rmSync(folder, { recursive: true })
  }
})

storeContract('the SQLite store', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'busbar-store-'))
  const path = join(folder, 'data', 'busbar.db')
  const entry = { folder, store: await openSqliteStore(path) }
  opened.push(entry)
  return {
    store: entry.store,
    reopen: async () => {
      await entry.store.close()
      entry.store = await openSqliteStore(path)
      return entry.store
    },
    order: 'of calls',
    companion: null,
  }
})
