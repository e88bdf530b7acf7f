import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { commit, idOf, newView } from '../testing/fixtures.js'
import { connect, type Connection } from './connection.js'
import { migrate } from './migrate.js'
import { SqliteStore } from './sqlite-store.js'

const ends: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** A store together with its connection, so that a test can take the disk away from under it. */
function open(): { readonly store: SqliteStore; readonly connection: Connection } {
  const folder = mkdtempSync(join(tmpdir(), 'busbar-flush-'))
  const path = join(folder, 'busbar.db')
  const connection = connect(path, {})
  migrate(connection.database)
  const store = new SqliteStore(path, connection)
  ends.push(async () => {
    await store.close()
    rmSync(folder, { recursive: true })
  })
  return { store, connection }
}

describe('a flush', () => {
  it('is one for all calls of a turn, and runs once when nothing is refused', async () => {
    const { store } = open()
    await Promise.all(Array.from({ length: 100 }, (_, index) => store.commit(newView(index).takeChanges())))
    expect(store.stats()).toMatchObject({ flushes: 1, calls: 100, replays: 0 })
  })

  it('does not run twice for a change that is refused before it wrote anything', async () => {
    const { store } = open()
    await commit(store, newView(1))
    await Promise.all([store.commit(newView(1).takeChanges()), store.commit(newView(2).takeChanges())])
    expect(store.stats()).toMatchObject({ flushes: 2, replays: 0 })
  })

  it('fails all its callers when the disk is full, changes nothing, and says so until it works again', async () => {
    const { store, connection } = open()
    await commit(store, newView(1))
    const pages = connection.database.prepare<{ page_count: number }>('PRAGMA page_count').get()?.page_count ?? 0
    connection.database.exec(`PRAGMA max_page_count = ${pages}`)
    const big = newView(2, { brief: 'x'.repeat(200_000) })
    const results = await Promise.allSettled([store.commit(newView(3).takeChanges()), store.commit(big.takeChanges())])
    expect(results).toMatchObject([
      { status: 'rejected', reason: { code: 'unavailable' } },
      { status: 'rejected', reason: { code: 'unavailable' } },
    ])
    expect(await store.trouble()).toMatch(/last write to the database failed: .*full/)
    expect(await store.load(idOf(3))).toBeNull()
    expect(await store.countByStatus('conductor')).toEqual(new Map([['running', 1]]))

    connection.database.exec('PRAGMA max_page_count = 1000000')
    await commit(store, big)
    expect(await store.trouble()).toBeNull()
    expect(await store.countByStatus('conductor')).toEqual(new Map([['running', 2]]))
  })

  it('fails only the call that breaks a rule of the schema', async () => {
    const { store } = open()
    const broken = newView(1, { status: 'sleeping' as 'running' })
    const results = await Promise.allSettled([
      store.commit(newView(2).takeChanges()),
      store.commit(broken.takeChanges()),
      store.commit(newView(3).takeChanges()),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await store.load(idOf(1))).toBeNull()
    expect(await store.trouble()).toBeNull()
    expect(store.stats().replays).toBe(1)
  })
})
