import type { DefinitionId, ExecutionId } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import type { Store } from '../store.js'
import { at, claimOf, commit, idOf, mustLoad, newView, openWaiting, start } from './fixtures.js'
import type { OpenStore } from './open-store.js'

const line = (text: string) => ({ source: 's', stream: 'out', at: 'now', text })
const hour = 3_600_000

/** An execution with an attempt and two lines of log that ended at a moment; null: it still runs. */
async function execution(store: Store, number: number, endedMs: number | null): Promise<ExecutionId> {
  const view = newView(number)
  openWaiting(view, { queue: `q${number}` })
  view.note({ source: 's', stream: 'out', at: start, text: 'begun' })
  if (endedMs !== null) view.setStatus('completed', at(endedMs))
  await commit(store, view)
  await store.appendLogs(view.id, [line('more')])
  return view.id
}

async function linesOf(store: Store, ...ids: readonly ExecutionId[]): Promise<number[]> {
  const logs = await Promise.all(ids.map(id => store.logs(id, { after: 0, limit: 100 })))
  return logs.map(lines => lines.length)
}

export function retentionContract(open: OpenStore): void {
  describe('retention of executions', () => {
    it('removes nothing that runs, waits or ended at the moment or later', async () => {
      const { store } = await open()
      await execution(store, 1, null)
      await execution(store, 2, 50)
      const paused = newView(3)
      paused.setStatus('paused', at(1))
      await commit(store, paused)
      expect(await store.removeEnded(at(50), 100)).toEqual([])
      expect(await store.removeEnded(at(90), 0)).toEqual([])
      expect(await store.countByStatus('conductor')).toEqual(
        new Map([
          ['running', 1],
          ['completed', 1],
          ['paused', 1],
        ]),
      )
    })

    it('keeps one that ended and runs again', async () => {
      const { store } = await open()
      const view = newView(1)
      view.setStatus('failed', at(1))
      await commit(store, view)
      view.setStatus('running', at(2))
      await commit(store, view)
      expect(await store.removeEnded(at(1_000), 100)).toEqual([])
    })

    it('removes those that ended first before the others, a bounded number at a time', async () => {
      const { store } = await open()
      for (const [index, ms] of [30, 10, 20, 10].entries()) await execution(store, index + 1, ms)
      expect(await store.removeEnded(at(25), 2)).toEqual([idOf(2), idOf(4)])
      expect(await store.removeEnded(at(25), 2)).toEqual([idOf(3)])
      expect(await store.removeEnded(at(25), 2)).toEqual([])
      expect(await store.load(idOf(1))).not.toBeNull()
      expect(await store.countByStatus('conductor')).toEqual(new Map([['completed', 1]]))
    })

    it('takes along what a removal takes along, and keeps the messages from it', async () => {
      const { store } = await open()
      const [ended, other] = [newView(1, { brief: { big: 'x'.repeat(50_000) } }), newView(2)]
      openWaiting(ended)
      ended.send(other.id, { kind: 'command', command: {} })
      ended.note({ source: 's', stream: 'out', at: start, text: 'hello' })
      ended.setStatus('failed', at(5))
      other.send(ended.id, { kind: 'command', command: {} })
      await commit(store, ended)
      await commit(store, other)
      expect(await store.removeEnded(at(6), 10)).toEqual([ended.id])
      expect(await store.load(ended.id)).toBeNull()
      expect(await claimOf(store, ['q'])).toEqual([])
      expect(await linesOf(store, ended.id)).toEqual([0])
      expect((await store.messages(10)).map(({ id }) => id)).toEqual([`${ended.id}:1`])
      for (const kind of ['attempt', 'log'] as const) expect(await store.transfer.count(kind)).toBe(0)
    })
  })

  describe('retention of logs', () => {
    it('keeps the logs of what runs, and of what ended at the moment or later', async () => {
      const { store } = await open()
      const ids = [await execution(store, 1, null), await execution(store, 2, 50)]
      expect(await store.removeLogs(at(50), 100)).toBe(0)
      expect(await store.removeLogs(at(90), 0)).toBe(0)
      expect(await linesOf(store, ...ids)).toEqual([2, 2])
    })

    it('removes logs and keeps the executions, a bounded number at a time', async () => {
      const { store } = await open()
      const ids = [await execution(store, 1, null), await execution(store, 2, 10), await execution(store, 3, 20), await execution(store, 4, 30)]
      expect(await store.removeLogs(at(40), 2)).toBe(2)
      expect((await linesOf(store, ...ids)).reduce((sum, count) => sum + count)).toBe(4)
      expect(await store.removeLogs(at(40), 2)).toBe(1)
      expect(await store.removeLogs(at(40), 2)).toBe(0)
      expect(await linesOf(store, ...ids)).toEqual([2, 0, 0, 0])
      expect((await mustLoad(store, idOf(4))).attempts).toHaveLength(1)
    })

    it('takes further lines afterwards, and removes them in their turn', async () => {
      const { store } = await open()
      const id = await execution(store, 1, 10)
      await store.removeLogs(at(20), 10)
      await store.appendLogs(id, [line('late')])
      expect((await store.logs(id, { after: 0, limit: 10 })).map(({ text }) => text)).toEqual(['late'])
      expect(await store.removeLogs(at(20), 10)).toBe(1)
    })
  })

  describe('retention of snapshots', () => {
    it('keeps what an execution runs by, and what was put at the moment or later', async () => {
      const { store } = await open()
      await commit(store, newView(1, { definition: 'used' as DefinitionId }))
      await store.putSnapshot('used' as DefinitionId, '{}', start)
      await store.putSnapshot('young' as DefinitionId, '{}', at(5))
      expect(await store.removeSnapshots(at(5), 100)).toBe(0)
      expect(await store.removeSnapshots(at(9), 0)).toBe(0)
      expect(await store.snapshot('used' as DefinitionId)).toBe('{}')
    })

    it('removes the others, a bounded number at a time', async () => {
      const { store } = await open()
      await commit(store, newView(1, { definition: 'used' as DefinitionId }))
      for (const id of ['used', 'a', 'b', 'c']) await store.putSnapshot(id as DefinitionId, '{}', start)
      expect(await store.removeSnapshots(at(1), 2)).toBe(2)
      expect(await store.removeSnapshots(at(1), 2)).toBe(1)
      expect(await store.removeSnapshots(at(1), 2)).toBe(0)
      await store.remove(idOf(1))
      expect(await store.removeSnapshots(at(1), 2)).toBe(1)
      expect(await store.snapshot('used' as DefinitionId)).toBeNull()
    })

    it('goes by when it was put last, to the hour', async () => {
      const { store } = await open()
      const id = 'd' as DefinitionId
      for (const ms of [0, hour, 1]) await store.putSnapshot(id, '{}', at(ms))
      expect(await store.removeSnapshots(at(hour), 10)).toBe(0)
      expect(await store.removeSnapshots(at(hour + 1), 10)).toBe(1)
      await store.putSnapshot(id, '{}', start)
      expect(await store.snapshot(id)).toBe('{}')
    })
  })
}
