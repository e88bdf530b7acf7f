import { describe, expect, it } from 'vitest'
import { at, commit, idOf, newView, openWaiting } from './fixtures.js'
import type { OpenStore } from './open-store.js'

export function headContract(open: OpenStore): void {
  describe('the head of an execution', () => {
    it('is nothing where there is none, or none any more', async () => {
      const { store } = await open()
      await commit(store, newView(1))
      expect(await store.head(idOf(2))).toBeNull()
      await store.remove(idOf(1))
      expect(await store.head(idOf(1))).toBeNull()
    })

    it('tells dialect, status and version as they are', async () => {
      const { store } = await open()
      const view = newView(1, { dialect: 'stroem' })
      openWaiting(view)
      await commit(store, view)
      expect(await store.head(idOf(1))).toEqual({ dialect: 'stroem', status: 'running', version: 1 })
      view.amend(1, 'only the attempt')
      await commit(store, view)
      expect((await store.head(idOf(1)))?.version).toBe(1)
      view.setStatus('timedOut', at(5))
      await commit(store, view)
      expect(await store.head(idOf(1))).toEqual({ dialect: 'stroem', status: 'timedOut', version: 2 })
    })
  })
}
