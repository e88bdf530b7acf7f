import { describe, expect, it } from 'vitest'
import { at, claimOf, commit, idOf, idsOf, mustLoad, newView, openWaiting, reload, start, waitingExecution, worker } from './fixtures.js'
import type { OpenStore } from './open-store.js'

export function claimContract(open: OpenStore): void {
  describe('claim', () => {
    it('never hands out what is leased, held, closed, delayed or in another queue', async () => {
      const { store } = await open()
      const view = newView(1)
      for (let i = 0; i < 2; i++) openWaiting(view)
      view.lease(1, worker('w'), start)
      view.close(2, 'skipped', { kind: 'engine' }, start)
      view.open({ key: view.attempt(1)?.key ?? ('k' as never), number: 1, queue: null, data: null }, start)
      openWaiting(view, { notBefore: at(1) })
      openWaiting(view, { queue: 'other' })
      await commit(store, view)
      expect(await claimOf(store, ['q'])).toEqual([])
      expect(await claimOf(store, ['unknown'])).toEqual([])
      expect(await claimOf(store, [])).toEqual([])
    })

    it('hands out nothing when nothing is wanted', async () => {
      const { store } = await open()
      await waitingExecution(store, 1, {})
      expect(await claimOf(store, ['q'], { max: 0 })).toEqual([])
    })

    it('hands each attempt to one caller, however many ask at once', async () => {
      const { store } = await open()
      for (let n = 1; n <= 10; n++) await waitingExecution(store, n, {}, {})
      const claims = await Promise.all(Array.from({ length: 8 }, (_, index) => claimOf(store, ['q'], { max: 3, worker: `w${index}` })))
      const ids = claims.flatMap(idsOf)
      expect(ids).toHaveLength(20)
      expect(new Set(ids).size).toBe(20)
    })

    it('leases with a higher fence, and writes it down', async () => {
      const { store } = await open()
      await waitingExecution(store, 1, { leaseMs: 5_000 })
      const [claimed] = await claimOf(store, ['q'], { now: at(100), worker: 'w1' })
      expect(claimed).toMatchObject({
        execution: idOf(1),
        attempt: {
          state: { kind: 'leased', worker: 'w1', since: at(100), until: at(5_100) },
          fence: 1,
          claims: 1,
          firstClaimedAt: at(100),
          lastWorker: 'w1',
          data: { input: 1 },
        },
      })
      const loaded = await mustLoad(store, idOf(1))
      expect(loaded.attempts).toEqual([claimed?.attempt])
      expect(loaded.version).toBe(1)
    })

    it('leases without an end when there is no time to keep', async () => {
      const { store } = await open()
      await waitingExecution(store, 1, { leaseMs: null })
      const [claimed] = await claimOf(store, ['q'])
      expect(claimed?.attempt.state).toMatchObject({ kind: 'leased', until: null })
    })

    it('raises the fence again at the second claim and remembers the first', async () => {
      const { store } = await open()
      await waitingExecution(store, 1, {})
      await claimOf(store, ['q'], { now: at(10), worker: 'w1' })
      const view = await reload(store, idOf(1))
      view.postpone(1, at(20), at(20))
      await commit(store, view)
      const [claimed] = await claimOf(store, ['q'], { now: at(20), worker: 'w2' })
      expect(claimed?.attempt).toMatchObject({ fence: 3, claims: 2, firstClaimedAt: at(10), lastWorker: 'w2' })
    })

    it('serves the higher priority first, and within it who came first', async () => {
      const { store } = await open()
      const late = await waitingExecution(store, 1, { notBefore: at(5) }, { priority: 9, notBefore: at(5) })
      const early = await waitingExecution(store, 2, { notBefore: at(3) }, { notBefore: at(3) }, { priority: -1, notBefore: start })
      const order = [late.attempt(2), early.attempt(1), early.attempt(2), late.attempt(1), early.attempt(3)]
      expect(idsOf(await claimOf(store, ['q'], { now: at(10) }))).toEqual(order.map(attempt => attempt?.id))
    })

    it('breaks a tie by the order of executions and of their attempts', async () => {
      const { store } = await open()
      const second = await waitingExecution(store, 2, {})
      const first = await waitingExecution(store, 1, {}, {})
      expect(idsOf(await claimOf(store, ['q']))).toEqual([first.attempt(1)?.id, first.attempt(2)?.id, second.attempt(1)?.id])
    })

    it('looks past the delayed attempts of a higher priority', async () => {
      const { store } = await open()
      await waitingExecution(store, 1, ...Array.from({ length: 50 }, () => ({ priority: 5, notBefore: at(1_000) })), { priority: 1 })
      const claimed = await claimOf(store, ['q'], { max: 2 })
      expect(claimed.map(({ attempt }) => attempt.ordinal)).toEqual([51])
      expect(await claimOf(store, ['q'], { now: at(1_000) })).toHaveLength(50)
    })

    it('hands out a delayed attempt at its moment, not before', async () => {
      const { store } = await open()
      await waitingExecution(store, 1, { notBefore: at(100) })
      expect(await claimOf(store, ['q'], { now: at(99) })).toEqual([])
      expect(await claimOf(store, ['q'], { now: at(100) })).toHaveLength(1)
    })

    it('serves several queues as if they were one', async () => {
      const { store } = await open()
      const a = await waitingExecution(store, 1, { queue: 'a', notBefore: at(2) }, { queue: 'a', priority: 1 })
      const b = await waitingExecution(store, 2, { queue: 'b', notBefore: at(1) }, { queue: 'c', priority: 2 })
      const claimed = await claimOf(store, ['a', 'b', 'c', 'd'], { max: 3, now: at(10) })
      expect(idsOf(claimed)).toEqual([b.attempt(2)?.id, a.attempt(2)?.id, b.attempt(1)?.id])
      expect(await claimOf(store, ['a', 'b', 'c'], { now: at(10) })).toHaveLength(1)
    })

    it('hands out once although a queue is named twice', async () => {
      const { store } = await open()
      await waitingExecution(store, 1, {}, {})
      expect(idsOf(await claimOf(store, ['q', 'q']))).toHaveLength(2)
    })

    it('takes no more than wanted and leaves the rest', async () => {
      const { store } = await open()
      await waitingExecution(store, 1, {}, {}, {})
      expect(await claimOf(store, ['q'], { max: 2 })).toHaveLength(2)
      expect(await claimOf(store, ['q'], { max: 2 })).toHaveLength(1)
    })
  })
}
