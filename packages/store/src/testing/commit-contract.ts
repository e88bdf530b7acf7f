import { attemptIdOf } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import { at, claimOf, commit, idOf, mustLoad, newView, openWaiting, reload, start, waitingExecution, worker } from './fixtures.js'
import type { OpenStore } from './open-store.js'

export function commitContract(open: OpenStore): void {
  describe('commit', () => {
    it('refuses a second execution of the same id and leaves the first as it is', async () => {
      const { store } = await open()
      await commit(store, newView(1, { brief: 'first' }))
      expect(await store.commit(newView(1, { brief: 'second' }).takeChanges())).toBe('stale')
      expect((await mustLoad(store, idOf(1))).execution.brief).toBe('first')
    })

    it('refuses a change of an execution that is not there', async () => {
      const { store } = await open()
      const view = newView(1)
      view.committed()
      view.setState({ n: 1 })
      expect(await store.commit(view.takeChanges())).toBe('stale')
      expect(await store.load(idOf(1))).toBeNull()
    })

    it('refuses lines for an execution that is not there', async () => {
      const { store } = await open()
      const view = newView(1)
      view.committed()
      view.note({ source: 's', stream: 'out', at: start, text: 'hello' })
      expect(await store.commit(view.takeChanges())).toBe('stale')
    })

    it('refuses a change that was decided on an older version, whole', async () => {
      const { store } = await open()
      await waitingExecution(store, 1, {})
      const [slow, quick] = [await reload(store, idOf(1)), await reload(store, idOf(1))]
      quick.setState({ by: 'quick' })
      await commit(store, quick)
      slow.setState({ by: 'slow' })
      slow.close(1, 'failed', { kind: 'engine' }, at(1))
      openWaiting(slow)
      slow.send(idOf(2), { kind: 'command', command: {} })
      slow.note({ source: 's', stream: 'out', at: start, text: 'hello' })
      expect(await store.commit(slow.takeChanges())).toBe('stale')
      const { execution, version, attempts } = await mustLoad(store, idOf(1))
      expect({ state: execution.state, version, kinds: attempts.map(({ state }) => state.kind) }).toEqual({
        state: { by: 'quick' },
        version: 2,
        kinds: ['waiting'],
      })
      expect(await store.messages(10)).toEqual([])
      expect(await store.logs(idOf(1), { after: 0, limit: 10 })).toEqual([])
    })

    it('refuses a change whose attempt was handed out meanwhile, whole', async () => {
      const { store } = await open()
      const view = await waitingExecution(store, 1, {}, {})
      const [claimed] = await claimOf(store, ['q'], { max: 1 })
      view.amend(2, 'second')
      view.close(1, 'cancelled', { kind: 'operator' }, at(1))
      view.setState({ cancelled: true })
      expect(await store.commit(view.takeChanges())).toBe('stale')
      const { execution, version, attempts } = await mustLoad(store, idOf(1))
      expect({ state: execution.state, version }).toEqual({ state: {}, version: 1 })
      expect(attempts[0]).toEqual(claimed?.attempt)
      expect(attempts[1]?.data).toEqual({ input: 1 })
    })

    it('refuses an attempt of a removed ordinal, and a new attempt where one is', async () => {
      const { store } = await open()
      const view = await waitingExecution(store, 1, {})
      const twin = await reload(store, idOf(1))
      view.remove(1)
      await commit(store, view)
      twin.amend(1, 'changed')
      expect(await store.commit(twin.takeChanges())).toBe('stale')

      const other = await waitingExecution(store, 2, {})
      other.amend(1, 'changed')
      const { attempts, ...rest } = other.takeChanges()
      expect(await store.commit({ ...rest, attempts: attempts.map(({ attempt }) => ({ attempt, expectedFence: null })) })).toBe('stale')
    })

    it('gives back exactly what was written', async () => {
      const { store } = await open()
      const parent = { execution: idOf(9), attempt: attemptIdOf(idOf(9), 3) }
      const label = { namespace: 'shop', name: 'order', version: '7', handle: 'h-1', source: 'api' }
      const view = newView(1, { dialect: 'stroem', parent, label, brief: { input: { a: [1, null, 'x'] } }, state: { n: 1 } })
      openWaiting(view, { priority: 3, notBefore: at(500), leaseMs: null })
      openWaiting(view)
      view.lease(2, worker('w1'), at(10))
      view.open({ key: view.attempt(1)?.key ?? fail(), number: 1, queue: null, data: null, wakeAt: at(900) }, at(20))
      openWaiting(view)
      view.close(4, 'tolerated', { kind: 'engine' }, at(30), { output: 'done' })
      view.send(idOf(2), { kind: 'command', command: { kind: 'tick' } })
      await commit(store, view)
      expect(await store.load(idOf(1))).toEqual({
        execution: view.execution,
        version: 1,
        due: view.due,
        lastOrdinal: 4,
        lastMessage: 1,
        attempts: [...view.attempts()],
      })
    })

    it('raises the version with each change of the execution, and not when only attempts change', async () => {
      const { store } = await open()
      const view = await waitingExecution(store, 1, {})
      view.touch(at(1))
      await commit(store, view)
      expect((await mustLoad(store, idOf(1))).version).toBe(2)
      view.amend(1, 'changed')
      await commit(store, view)
      const loaded = await mustLoad(store, idOf(1))
      expect(loaded.version).toBe(2)
      expect(loaded.attempts[0]?.data).toBe('changed')
      expect(view.version).toBe(2)
    })

    it('keeps the brief until it is replaced, and follows a new definition', async () => {
      const { store } = await open()
      const view = await waitingExecution(store, 1)
      view.setState({ n: 1 })
      await commit(store, view)
      expect((await mustLoad(store, idOf(1))).execution.brief).toEqual({ input: 1 })
      view.setBrief({ input: 2 })
      view.replan('other' as typeof view.execution.definition, null, '2')
      view.setCreatedAt(at(70))
      await commit(store, view)
      expect((await mustLoad(store, idOf(1))).execution).toEqual(view.execution)
    })

    it('writes a new moment of creation without anything else', async () => {
      const { store } = await open()
      const view = await waitingExecution(store, 1)
      view.setCreatedAt(at(70))
      await commit(store, view)
      expect((await mustLoad(store, idOf(1))).execution.createdAt).toBe(at(70))
    })

    it('takes an execution through pause, end and a second life', async () => {
      const { store } = await open()
      const view = await waitingExecution(store, 1, {})
      for (const status of ['paused', 'running', 'failed', 'running', 'completed'] as const) {
        view.setStatus(status, at(5))
        if (status === 'running') view.wakeAt(at(90))
        await commit(store, view)
        const { execution, due } = await mustLoad(store, idOf(1))
        expect({ execution, due }).toEqual({ execution: view.execution, due: view.due })
      }
    })

    it('reopens, postpones and removes attempts', async () => {
      const { store } = await open()
      const view = await waitingExecution(store, 1, {}, {}, {})
      view.lease(1, worker('w'), start)
      view.close(1, 'failed', { kind: 'engine' }, at(1))
      view.lease(2, worker('w'), start)
      await commit(store, view)
      view.reopen(1, { data: 'again', number: 1 }, at(2))
      view.postpone(2, at(50), at(3))
      view.remove(3)
      await commit(store, view)
      expect((await mustLoad(store, idOf(1))).attempts).toEqual([...view.attempts()])
      expect(view.size).toBe(2)
    })

    it('lets one of two racing changes through', async () => {
      const { store } = await open()
      await waitingExecution(store, 1)
      const views = [await reload(store, idOf(1)), await reload(store, idOf(1))]
      for (const [index, view] of views.entries()) view.setState({ by: index })
      const results = await Promise.all(views.map(view => store.commit(view.takeChanges())))
      expect(results).toEqual(['written', 'stale'])
      expect((await mustLoad(store, idOf(1))).execution.state).toEqual({ by: 0 })
    })
  })
}

function fail(): never {
  throw new Error('the fixture is broken')
}
