import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { connect } from './connection.js'
import { isNewEnough, openDatabase } from './driver.js'
import { openSqliteStore } from './sqlite-store.js'

const folders: string[] = []
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'busbar-connection-'))
  folders.push(made)
  return made
}

afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true })
})

describe('a connection', () => {
  it('keeps what was acknowledged: WAL, full sync, read back', () => {
    const { database, close } = connect(join(folder(), 'busbar.db'), {})
    const settings = ['journal_mode', 'synchronous', 'busy_timeout', 'foreign_keys'].map(
      name => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0],
    )
    expect(settings).toEqual(['wal', 2, 5000, 1])
    close()
  })

  it('is refused while another server uses the database, in one sentence', async () => {
    const path = join(folder(), 'busbar.db')
    const store = await openSqliteStore(path)
    await expect(openSqliteStore(path)).rejects.toMatchObject({
      code: 'unavailable',
      message: `another server uses the database ${path}: stop it, or choose another data folder`,
    })
    await store.close()
    await (await openSqliteStore(path)).close()
  })

  it('lets others read the database while the server uses it', async () => {
    const path = join(folder(), 'busbar.db')
    const store = await openSqliteStore(path)
    const reader = openDatabase(path)
    expect(reader.prepare<{ n: number }>('SELECT count(*) AS n FROM executions').get()?.n).toBe(0)
    reader.close()
    await store.close()
  })

  it('makes the folder when it is not there', async () => {
    const path = join(folder(), 'a', 'b', 'busbar.db')
    await (await openSqliteStore(path)).close()
    expect(existsSync(path)).toBe(true)
  })

  it('says that a folder cannot be written', async () => {
    const made = folder()
    writeFileSync(join(made, 'file'), '')
    await expect(openSqliteStore(join(made, 'file', 'busbar.db'))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/cannot make the folder/),
    })
  })

  // The superuser may write everywhere.
  it.skipIf(process.getuid?.() === 0)('says that a folder is read only', async () => {
    const made = folder()
    chmodSync(made, 0o500)
    await expect(openSqliteStore(join(made, 'busbar.db'))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/cannot write in the folder/),
    })
    chmodSync(made, 0o700)
  })

  it('says that a file is no database, and does not touch it', async () => {
    const path = join(folder(), 'busbar.db')
    writeFileSync(path, 'This is a letter, not a database. '.repeat(100))
    const before = statSync(path).size
    await expect(openSqliteStore(path)).rejects.toMatchObject({ code: 'unavailable', message: expect.stringMatching(/cannot open the database/) })
    expect(statSync(path).size).toBe(before)
  })

  it('leaves the log empty when it closes', async () => {
    const path = join(folder(), 'busbar.db')
    const store = await openSqliteStore(path)
    expect(store.stats().walBytes).toBeGreaterThan(0)
    await store.close()
    expect(store.stats().walBytes).toBe(0)
  })
})

describe('the engine', () => {
  it('must be 3.51.3 or newer', () => {
    expect(['3.51.3', '3.51.10', '3.52.0', '4.0.0'].map(isNewEnough)).toEqual([true, true, true, true])
    expect(['3.51.2', '3.45.1', '3.9.9', '2.99.99'].map(isNewEnough)).toEqual([false, false, false, false])
  })
})
