import { describe, expect, it } from 'vitest'
import type { Store } from '../store.js'
import { at, commit, idOf, newView, waitingExecution } from './fixtures.js'
import type { OpenStore } from './open-store.js'

const line = (text: string, source = 's') => ({ source, stream: 'stdout', at: '2026-01-01T00:00:00Z', text })

async function textsOf(store: Store, request: { readonly source?: string; readonly after?: number; readonly limit?: number } = {}): Promise<string[]> {
  const lines = await store.logs(idOf(1), { after: 0, limit: 10_000, ...request })
  return lines.map(({ position, text }) => `${position} ${text}`)
}

export function logContract(open: OpenStore): void {
  describe('logs', () => {
    it('drops the lines of an execution that is not there', async () => {
      const { store } = await open()
      await store.appendLogs(idOf(1), [line('lost')])
      await waitingExecution(store, 1)
      expect(await textsOf(store)).toEqual([])
    })

    it('numbers lines from 1 over all appends', async () => {
      const { store } = await open()
      await waitingExecution(store, 1)
      await store.appendLogs(idOf(1), [line('a'), line('b')])
      await store.appendLogs(idOf(1), [])
      await store.appendLogs(idOf(1), [line('c')])
      expect(await store.logs(idOf(1), { after: 0, limit: 10 })).toEqual([
        { ...line('a'), position: 1 },
        { ...line('b'), position: 2 },
        { ...line('c'), position: 3 },
      ])
    })

    it('keeps the order of appends that were made at once', async () => {
      const { store } = await open()
      await waitingExecution(store, 1)
      await Promise.all(Array.from({ length: 20 }, (_, index) => store.appendLogs(idOf(1), [line(`${index}`)])))
      expect(await textsOf(store)).toEqual(Array.from({ length: 20 }, (_, index) => `${index + 1} ${index}`))
    })

    it('reads on from any position', async () => {
      const { store } = await open()
      await waitingExecution(store, 1)
      await store.appendLogs(
        idOf(1),
        ['a', 'b', 'c'].map(text => line(text)),
      )
      await store.appendLogs(
        idOf(1),
        ['d', 'e'].map(text => line(text)),
      )
      expect(await textsOf(store, { after: 1, limit: 3 })).toEqual(['2 b', '3 c', '4 d'])
      expect(await textsOf(store, { after: 4 })).toEqual(['5 e'])
      expect(await textsOf(store, { after: 5 })).toEqual([])
      expect(await textsOf(store, { limit: 0 })).toEqual([])
    })

    it('reads the lines of one source', async () => {
      const { store } = await open()
      await waitingExecution(store, 1)
      await store.appendLogs(idOf(1), [line('1', 'a'), line('2', 'b'), line('3', 'b'), line('4', 'a')])
      await store.appendLogs(idOf(1), [line('5', 'b')])
      expect(await textsOf(store, { source: 'b' })).toEqual(['2 2', '3 3', '5 5'])
      expect(await textsOf(store, { source: 'a', after: 1 })).toEqual(['4 4'])
      expect(await textsOf(store, { source: 'b', after: 2, limit: 1 })).toEqual(['3 3'])
      expect(await textsOf(store, { source: 'c' })).toEqual([])
    })

    it('bears thousands of lines, in one append and in many', async () => {
      const { store } = await open()
      await waitingExecution(store, 1)
      const many = Array.from({ length: 2_000 }, (_, index) => line(`${index + 1}`, index % 500 === 0 ? 'odd' : 's'))
      await store.appendLogs(idOf(1), many)
      await Promise.all(many.slice(0, 200).map(one => store.appendLogs(idOf(1), [one])))
      const positions = (await store.logs(idOf(1), { after: 0, limit: 10_000 })).map(({ position }) => position)
      expect(positions).toEqual(Array.from({ length: 2_200 }, (_, index) => index + 1))
      expect(await textsOf(store, { after: 1_499, limit: 2 })).toEqual(['1500 1500', '1501 1501'])
      expect(await textsOf(store, { source: 'odd' })).toEqual(['1 1', '501 501', '1001 1001', '1501 1501', '2001 1'])
    })

    it('writes the lines of a decision with the decision', async () => {
      const { store } = await open()
      const view = newView(1)
      view.note({ source: '_server', stream: 'stderr', at: at(5), text: 'started' })
      await commit(store, view)
      await store.appendLogs(idOf(1), [line('a')])
      view.note({ source: '_server', stream: 'stderr', at: at(6), text: 'only a line' })
      await commit(store, view)
      expect(await textsOf(store)).toEqual(['1 started', '2 a', '3 only a line'])
      expect((await store.logs(idOf(1), { source: '_server', after: 0, limit: 1 }))[0]).toEqual({
        position: 1,
        source: '_server',
        stream: 'stderr',
        at: new Date(at(5)).toISOString(),
        text: 'started',
      })
    })
  })
}
