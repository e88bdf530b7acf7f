import { Problem } from '@busbar/kernel'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { CuttingProxy } from '../testing/cutting-proxy.js'
import { at, claimOf, commit, idOf, mustLoad, newView, openWaiting, start, waitingExecution } from '../testing/fixtures.js'
import { type PostgresServer, startPostgres } from '../testing/postgres-server.js'
import { openPostgresStore, type PostgresStore } from './postgres-store.js'

let server: PostgresServer
let url: string
let proxy: CuttingProxy
let store: PostgresStore
const opened: PostgresStore[] = []
const lost: string[] = []

beforeAll(async () => {
  server = await startPostgres({ fsync: false })
}, 60_000)

beforeEach(async () => {
  url = await server.newDatabase()
  proxy = await CuttingProxy.before(server.port)
  store = await opens()
})

afterEach(async () => {
  await Promise.all(opened.splice(0).map(one => one.close()))
  await proxy.stop()
  lost.length = 0
})

afterAll(async () => {
  await server.stop()
})

async function opens(): Promise<PostgresStore> {
  const one = await openPostgresStore(proxy.through(url), { mayLoseWrites: true, log: event => void lost.push(event) })
  opened.push(one)
  return one
}

const database = () => new URL(url).pathname.slice(1)
const rows = (sql: string) => server.query(sql, [], database())

/** Asks until it holds, for a bounded time. */
async function comesAbout(isSo: () => Promise<boolean>): Promise<void> {
  await vi.waitFor(async () => expect(await isSo()).toBe(true), { timeout: 15_000, interval: 10 })
}

async function unavailable(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(Problem)
  expect((error as Problem).code).toBe('unavailable')
  return (error as Problem).message
}

/** As the engine does: what is surely not written is tried again. */
async function works<T>(call: () => Promise<T>): Promise<T> {
  return vi.waitFor(call, { timeout: 15_000, interval: 20 })
}

describe('a flush', () => {
  it('was written although its answer was lost: its callers hear so, and it is not written twice', async () => {
    const views = [1, 2, 3].map(number => newView(number))
    const cut = proxy.cutAt(idOf(2), 'answer')
    const results = await Promise.all([...views.map(view => store.commit(view.takeChanges())), cut])
    expect(results.slice(0, 3)).toEqual(['written', 'written', 'written'])
    expect(await rows('SELECT version FROM executions')).toEqual([{ version: 1 }, { version: 1 }, { version: 1 }])
    expect(store.stats().reconnects).toBeGreaterThan(0)
  })

  it('whose answer was lost answers each of its callers as it would have', async () => {
    await waitingExecution(store, 1)
    const [stale, fresh] = [newView(1), newView(2)]
    const cut = proxy.cutAt(idOf(2), 'answer')
    const [first, second] = await Promise.all([store.commit(stale.takeChanges()), store.commit(fresh.takeChanges()), cut])
    expect([first, second]).toEqual(['stale', 'written'])
  })

  it('that was not written is written by the next connection', async () => {
    const view = await waitingExecution(store, 1)
    const holder = await server.connect(url)
    await holder.query('BEGIN')
    await holder.query('SELECT 1 FROM executions FOR UPDATE')
    view.setStatus('completed', at(1))
    const written = store.commit(view.takeChanges())
    const waiting = `SELECT pid FROM pg_stat_activity WHERE datname = '${database()}' AND wait_event_type = 'Lock'`
    await comesAbout(async () => (await rows(waiting)).length === 1)
    await rows(`SELECT pg_terminate_backend(pid) FROM (${waiting}) w`)
    await holder.query('COMMIT')
    expect(await written).toBe('written')
    expect((await mustLoad(store, idOf(1))).version).toBe(2)
    await holder.end()
  })

  it('that arrives late is fenced', async () => {
    await waitingExecution(store, 1)
    const cut = proxy.cutAt('late-source', 'late')
    const written = store.appendLogs(idOf(1), [{ source: 'late-source', stream: 'out', at: '', text: 'once' }])
    await cut
    await written
    proxy.deliver()
    const sessions = `SELECT 1 FROM pg_stat_activity WHERE datname = '${database()}' AND query LIKE '%busbar_append_logs%' AND state = 'active' AND pid <> pg_backend_pid()`
    await comesAbout(async () => (await rows(sessions)).length === 0)
    await store.appendLogs(idOf(1), [{ source: 's', stream: 'out', at: '', text: 'after' }])
    expect((await store.logs(idOf(1), { after: 0, limit: 10 })).map(({ text }) => text)).toEqual(['once', 'after'])
  })

  it('waits on its old self before it looks what became of it', async () => {
    const view = await waitingExecution(store, 1)
    const holder = await server.connect(url)
    await holder.query('BEGIN')
    await holder.query('SELECT 1 FROM executions FOR UPDATE')
    view.setStatus('completed', at(1))
    const cut = proxy.cutAt(idOf(1), 'late')
    const written = store.commit(view.takeChanges())
    await cut
    proxy.deliver()
    await holder.query('COMMIT')
    expect(await written).toBe('written')
    expect((await mustLoad(store, idOf(1))).version).toBe(2)
    await holder.end()
  })

  it('that is in the way of another is written after it', async () => {
    const [one, two] = [await waitingExecution(store, 1), await waitingExecution(store, 2)]
    const holder = await server.connect(url)
    await holder.query("SET deadlock_timeout = '60s'")
    await holder.query('BEGIN')
    await holder.query('SELECT 1 FROM executions WHERE id = $1 FOR UPDATE', [idOf(2)])
    for (const view of [one, two]) view.setStatus('completed', at(1))
    const written = Promise.all([one, two].map(view => store.commit(view.takeChanges())))
    const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = '${database()}' AND wait_event_type = 'Lock'`
    await comesAbout(async () => (await rows(waiting)).length === 1)
    await holder.query('SELECT 1 FROM executions WHERE id = $1 FOR UPDATE', [idOf(1)])
    await holder.query('COMMIT')
    expect(await written).toEqual(['written', 'written'])
    expect(store.stats().reconnects).toBe(0)
    await holder.end()
  })

  it('with a value that the database refuses fails for who sent it only', async () => {
    const large = newView(1, { label: { name: Array.from({ length: 6_000 }, (_, index) => String.fromCharCode(0x4e00 + ((index * 7919) % 20_000))).join('') } })
    const [first, second] = await Promise.allSettled([store.commit(large.takeChanges()), store.commit(newView(2).takeChanges())])
    expect(first.status === 'rejected' && (first.reason as Problem).code).toBe('invalid')
    expect(second).toEqual({ status: 'fulfilled', value: 'written' })
  })
})

describe('what a lane leased or named', () => {
  it('comes to its claimers although the answer was lost', async () => {
    for (const number of [1, 2, 3]) await waitingExecution(store, number, { queue: number < 3 ? 'a' : 'b' })
    const cut = proxy.cutAt('lost-worker', 'answer')
    const [first, second, third] = await Promise.all([
      claimOf(store, ['a'], { max: 1, worker: 'lost-worker' }),
      claimOf(store, ['a'], { max: 5, worker: 'other' }),
      claimOf(store, ['b'], { max: 5 }),
      cut,
    ])
    expect([first, second, third].map(claimed => claimed.map(({ execution }) => execution))).toEqual([[idOf(1)], [idOf(2)], [idOf(3)]])
    expect(first[0]?.attempt).toMatchObject({ fence: 1, lastWorker: 'lost-worker', state: { kind: 'leased' } })
    expect(await rows("SELECT 1 FROM attempts WHERE state = 'leased' AND fence = 1")).toHaveLength(3)
  })

  it('is named once although the answer was lost', async () => {
    const view = newView(1)
    view.wakeAt(at(5))
    await commit(store, view)
    const until = at(987_654_321)
    const cut = proxy.cutAt(String(until), 'answer')
    const [due] = await Promise.all([store.sharing.takeDue(at(10), until, 10), cut])
    expect(due).toEqual([{ id: idOf(1), at: at(5) }])
    expect(await store.sharing.takeDue(at(20), at(30), 10)).toEqual([])
  })

  it('stands once in the log although the answer was lost', async () => {
    await waitingExecution(store, 1)
    const cut = proxy.cutAt('lost-source', 'answer')
    await Promise.all([store.appendLogs(idOf(1), [{ source: 'lost-source', stream: 'out', at: '', text: 'x' }]), cut])
    expect((await store.logs(idOf(1), { after: 0, limit: 10 })).map(({ position, text }) => [position, text])).toEqual([[1, 'x']])
  })

  it('writes nothing where there is nothing', async () => {
    const before = await rows('SELECT flush FROM lanes ORDER BY server, lane')
    expect(await claimOf(store, ['a', 'b'])).toEqual([])
    await waitingExecution(store, 1, { queue: 'later', notBefore: at(60_000) })
    expect(await claimOf(store, ['later'])).toEqual([])
    expect(await store.sharing.takeDue(start, at(10), 10)).toEqual([])
    const after = await rows('SELECT flush FROM lanes ORDER BY server, lane')
    expect(after.filter((row, index) => row['flush'] !== before[index]?.['flush'])).toHaveLength(1)
  })
})

describe('while the database is away', () => {
  it('calls fail at once, and work again when it is back', async () => {
    await waitingExecution(store, 1, {})
    proxy.refuse(true)
    proxy.cutAll()
    await comesAbout(async () => (await store.trouble()) !== null)
    for (const call of [
      () => store.commit(newView(2).takeChanges()),
      () => claimOf(store, ['q']),
      () => store.load(idOf(1)),
      () => store.sharing.takeDue(start, at(1), 1),
    ])
      await unavailable(call())
    proxy.refuse(false)
    expect(await works(() => store.commit(newView(2).takeChanges()))).toBe('written')
    expect(await works(() => claimOf(store, ['q']))).toHaveLength(1)
    await comesAbout(async () => (await store.trouble()) === null)
    expect(lost).toContain('connection to the database lost')
  })

  it('a lane whose connection breaks before the flush that was about to begin finds another one', async () => {
    const holder = await server.connect(url)
    for (let round = 1; round <= 5; round++) {
      // Neither waits for the other: the call may be refused, be in doubt, or come through, but it is answered.
      const killed = holder.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database()}' AND application_name = 'busbar'`)
      const view = newView(round)
      const outcome = await store.commit(view.takeChanges()).catch((error: Problem) => error.code)
      await killed
      expect(['written', 'unavailable']).toContain(outcome)
      expect((await works(() => store.head(idOf(round)))) === null).toBe(outcome === 'unavailable')
      await works(() => store.commit(newView(100 + round).takeChanges()))
    }
    await holder.end()
  })

  it('who is in doubt waits, and hears the truth when it is back', async () => {
    const view = newView(1)
    const cut = proxy.cutAt(idOf(1), 'answer')
    let isSettled = false
    const written = store.commit(view.takeChanges()).finally(() => (isSettled = true))
    proxy.refuse(true)
    await cut
    await comesAbout(async () => (await store.trouble()) !== null)
    await unavailable(store.commit(newView(2).takeChanges()))
    expect(isSettled).toBe(false)
    proxy.refuse(false)
    expect(await written).toBe('written')
  })

  it('who is in doubt hears that nobody knows when the store is closed', async () => {
    const cut = proxy.cutAt(idOf(1), 'answer')
    const written = unavailable(store.commit(newView(1).takeChanges()))
    proxy.refuse(true)
    await cut
    await store.close()
    expect(await written).toMatch(/closed before the database said/)
  })

  it('who is in doubt when the store is closed hears the truth where the database is there', async () => {
    const cut = proxy.cutAt(idOf(1), 'answer')
    const written = store.commit(newView(1).takeChanges())
    await cut
    await store.close()
    expect(await written).toBe('written')
  })

  it('a delete whose answer was lost is not done a second time', async () => {
    await waitingExecution(store, 1)
    const cut = proxy.cutAt(idOf(1), 'answer')
    await Promise.all([unavailable(store.remove(idOf(1))), cut])
    expect(await works(() => store.remove(idOf(1)))).toBe(false)
  })

  it('a read whose answer was lost is asked again', async () => {
    await waitingExecution(store, 1)
    const cut = proxy.cutAt(idOf(1), 'answer')
    const [head] = await Promise.all([store.head(idOf(1)), cut])
    expect(head?.version).toBe(1)
  })
})

describe('a store', () => {
  it('that is opened twice has one connection for each lane', async () => {
    await Promise.all([store.open(), store.open()])
    const view = newView(1)
    openWaiting(view)
    await commit(store, view)
    expect(store.stats().reconnects).toBe(0)
  })

  it('whose lane was forgotten goes on', async () => {
    await waitingExecution(store, 1)
    await rows('DELETE FROM lanes')
    expect(await store.commit(newView(2).takeChanges())).toBe('written')
    await store.appendLogs(idOf(1), [{ source: 's', stream: 'out', at: '', text: 'x' }])
    expect(await store.logs(idOf(1), { after: 0, limit: 10 })).toHaveLength(1)
  })

  it('leaves no lane behind', async () => {
    await store.close()
    expect(await rows('SELECT 1 FROM lanes')).toEqual([])
  })
})
