import { describe, expect, it } from 'vitest'
import { at, claimOf, commit, idOf, newView, openWaiting, start, waitingExecution } from './fixtures.js'
import type { OpenStore } from './open-store.js'

export function removalContract(open: OpenStore): void {
  describe('removal', () => {
    it('says that there is nothing to remove, and touches nothing', async () => {
      const { store } = await open()
      const sender = newView(1)
      sender.send(idOf(2), { kind: 'command', command: {} })
      await commit(store, sender)
      expect(await store.remove(idOf(2))).toBe(false)
      expect(await store.messages(10)).toHaveLength(1)
    })

    it('takes everything of the execution along', async () => {
      const { store } = await open()
      const view = newView(1)
      openWaiting(view)
      view.wakeAt(at(5))
      view.note({ source: 's', stream: 'out', at: start, text: 'hello' })
      await commit(store, view)
      expect(await store.remove(idOf(1))).toBe(true)
      expect(await store.remove(idOf(1))).toBe(false)
      expect(await store.load(idOf(1))).toBeNull()
      expect(await claimOf(store, ['q'])).toEqual([])
      expect(await store.queueSizes(start)).toEqual([])
      expect(await store.nextDue()).toBeNull()
      expect(await store.logs(idOf(1), { after: 0, limit: 10 })).toEqual([])
      expect((await store.list({ dialect: 'conductor', offset: 0, limit: 10, order: 'newest' })).total).toBe(0)
    })

    it('drops the messages to it and keeps the messages from it', async () => {
      const { store } = await open()
      const [one, two] = [newView(1), newView(2)]
      one.send(idOf(2), { kind: 'command', command: {} })
      two.send(idOf(1), { kind: 'command', command: {} })
      await commit(store, one)
      await commit(store, two)
      await store.remove(idOf(1))
      expect((await store.messages(10)).map(({ id }) => id)).toEqual([`${idOf(1)}:1`])
    })

    it('leaves other executions alone', async () => {
      const { store } = await open()
      const [one, two] = [await waitingExecution(store, 1, {}), await waitingExecution(store, 2, {})]
      await store.remove(one.id)
      expect((await store.load(two.id))?.attempts).toHaveLength(1)
      expect(await claimOf(store, ['q'])).toHaveLength(1)
    })

    it('refuses what was decided before the removal', async () => {
      const { store } = await open()
      const view = await waitingExecution(store, 1, {})
      await store.remove(view.id)
      view.amend(1, 'late')
      expect(await store.commit(view.takeChanges())).toBe('stale')
      view.setState({ late: true })
      expect(await store.commit(view.takeChanges())).toBe('stale')
    })

    it('lets the same id begin anew', async () => {
      const { store } = await open()
      await waitingExecution(store, 1, {}, {})
      await store.remove(idOf(1))
      await waitingExecution(store, 1, {})
      expect(await store.load(idOf(1))).toMatchObject({ version: 1, attempts: [{ ordinal: 1 }] })
    })
  })
}
