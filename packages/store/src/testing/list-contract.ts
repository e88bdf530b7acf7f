import { describe, expect, it } from 'vitest'
import type { ListRequest, Store } from '../store.js'
import { at, commit, type ExecutionParts, idOf, newView } from './fixtures.js'
import type { OpenStore } from './open-store.js'

const orders: readonly ExecutionParts[] = [
  { createdAt: at(1), label: { name: 'order', handle: 'c-1' } },
  { createdAt: at(2), label: { name: 'order', handle: 'c-2', version: '2' }, status: 'completed', endedAt: at(9) },
  { createdAt: at(3), label: { name: 'refund', handle: 'c-1' }, status: 'failed', endedAt: at(9) },
  { createdAt: at(4), label: { name: 'refund_50%', source: 'api' }, status: 'paused' },
  { createdAt: at(5), dialect: 'stroem', label: { namespace: 'Shop', name: 'deploy', source: 'user' } },
  { createdAt: at(6), dialect: 'stroem', label: { namespace: 'lab', name: 'deploy' }, status: 'completed', endedAt: at(9) },
]

async function fill(store: Store): Promise<void> {
  for (const [index, parts] of orders.entries()) await commit(store, newView(index + 1, parts))
}

/** The numbers of the executions that a request finds. */
async function found(store: Store, request: Partial<ListRequest>): Promise<number[]> {
  const { executions, total } = await store.list({ dialect: 'conductor', offset: 0, limit: 100, order: 'oldest', ...request })
  expect(total).toBe(executions.length)
  return executions.map(({ id }) => orders.findIndex((_, index) => idOf(index + 1) === id) + 1)
}

export function listContract(open: OpenStore): void {
  describe('lists', () => {
    it('finds nothing where nothing matches', async () => {
      const { store } = await open()
      await fill(store)
      const nothing: readonly Partial<ListRequest>[] = [{ name: 'ord' }, { namespace: 'Shop' }, { version: '3' }, { handle: 'c' }, { source: 'x' }]
      for (const request of [...nothing, { statuses: ['timedOut'] as const }, { statuses: [] }, { text: '_' + 'x' }, { createdFrom: at(7) }]) {
        expect(await found(store, request), JSON.stringify(request)).toEqual([])
      }
    })

    it('lists one dialect by creation, either way', async () => {
      const { store } = await open()
      await fill(store)
      expect(await found(store, {})).toEqual([1, 2, 3, 4])
      expect(await found(store, { order: 'newest' })).toEqual([4, 3, 2, 1])
      expect(await found(store, { dialect: 'stroem' })).toEqual([5, 6])
    })

    it('filters by label', async () => {
      const { store } = await open()
      await fill(store)
      expect(await found(store, { name: 'order' })).toEqual([1, 2])
      expect(await found(store, { name: 'order', version: '2' })).toEqual([2])
      expect(await found(store, { handle: 'c-1' })).toEqual([1, 3])
      expect(await found(store, { handle: '' })).toEqual([4])
      expect(await found(store, { source: 'api' })).toEqual([4])
      expect(await found(store, { dialect: 'stroem', namespace: 'lab', name: 'deploy' })).toEqual([6])
    })

    it('filters by status', async () => {
      const { store } = await open()
      await fill(store)
      expect(await found(store, { statuses: ['running', 'paused'] })).toEqual([1, 4])
      expect(await found(store, { statuses: ['completed', 'failed'] })).toEqual([2, 3])
      expect(await found(store, { statuses: ['running'], name: 'order', order: 'newest' })).toEqual([1])
    })

    it('filters by the moment of creation: from it, and before it', async () => {
      const { store } = await open()
      await fill(store)
      expect(await found(store, { createdFrom: at(2), createdBefore: at(4) })).toEqual([2, 3])
    })

    it('finds a text in name, namespace, handle or id, whatever its case, taken literally', async () => {
      const { store } = await open()
      await fill(store)
      expect(await found(store, { text: 'REFUND' })).toEqual([3, 4])
      expect(await found(store, { text: '50%' })).toEqual([4])
      expect(await found(store, { text: '%' })).toEqual([4])
      expect(await found(store, { text: 'C-2' })).toEqual([2])
      expect(await found(store, { dialect: 'stroem', text: 'shop' })).toEqual([5])
      expect(await found(store, { text: idOf(3) })).toEqual([3])
      expect(await found(store, { text: '' })).toEqual([1, 2, 3, 4])
    })

    it('pages, and tells the total of all pages', async () => {
      const { store } = await open()
      await fill(store)
      const page = (offset: number, parts: Partial<ListRequest> = {}) => store.list({ dialect: 'conductor', offset, limit: 3, order: 'newest', ...parts })
      expect((await page(0)).executions.map(({ id }) => id)).toEqual([idOf(4), idOf(3), idOf(2)])
      expect((await page(3)).executions.map(({ id }) => id)).toEqual([idOf(1)])
      expect((await page(3)).total).toBe(4)
      expect((await page(9)).executions).toEqual([])
      expect(await page(1, { limit: 1, name: 'order' })).toMatchObject({ total: 2, executions: [{ id: idOf(1) }] })
    })

    it('gives whole executions', async () => {
      const { store } = await open()
      const view = newView(1, { brief: { input: [1] }, state: { n: 2 } })
      await commit(store, view)
      expect((await store.list({ dialect: 'conductor', offset: 0, limit: 1, order: 'newest' })).executions).toEqual([view.execution])
    })

    it('orders those of one moment by id', async () => {
      const { store } = await open()
      for (const number of [2, 3, 1]) await commit(store, newView(number))
      const { executions } = await store.list({ dialect: 'conductor', offset: 0, limit: 9, order: 'newest' })
      expect(executions.map(({ id }) => id)).toEqual([idOf(3), idOf(2), idOf(1)])
    })
  })

  describe('counts', () => {
    it('counts by dialect and status, and leaves out what there is none of', async () => {
      const { store } = await open()
      expect(await store.countByStatus('conductor')).toEqual(new Map())
      await fill(store)
      expect(await store.countByStatus('conductor')).toEqual(
        new Map([
          ['running', 1],
          ['completed', 1],
          ['failed', 1],
          ['paused', 1],
        ]),
      )
    })

    it('follows every change of status, and removal', async () => {
      const { store } = await open()
      const [a, b] = [newView(1), newView(2)]
      await Promise.all([commit(store, a), commit(store, b)])
      a.setStatus('paused', at(1))
      b.setStatus('completed', at(1))
      await Promise.all([commit(store, a), commit(store, b)])
      expect(await store.countByStatus('conductor')).toEqual(
        new Map([
          ['paused', 1],
          ['completed', 1],
        ]),
      )
      await store.remove(idOf(2))
      expect(await store.countByStatus('conductor')).toEqual(new Map([['paused', 1]]))
    })

    it('does not count what was refused', async () => {
      const { store } = await open()
      await commit(store, newView(1))
      await Promise.all([store.commit(newView(1, { status: 'failed' }).takeChanges()), store.commit(newView(2).takeChanges())])
      expect(await store.countByStatus('conductor')).toEqual(new Map([['running', 2]]))
    })
  })
}
