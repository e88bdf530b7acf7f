import { describe, expect, it } from 'vitest'
import { at, claimOf, commit, queue, start, waitingExecution } from './fixtures.js'
import type { OpenStore } from './open-store.js'

export function queueContract(open: OpenStore): void {
  describe('queues', () => {
    it('counts nothing when nothing waits', async () => {
      const { store } = await open()
      await waitingExecution(store, 1, {})
      await claimOf(store, ['q'])
      expect(await store.queueSizes(start)).toEqual([])
    })

    it('counts what is ready and what is delayed, with the next moment', async () => {
      const { store } = await open()
      await waitingExecution(store, 1, { queue: 'a' }, { queue: 'a', notBefore: at(9) }, { queue: 'a', notBefore: at(5) })
      await waitingExecution(store, 2, { queue: 'b', notBefore: at(5) }, { queue: 'a', priority: 4 })
      expect(await store.queueSizes(at(4))).toEqual([
        { queue: 'a', ready: 2, delayed: 2, nextAt: at(5) },
        { queue: 'b', ready: 0, delayed: 1, nextAt: at(5) },
      ])
      expect(await store.queueSizes(at(5))).toEqual([
        { queue: 'a', ready: 3, delayed: 1, nextAt: at(9) },
        { queue: 'b', ready: 1, delayed: 0, nextAt: null },
      ])
    })

    it('lists the open attempts of a queue, oldest first, in pages', async () => {
      const { store } = await open()
      const second = await waitingExecution(store, 2, { notBefore: at(50) }, { queue: 'other' })
      const first = await waitingExecution(store, 1, {}, {}, {})
      first.close(2, 'completed', { kind: 'engine' }, at(1))
      await commit(store, first)
      const [claimed] = await claimOf(store, ['q'], { max: 1 })
      const all = await store.openAttempts(queue('q'), 0, 10)
      expect(all.map(({ attempt }) => attempt)).toEqual([claimed?.attempt, first.attempt(3), second.attempt(1)])
      expect(all.map(({ execution }) => execution)).toEqual([first.id, first.id, second.id])
      expect(await store.openAttempts(queue('q'), 1, 1)).toEqual(all.slice(1, 2))
    })
  })
}
