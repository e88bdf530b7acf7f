/** The database crashes again and again under a server that writes. Whatever it told anybody is so. */
import { type Attempt, instant, newExecutionId, Problem, View } from '@busbar/kernel'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openPostgresStore, type PostgresStore } from '../postgres/index.js'
import { at, claimOf, newView, openWaiting, type Plain, start, worker } from '../testing/fixtures.js'
import { type PostgresServer, startPostgres } from '../testing/postgres-server.js'

let server: PostgresServer
let store: PostgresStore

beforeAll(async () => {
  server = await startPostgres()
  store = await openPostgresStore(await server.newDatabase('crash'))
})

afterAll(async () => {
  await store.close()
  await server.stop()
})

type Told = 'written' | 'stale' | 'taken' | 'unavailable'

async function told(commit: Promise<Told>): Promise<Told> {
  try {
    return await commit
  } catch (error) {
    if (error instanceof Problem && error.code === 'unavailable') return 'unavailable'
    throw error
  }
}

const idOf = (number: number) => newExecutionId(instant(start + number), { high12: 1, low38: number })
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

describe('a database that crashes', () => {
  it('leaves every promise true: what was written is there, what was not is not, each lease is somebody’s', async () => {
    const begun = new Map<string, Told>()
    const closed = new Map<string, Told>()
    const leased = new Set<string>()
    let isOver = false
    let numbers = 0

    const starter = async () => {
      while (!isOver) {
        const view = newView(0, { id: idOf(numbers++) })
        openWaiting(view)
        const result = await told(store.commit(view.takeChanges()))
        begun.set(view.id, result)
        if (result !== 'written') await pause(10)
      }
    }
    const claimer = async (name: string) => {
      while (!isOver) {
        const claimed = await claimOf(store, ['q'], { max: 3, worker: name }).catch((error: Problem) => {
          expect(error.code).toBe('unavailable')
          return []
        })
        if (claimed.length === 0) await pause(10)
        for (const { execution, attempt } of claimed) {
          expect(leased.has(attempt.id)).toBe(false)
          leased.add(attempt.id)
          const loaded = await store.load(execution).catch(() => null)
          if (!loaded) continue
          const view = new View<Plain>({ ...loaded, plan: null, attempts: loaded.attempts as readonly Attempt<unknown>[] })
          view.close(1, 'completed', { kind: 'worker', worker: worker(name), fence: attempt.fence }, at(1), null)
          view.setStatus('completed', at(1))
          closed.set(execution, await told(store.commit(view.takeChanges())))
        }
      }
    }
    const work = [...Array.from({ length: 100 }, starter), ...Array.from({ length: 100 }, (_, index) => claimer(`w${index}`))]
    for (let crash = 0; crash < 4; crash++) {
      const before = begun.size
      await vi.waitFor(() => expect(begun.size).toBeGreaterThan(before + 300), { timeout: 20_000 })
      if (crash % 2 === 0) await server.restart('immediate')
      else {
        await server.kill()
        await server.start()
      }
    }
    const before = [...closed.values()].filter(result => result === 'written').length
    await vi.waitFor(() => expect([...closed.values()].filter(result => result === 'written').length).toBeGreaterThan(before), { timeout: 20_000 })
    isOver = true
    await Promise.all(work)

    const rows = await server.query('SELECT id, status, version FROM executions', [], 'crash')
    const versions = new Map(rows.map(({ id, version }) => [String(id), Number(version)]))
    for (const [id, result] of begun) expect([id, versions.has(id)]).toEqual([id, result === 'written'])
    for (const [id, result] of closed) expect([id, versions.get(id)]).toEqual([id, result === 'written' ? 2 : 1])
    const claimed = await server.query('SELECT execution_id, ordinal, fence FROM attempts WHERE fence > 0', [], 'crash')
    expect(claimed).toHaveLength(leased.size)
    expect(claimed.every(({ fence }) => fence === 1)).toBe(true)
    const [counted] = await server.query('SELECT sum(number)::int AS total FROM execution_tallies', [], 'crash')
    expect(counted?.['total']).toBe(rows.length)
    expect(store.stats().reconnects).toBeGreaterThan(3)
    expect(await store.trouble()).toBeNull()
  }, 120_000)
})
