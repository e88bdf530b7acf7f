/** Several servers on one database want the same things. Whatever the order, each thing happens once and the sums agree. */
import type { ExecutionId, Instant } from '@busbar/kernel'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { at, claimOf, commit, idOf, newView, openWaiting, reload, start, worker } from '../testing/fixtures.js'
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

async function stores(number: number): Promise<readonly PostgresStore[]> {
  const url = await server.newDatabase()
  const all = await Promise.all(Array.from({ length: number }, () => openPostgresStore(url, { mayLoseWrites: true })))
  opened.push(...all)
  return all
}

/** Repeats itself from its seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return sides => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

const executions = 6

/** As the engine: reads, changes, commits, and begins anew where somebody else was quicker. Counts in the state how often it did. */
async function raise(store: PostgresStore, id: ExecutionId): Promise<number> {
  for (let stale = 0; stale < 500; stale++) {
    const view = await reload(store, id)
    const { raised } = view.execution.state as { readonly raised: number }
    view.setState({ raised: raised + 1 })
    if ((await store.commit(view.takeChanges())) === 'written') return stale
  }
  throw new Error('somebody else was always quicker')
}

describe('servers that want the same', () => {
  it.each([
    [2, 1],
    [3, 2],
    [3, 3],
  ])('%i of them: each commit, claim, message and due time is one server’s (seed %i)', async (number, seed) => {
    const all = await stores(number)
    const [first] = all
    if (!first) throw new Error('no store')
    const roll = dice(seed)
    const any = () => all[roll(number)] ?? first
    for (let index = 1; index <= executions; index++) {
      const view = newView(index, { state: { raised: 0 } })
      for (let attempt = 0; attempt < 8; attempt++) openWaiting(view, { queue: `q${attempt % 2}`, priority: attempt % 3 })
      view.send(idOf(100 + index), { kind: 'command', command: { kind: 'x' } } as never)
      await commit(first, view)
      // A commit moves a due time as well: these are left alone.
      const sleeper = newView(50 + index)
      sleeper.wakeAt(at(1))
      await commit(first, sleeper)
    }
    const messages = await first.messages(100)
    expect(messages).toHaveLength(executions)

    let raises = 0
    const claims: string[] = []
    const due: ExecutionId[] = []
    let takers = 0
    const jobs = Array.from({ length: 160 }, (_, index) => async () => {
      const store = any()
      const what = roll(4)
      if (what === 0) {
        await raise(store, idOf(1 + roll(executions)))
        raises += 1
      } else if (what === 1) {
        const queues = [['q0'], ['q1'], ['q0', 'q1']][roll(3)] ?? []
        for (const { attempt } of await claimOf(store, queues, { max: 1 + roll(3), worker: `w${index}` })) {
          expect(attempt).toMatchObject({ fence: 1, lastWorker: `w${index}` })
          claims.push(attempt.id)
        }
      } else if (what === 2) due.push(...(await store.sharing.takeDue(at(5), at(1_000_000), 1 + roll(3))).map(({ id }) => id))
      else {
        const message = messages[roll(executions)]
        if (!message) return
        const taker = newView(1_000 + index)
        taker.take(message.id)
        const result = await store.commit(taker.takeChanges())
        if (result === 'written') takers += 1
        else expect(result).toBe('taken')
      }
    })
    await Promise.all(jobs.map(job => job()))

    // What was left over is still there, each once.
    for (const store of all) for (const { attempt } of await claimOf(store, ['q0', 'q1'], { max: 100 })) claims.push(attempt.id)
    for (const store of all) due.push(...(await store.sharing.takeDue(at(5), at(1_000_000), 100)).map(({ id }) => id))
    expect(new Set(claims).size).toBe(claims.length)
    expect(claims).toHaveLength(executions * 8)
    expect(new Set(due).size).toBe(due.length)
    expect(due).toHaveLength(executions)
    expect(takers + (await first.messages(100)).length).toBe(executions)
    const states = await Promise.all(Array.from({ length: executions }, (_, index) => reload(first, idOf(index + 1))))
    expect(states.reduce((sum, { execution }) => sum + (execution.state as { readonly raised: number }).raised, 0)).toBe(raises)
    const counted = await first.countByStatus('conductor')
    expect([...counted.values()].reduce((sum, one) => sum + one, 0)).toBe(2 * executions + takers)
  })

  it('never claims what another one cancels, and never cancels what another one claimed', async () => {
    const [one, two] = await stores(2)
    if (!one || !two) throw new Error('no store')
    for (let round = 1; round <= 20; round++) {
      const view = newView(round)
      openWaiting(view, { queue: `r${round}` })
      await commit(one, view)
      view.close(1, 'cancelled', { kind: 'worker', worker: worker('w'), fence: 0 }, at(1), null)
      const [cancelled, claimed] = await Promise.all([one.commit(view.takeChanges()), claimOf(two, [`r${round}`])])
      expect(claimed.length).toBe(cancelled === 'written' ? 0 : 1)
    }
  })

  it('are all answered when they commit changes of the same executions in opposite orders', async () => {
    const all = await stores(3)
    const ids = Array.from({ length: 20 }, (_, index) => idOf(index + 1))
    for (const id of ids.keys()) await commit(all[0] as PostgresStore, newView(id + 1, { state: { raised: 0 } }))
    const stale = await Promise.all(all.flatMap((store, index) => (index % 2 === 0 ? ids : [...ids].reverse()).map(id => raise(store, id))))
    expect(stale).toHaveLength(60)
    const views = await Promise.all(ids.map(id => reload(all[1] as PostgresStore, id)))
    expect(views.map(({ execution }) => (execution.state as { readonly raised: number }).raised)).toEqual(ids.map(() => 3))
    expect(all.map(store => store.stats().reconnects)).toEqual([0, 0, 0])
  })

  it('leave the clock to the database', async () => {
    const all = await stores(2)
    const seen: Instant[] = []
    for (let round = 0; round < 20; round++) for (const store of all) seen.push(await store.sharing.clock())
    expect([...seen].sort((a, b) => a - b)).toEqual(seen)
    expect(seen.every(moment => moment > start)).toBe(true)
  })
})
