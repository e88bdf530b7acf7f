import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryStore } from '@busbar/store/testing'
import { describe, expect, it } from 'vitest'
import { silentLog } from './log.js'
import { workerTokenOf } from './worker-token.js'

const folder = () => mkdtempSync(join(tmpdir(), 'busbar-token-'))
const kept = (data: string) => readFileSync(join(data, 'worker-token'), 'utf8').trim()

describe('the worker token', () => {
  it('is the configured one, which is written nowhere', async () => {
    const data = folder()
    const store = new MemoryStore({ shared: true })
    expect(await workerTokenOf({ data, workerToken: 'mine' }, store, silentLog)).toBe('mine')
    expect(() => kept(data)).toThrow('ENOENT')
    expect(await store.facts.read('worker token')).toBeNull()
  })

  it('is made once for a server of its own, and read by its account only', async () => {
    const data = folder()
    const token = await workerTokenOf({ data, workerToken: '' }, new MemoryStore(), silentLog)
    expect(token).toMatch(/^bb_worker_[\w-]{43}$/)
    expect(await workerTokenOf({ data, workerToken: '' }, new MemoryStore(), silentLog)).toBe(token)
    expect(kept(data)).toBe(token)
    expect(statSync(join(data, 'worker-token')).mode & 0o077).toBe(0)
  })

  it('is the same for all servers on one store, however close together they start', async () => {
    const store = new MemoryStore({ shared: true })
    const folders = Array.from({ length: 5 }, folder)
    const tokens = await Promise.all(folders.map(data => workerTokenOf({ data, workerToken: '' }, store.companion(), silentLog)))
    expect(new Set(tokens).size).toBe(1)
    expect(folders.map(kept)).toEqual(tokens)
  })

  it('of a data folder becomes that of the store when it is the first there, else gives way', async () => {
    const store = new MemoryStore({ shared: true })
    const [first, second] = [folder(), folder()]
    writeFileSync(join(first, 'worker-token'), 'older\n')
    writeFileSync(join(second, 'worker-token'), 'another\n')
    expect(await workerTokenOf({ data: first, workerToken: '' }, store, silentLog)).toBe('older')
    expect(await workerTokenOf({ data: second, workerToken: '' }, store, silentLog)).toBe('older')
    expect(kept(second)).toBe('older')
  })
})
