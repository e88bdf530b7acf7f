import type { ExecutionId, QueueName } from '@busbar/kernel'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Heard } from '../sharing.js'
import { type PostgresServer, startPostgres } from '../testing/postgres-server.js'
import { openPostgresStore, type PostgresStore } from './postgres-store.js'

let server: PostgresServer
let url: string
const opened: PostgresStore[] = []

beforeAll(async () => {
  server = await startPostgres({ fsync: false })
}, 60_000)

beforeEach(async () => {
  url = await server.newDatabase()
})

afterEach(async () => {
  await Promise.all(opened.splice(0).map(store => store.close()))
})

afterAll(async () => {
  await server.stop()
})

interface Ear {
  readonly store: PostgresStore
  readonly heard: Heard[]
}

async function opens(): Promise<Ear> {
  const store = await openPostgresStore(url, { mayLoseWrites: true })
  opened.push(store)
  const heard: Heard[] = []
  store.sharing.hear(one => void heard.push(one))
  return { store, heard }
}

const queue = (name: string) => name as QueueName
const comesAbout = (isSo: () => void) => vi.waitFor(isSo, { timeout: 10_000, interval: 5 })
const queuesOf = (heard: readonly Heard[]) => heard.flatMap(one => (one.kind === 'news' ? (one.news.stocked ?? []) : []))

/** The others know of a server when they have heard it: then it hears them. */
async function know(ears: readonly Ear[]): Promise<void> {
  await comesAbout(() => {
    for (const [index, { store }] of ears.entries()) store.sharing.tell({ stocked: [queue(`hello ${index}`)] })
    for (const [index, { heard }] of ears.entries()) for (const other of ears.keys()) if (other !== index) expect(queuesOf(heard)).toContain(`hello ${other}`)
  })
}

async function breakListeners(): Promise<void> {
  const name = new URL(url).pathname.slice(1)
  await server.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND (query LIKE '%pg_notify%' OR query LIKE 'LISTEN%') AND pid <> pg_backend_pid()`,
  )
}

describe('news', () => {
  it('are not sent while nobody is there to hear them', async () => {
    const { store } = await opens()
    await comesAbout(() => expect(store.stats().notifications).toBe(1))
    for (let index = 0; index < 100; index++) store.sharing.tell({ changed: [{ id: 'e' as ExecutionId, ended: false }] })
    await store.head('e' as ExecutionId)
    await store.head('e' as ExecutionId)
    expect(store.stats().notifications).toBe(1)
  })

  it('reach all others, and not the teller', async () => {
    const ears = [await opens(), await opens(), await opens()] as const
    await know(ears)
    ears[0].store.sharing.tell({ changed: [{ id: 'e' as ExecutionId, ended: true }], workers: true })
    for (const { heard } of ears.slice(1)) {
      await comesAbout(() => {
        expect(heard.flatMap(one => (one.kind === 'news' ? (one.news.changed ?? []) : []))).toEqual([{ id: 'e', ended: true }])
        expect(heard.some(one => one.kind === 'news' && one.news.workers === true)).toBe(true)
      })
    }
    expect(ears[0].heard.some(one => one.kind === 'news' && (one.news.changed?.length ?? 0) > 0)).toBe(false)
  })

  it('may be lost when the connection breaks: listeners hear so, and hear news again', async () => {
    const ears = [await opens(), await opens()] as const
    await know(ears)
    await breakListeners()
    for (const { heard } of ears) await comesAbout(() => expect(heard).toContainEqual({ kind: 'lost' }))
    ears[0].store.sharing.tell({ stocked: [queue('after')] })
    await comesAbout(() => expect(queuesOf(ears[1].heard)).toContain('after'))
  })

  it('that are too many for a while are told as lost, and telling goes on', async () => {
    const ears = [await opens(), await opens()] as const
    await know(ears)
    const many = Array.from({ length: 25_000 }, (_, index) => ({ id: `e${index}` as ExecutionId, ended: false }))
    ears[0].store.sharing.tell({ changed: many })
    await comesAbout(() => expect(ears[1].heard).toContainEqual({ kind: 'lost' }))
    ears[0].store.sharing.tell({ stocked: [queue('after')] })
    await comesAbout(() => expect(queuesOf(ears[1].heard)).toContain('after'))
  })

  it('come whole, however long', async () => {
    const ears = [await opens(), await opens()] as const
    await know(ears)
    const queues = Array.from({ length: 300 }, (_, index) => queue(`${'漢'.repeat(100)}${index}`))
    ears[0].store.sharing.tell({ stocked: queues })
    await comesAbout(() => expect(queuesOf(ears[1].heard).filter(name => name.startsWith('漢'))).toEqual(queues))
  })

  it('of somebody else on the channel are passed over', async () => {
    const { heard } = await opens()
    const name = new URL(url).pathname.slice(1)
    for (const payload of ['', 'x', '{"f":7}']) await server.query('SELECT pg_notify($1, $2)', ['busbar', payload], name)
    await server.query('SELECT pg_notify($1, $2)', ['busbar', '{"f":"other","q":["q"]}'], name)
    await comesAbout(() => expect(queuesOf(heard)).toEqual(['q']))
    expect(heard).toHaveLength(1)
  })
})
