import { describe, expect, it } from 'vitest'
import type { StoredWorker } from '../store.js'
import { at, worker } from './fixtures.js'
import type { OpenStore } from './open-store.js'

function registered(id: string, ms: number): StoredWorker {
  return { id: worker(id), name: `worker ${id}`, lastSeen: at(ms), registeredAt: at(ms), detail: '{"tags":["a"]}' }
}

export function workerContract(open: OpenStore): void {
  describe('workers', () => {
    it('does not know who never registered, not even when seen', async () => {
      const { store } = await open()
      await store.seenWorkers([{ id: worker('w'), at: at(1) }])
      expect(await store.worker(worker('w'))).toBeNull()
      expect(await store.workers(0, 10)).toEqual({ workers: [], total: 0 })
    })

    it('keeps who registered, and replaces who registers again', async () => {
      const { store } = await open()
      await store.putWorker(registered('w', 1))
      const again = { ...registered('w', 7), name: 'renamed', detail: '{}' }
      expect(await store.worker(worker('w'))).toEqual(registered('w', 1))
      await store.putWorker(again)
      expect(await store.worker(worker('w'))).toEqual(again)
    })

    it('remembers the latest sign of life, whatever order they come in', async () => {
      const { store } = await open()
      for (const id of ['a', 'b']) await store.putWorker(registered(id, 1))
      await store.seenWorkers([
        { id: worker('a'), at: at(9) },
        { id: worker('a'), at: at(5) },
        { id: worker('b'), at: at(0) },
      ])
      expect((await store.worker(worker('a')))?.lastSeen).toBe(at(9))
      expect((await store.worker(worker('b')))?.lastSeen).toBe(at(1))
    })

    it('lists in the order of registration, in pages', async () => {
      const { store } = await open()
      for (const [id, ms] of [
        ['c', 1],
        ['b', 2],
        ['a', 2],
      ] as const)
        await store.putWorker(registered(id, ms))
      const { workers, total } = await store.workers(0, 10)
      expect(workers.map(({ id }) => id)).toEqual(['c', 'a', 'b'])
      expect(total).toBe(3)
      expect(await store.workers(1, 1)).toEqual({ workers: [registered('a', 2)], total: 3 })
    })
  })
}
