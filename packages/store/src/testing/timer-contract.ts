import { describe, expect, it } from 'vitest'
import { at, commit, idOf, newView, start, waitingExecution } from './fixtures.js'
import type { OpenStore } from './open-store.js'

export function timerContract(open: OpenStore): void {
  describe('timers', () => {
    it('has nothing due when nobody asked', async () => {
      const { store } = await open()
      await waitingExecution(store, 1)
      expect(await store.due(at(1_000_000), 10)).toEqual([])
      expect(await store.nextDue()).toBeNull()
    })

    it('tells what is due, earliest first, and no more than wanted', async () => {
      const { store } = await open()
      for (const [number, ms] of [30, 10, 20, 40].entries()) {
        const view = newView(number + 1)
        view.wakeAt(at(ms))
        await commit(store, view)
      }
      expect(await store.due(at(9), 10)).toEqual([])
      expect(await store.due(at(30), 10)).toEqual([
        { id: idOf(2), at: at(10) },
        { id: idOf(3), at: at(20) },
        { id: idOf(1), at: at(30) },
      ])
      expect(await store.due(at(99), 2)).toHaveLength(2)
      expect(await store.nextDue()).toBe(at(10))
    })

    it('breaks a tie by id', async () => {
      const { store } = await open()
      for (const number of [3, 1, 2]) {
        const view = newView(number)
        view.wakeAt(at(10))
        await commit(store, view)
      }
      expect((await store.due(at(10), 10)).map(({ id }) => id)).toEqual([idOf(1), idOf(2), idOf(3)])
    })

    it('forgets a timer that was moved or dropped', async () => {
      const { store } = await open()
      const view = newView(1)
      view.wakeAt(at(10))
      await commit(store, view)
      view.rearm(at(10))
      view.wakeAt(at(50))
      await commit(store, view)
      expect(await store.due(at(49), 10)).toEqual([])
      expect(await store.nextDue()).toBe(at(50))
      view.setStatus('completed', at(20))
      await commit(store, view)
      expect(await store.nextDue()).toBeNull()
    })

    it('covers the end of a lease from the opening on', async () => {
      const { store } = await open()
      await waitingExecution(store, 1, { leaseMs: 5_000 })
      expect(await store.nextDue()).toBe(start + 5_000)
    })
  })
}
