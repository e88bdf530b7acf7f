import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { databaseOf, openStore, schemaOf, shownAddress, upgradeSchema } from './open-store.js'

const folder = () => mkdtempSync(join(tmpdir(), 'busbar-open-'))

describe('the address of a database', () => {
  it('is the embedded one in the data folder when none is named', () => {
    expect(databaseOf({ databaseUrl: '', data: 'd' })).toBe(join('d', 'busbar.db'))
    expect(databaseOf({ databaseUrl: 'postgres://h/db', data: 'd' })).toBe('postgres://h/db')
  })

  it('may be a path, with or without its scheme', async () => {
    const path = join(folder(), 'below', 'some.db')
    for (const address of [path, `sqlite:${path}`, `sqlite://${path}`, `file:${path}`]) {
      const store = await openStore(address)
      expect(store.sharing).toBeNull()
      await store.close()
    }
  })

  it.each(['mysql://u:s3cret@h/db', 'http://u:s3cret@h', 'redis:s3cret'])('%j is refused by its scheme, and no password is told', async address => {
    await expect(openStore(address)).rejects.toThrow(
      /^the address of the database begins with "\w+:": expected postgres:\/\/user:password@host:port\/database, sqlite:<path>, or a path$/,
    )
  })

  it('is shown without its password, however that is written', () => {
    for (const password of ['s3cret', 's3@cret', 's3/cret', 's3%2Fcret'])
      expect(shownAddress(`postgres://u:${password}@h:1/db?x=${password}`)).toBe('postgres://u@h:1/db')
  })

  it('keeps its password out of the message when nobody answers there', async () => {
    const refused = await openStore('postgres://u:s3cret@127.0.0.1:1/db').then(
      () => 'it opened',
      (error: Error) => `${error.message} ${String(error.stack)}`,
    )
    expect(refused).toContain('nothing listens there')
    expect(refused).not.toContain('s3cret')
  })

  it('may have to be there', async () => {
    await expect(openStore(join(folder(), 'none.db'), { mustExist: true })).rejects.toThrow('there is no database at')
  })
})

describe('the schema', () => {
  it('of a file is told without making it, and brought up to date by hand', async () => {
    const path = join(folder(), 'new.db')
    const before = await schemaOf(path)
    expect(before.applied).toBe(0)
    expect(before.pending[0]).toBe('1 foundation')
    await expect(openStore(path, { migrate: 'check' })).rejects.toThrow(/lacks \d+ migrations \(1 foundation, .*run busbar database upgrade/)
    expect(await upgradeSchema(path)).toEqual(before)
    expect((await schemaOf(path)).pending).toEqual([])
    await (await openStore(path, { migrate: 'check' })).close()
  })
})
