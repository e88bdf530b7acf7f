import type { DefinitionId } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import { at, claimOf, commit, idOf, newView, openWaiting, start, waitingExecution, worker } from './fixtures.js'
import type { OpenStore } from './open-store.js'

export function lifeContract(open: OpenStore): void {
  describe('life', () => {
    it('refuses calls after close', async () => {
      const { store } = await open()
      await store.close()
      await expect(store.commit(newView(1).takeChanges())).rejects.toMatchObject({ code: 'unavailable' })
      await expect(store.load(idOf(1))).rejects.toMatchObject({ code: 'unavailable' })
      await expect(claimOf(store, ['q'])).rejects.toMatchObject({ code: 'unavailable' })
      expect(await store.trouble()).not.toBeNull()
    })

    it('finishes what was accepted before it closes, and closes twice without harm', async () => {
      const { store, reopen } = await open()
      const accepted = store.commit(newView(1).takeChanges())
      await store.close()
      await store.close()
      expect(await accepted).toBe('written')
      const again = await reopen()
      expect(await again.load(idOf(1))).not.toBeNull()
    })

    it('is without trouble while it is open', async () => {
      const { store } = await open()
      await store.open()
      expect(await store.trouble()).toBeNull()
    })

    it('finds everything again after it was closed', async () => {
      const { store, reopen } = await open()
      const view = newView(1, { brief: { input: 'x' } })
      openWaiting(view)
      openWaiting(view, { notBefore: at(50) })
      view.send(idOf(2), { kind: 'command', command: { kind: 'tick' } })
      view.note({ source: 's', stream: 'out', at: start, text: 'hello' })
      await commit(store, view)
      await store.putSnapshot('d' as DefinitionId, '{}', start)
      await store.putDefinition({ kind: 'task', namespace: '', name: 'a', version: 0, body: '{}', createdAt: start, updatedAt: start })
      await store.putWorker({ id: worker('w'), name: 'w', lastSeen: start, registeredAt: start, detail: '{}' })
      await claimOf(store, ['q'])
      const before = await everything(store)
      expect(await everything(await reopen())).toEqual(before)
    })

    it('goes on where it stopped', async () => {
      const { store, reopen } = await open()
      const view = await waitingExecution(store, 1, {})
      await store.appendLogs(idOf(1), [{ source: 's', stream: 'out', at: 'now', text: 'a' }])
      const again = await reopen()
      view.setStatus('completed', at(5))
      await commit(again, view)
      await again.appendLogs(idOf(1), [{ source: 's', stream: 'out', at: 'now', text: 'b' }])
      expect((await again.logs(idOf(1), { after: 1, limit: 9 })).map(({ position }) => position)).toEqual([2])
      expect(await again.countByStatus('conductor')).toEqual(new Map([['completed', 1]]))
    })
  })
}

async function everything(store: Awaited<ReturnType<OpenStore>>['store']) {
  return {
    execution: await store.load(idOf(1)),
    due: await store.nextDue(),
    sizes: await store.queueSizes(start),
    messages: await store.messages(10),
    logs: await store.logs(idOf(1), { after: 0, limit: 10 }),
    snapshot: await store.snapshot('d' as DefinitionId),
    definition: await store.definition('task', '', 'a', null),
    worker: await store.worker(worker('w')),
    counts: await store.countByStatus('conductor'),
  }
}
