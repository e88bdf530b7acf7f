import { describe, expect, it } from 'vitest'
import { at, claimOf, commit, idOf, idsOf, newView, openWaiting, waitingExecution } from './fixtures.js'
import type { OpenStore } from './open-store.js'

export function flushContract(open: OpenStore): void {
  describe('calls of one turn', () => {
    it('a refused change does not disturb the others', async () => {
      const { store } = await open()
      const claimedMeanwhile = await waitingExecution(store, 1, {}, {})
      await claimOf(store, ['q'])
      claimedMeanwhile.setState({ refused: true })
      claimedMeanwhile.close(2, 'cancelled', { kind: 'operator' }, at(1))
      const results = await Promise.all([
        store.commit(newView(2).takeChanges()),
        store.commit(claimedMeanwhile.takeChanges()),
        store.commit(newView(2).takeChanges()),
        store.commit(newView(3).takeChanges()),
      ])
      expect(results).toEqual(['written', 'stale', 'stale', 'written'])
      expect((await store.load(idOf(1)))?.execution.state).toEqual({})
      expect((await store.list({ dialect: 'conductor', offset: 0, limit: 9, order: 'oldest' })).total).toBe(3)
      expect((await store.countByStatus('conductor')).get('running')).toBe(3)
    })

    it('many refused changes among many good ones', async () => {
      const { store } = await open()
      const view = await waitingExecution(store, 1, {})
      await claimOf(store, ['q'])
      const refused = Array.from({ length: 50 }, (_, index) => {
        view.setState({ index })
        view.amend(1, index)
        return store.commit(view.takeChanges())
      })
      const good = Array.from({ length: 50 }, (_, index) => store.commit(newView(index + 2).takeChanges()))
      expect(new Set(await Promise.all(refused))).toEqual(new Set(['stale']))
      expect(new Set(await Promise.all(good))).toEqual(new Set(['written']))
    })

    it('take effect in the order in which they were made', async ({ skip }) => {
      const { store, order } = await open()
      skip(order !== 'of calls', 'the store keeps the order of answers')
      const view = newView(1)
      openWaiting(view)
      const results = await Promise.all([
        store.load(idOf(1)),
        store.commit(view.takeChanges()),
        store.load(idOf(1)),
        claimOf(store, ['q']),
        claimOf(store, ['q']),
        store.queueSizes(at(0)),
        store.remove(idOf(1)),
        store.load(idOf(1)),
      ])
      const [before, written, after, first, second, sizes, removed, gone] = results
      expect([before, written, after?.version, idsOf(first).length, second, sizes, removed, gone]).toEqual([null, 'written', 1, 1, [], [], true, null])
    })

    it('see whatever was answered before they were made', async () => {
      const { store } = await open()
      const view = newView(1)
      openWaiting(view)
      await store.commit(view.takeChanges())
      expect(await Promise.all([store.load(idOf(1)), store.head(idOf(1)), store.queueSizes(at(0)), store.nextDue()])).toMatchObject([
        { version: 1 },
        { version: 1 },
        [{ queue: 'q', ready: 1 }],
        view.due,
      ])
      expect(await claimOf(store, ['q'])).toHaveLength(1)
      expect(await Promise.all([store.queueSizes(at(0)), claimOf(store, ['q']), store.load(idOf(1))])).toMatchObject([[], [], { attempts: [{ fence: 1 }] }])
      await store.remove(idOf(1))
      expect(await Promise.all([store.load(idOf(1)), store.head(idOf(1)), store.countByStatus('conductor')])).toEqual([null, null, new Map()])
    })

    it('are answered in the order in which they were made', async ({ skip }) => {
      const { store, order } = await open()
      skip(order !== 'of calls', 'the store keeps the order of answers')
      const answered: string[] = []
      const note = (name: string) => () => void answered.push(name)
      await Promise.all([
        store.commit(newView(1).takeChanges()).then(note('a')),
        store.commit(newView(1).takeChanges()).then(note('b')),
        store.commit(newView(2).takeChanges()).then(note('c')),
      ])
      expect(answered).toEqual(['a', 'b', 'c'])
    })

    it('follow each other in two commits of one execution', async () => {
      const { store } = await open()
      const view = newView(1)
      const first = store.commit(view.takeChanges())
      view.committed()
      view.setState({ n: 2 })
      expect(await Promise.all([first, store.commit(view.takeChanges())])).toEqual(['written', 'written'])
      expect(await store.load(idOf(1))).toMatchObject({ version: 2, execution: { state: { n: 2 } } })
    })

    it('bears more calls than one flush holds', async () => {
      const { store } = await open()
      const results = await Promise.all(Array.from({ length: 2_500 }, (_, index) => store.commit(newView(index).takeChanges())))
      expect(results.filter(result => result === 'written')).toHaveLength(2_500)
      expect((await store.countByStatus('conductor')).get('running')).toBe(2_500)
      const view = newView(2_501)
      await commit(store, view)
    })
  })
}
