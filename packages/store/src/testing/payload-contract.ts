import { type Attempt, endOfTime, type Instant, type QueueName } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import { claimOf, commit, idOf, mustLoad, newView, openWaiting, start, waitingExecution } from './fixtures.js'
import type { OpenStore } from './open-store.js'

export function payloadContract(open: OpenStore): void {
  describe('payloads', () => {
    it('refuses what is no JSON, to its caller alone', async () => {
      const { store } = await open()
      const bad = newView(1, { state: { n: 1n } })
      const [refused, written] = await Promise.allSettled([store.commit(bad.takeChanges()), store.commit(newView(2).takeChanges())])
      expect(refused.status).toBe('rejected')
      expect(written).toEqual({ status: 'fulfilled', value: 'written' })
      expect(await store.load(idOf(1))).toBeNull()
    })

    it('refuses half of a surrogate pair in what is no JSON: it would come back as another character', async () => {
      const { store } = await open()
      const invalid = { code: 'invalid' }
      await expect(store.commit(newView(1, { label: { handle: 'a\ud800' } }).takeChanges())).rejects.toMatchObject(invalid)
      await expect(waitingExecution(store, 1, { queue: 'q\udc00' })).rejects.toMatchObject(invalid)
    })

    it('finds and deletes nothing by a name with a NUL character, which a driver would cut', async () => {
      const { store } = await open()
      const definition = { kind: 'workflow', namespace: '', name: 'a', version: 1, body: '{}', createdAt: start, updatedAt: start } as const
      await store.putDefinition(definition)
      await waitingExecution(store, 1, {})
      expect(await store.deleteDefinition('workflow', '', 'a\0b', 1)).toBe(false)
      expect(await store.definition('workflow', '', 'a\0b', 1)).toBeNull()
      expect(await store.definitions('workflow', '', 'a\0b')).toEqual([])
      expect(await store.definitions('workflow', '', 'a')).toEqual([definition])
      expect(await store.openAttempts('q\0' as QueueName, 0, 10)).toEqual([])
      expect((await store.list({ dialect: 'conductor', name: 'order\0', offset: 0, limit: 1, order: 'newest' })).total).toBe(0)
      await expect(claimOf(store, ['q\0'])).rejects.toMatchObject({ code: 'invalid' })
      expect(await claimOf(store, ['q'])).toHaveLength(1)
    })

    it('refuses a time that is no whole number or could not be read again, to its caller alone', async () => {
      const { store } = await open()
      const changed = (number: number, change: Partial<Attempt>) => {
        const view = newView(number)
        openWaiting(view)
        const changes = view.takeChanges()
        return store.commit({ ...changes, attempts: changes.attempts.map(({ attempt }) => ({ attempt: { ...attempt, ...change }, expectedFence: null })) })
      }
      const outcomes = await Promise.allSettled([
        changed(1, { leaseMs: 0.5 }),
        changed(2, { state: { kind: 'waiting', notBefore: (2 ** 60) as Instant } }),
        changed(3, { wakeAt: Number.NaN as Instant }),
        changed(4, { priority: 1.5 }),
        store.commit({ ...newView(5).takeChanges(), due: Number.POSITIVE_INFINITY as Instant }),
        changed(6, {}),
      ])
      for (const outcome of outcomes.slice(0, 5)) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'invalid' } })
      expect(outcomes[5]).toEqual({ status: 'fulfilled', value: 'written' })
      expect(await store.queueSizes(start)).toEqual([{ queue: 'q', ready: 1, delayed: 0, nextAt: null }])
    })

    it('leases to the end of time, and reads it back', async () => {
      const { store } = await open()
      await waitingExecution(store, 1, { leaseMs: 1e300 })
      const [claimed] = await claimOf(store, ['q'])
      const state = claimed?.attempt.state
      expect(state?.kind === 'leased' && state.until).toBeGreaterThanOrEqual(endOfTime)
      expect((await mustLoad(store, idOf(1))).attempts).toEqual([claimed?.attempt])
    })

    it('refuses a NUL character in what is no JSON', async () => {
      const { store } = await open()
      const invalid = { code: 'invalid' }
      await expect(store.commit(newView(1, { label: { handle: 'a\0b' } }).takeChanges())).rejects.toMatchObject(invalid)
      await expect(waitingExecution(store, 1, { queue: 'q\0' })).rejects.toMatchObject(invalid)
      await waitingExecution(store, 1, {})
      await expect(claimOf(store, ['q'], { worker: 'w\0' })).rejects.toMatchObject(invalid)
      await expect(store.appendLogs(idOf(1), [{ source: '\0', stream: 'out', at: '', text: '' }])).rejects.toMatchObject(invalid)
    })

    it('keeps a copy: changing what was handed in, or out, changes nothing stored', async () => {
      const { store } = await open()
      const state = { list: [1] }
      const view = newView(1, { state })
      const done = store.commit(view.takeChanges())
      state.list.push(2)
      await done
      const loaded = (await mustLoad(store, idOf(1))).execution.state as { list: number[] }
      expect(loaded).toEqual({ list: [1] })
      loaded.list.push(3)
      expect((await mustLoad(store, idOf(1))).execution.state).toEqual({ list: [1] })
    })

    it('keeps any text inside JSON: quotes, NUL, emoji, halves of pairs, line ends', async () => {
      const { store } = await open()
      const text = 'a\'b"c\\ \u0000 \u2028 \ud83d\ude00 \ud800 \r\n %s ${x} ?1'
      const handle = 'it\'s "1" \n \ud83d\ude00 \\ %'
      const view = newView(1, { brief: { text }, state: { [text]: text }, label: { handle } })
      openWaiting(view)
      view.amend(1, { text })
      view.send(idOf(2), { kind: 'command', command: { text } })
      view.note({ source: handle, stream: 'out', at: start, text })
      await commit(store, view)
      const { execution, attempts } = await mustLoad(store, idOf(1))
      expect(execution).toEqual(view.execution)
      expect(attempts[0]?.data).toEqual({ text })
      expect((await store.messages(1))[0]?.body).toEqual({ kind: 'command', command: { text } })
      expect((await store.logs(idOf(1), { source: handle, after: 0, limit: 1 }))[0]).toMatchObject({ source: handle, text })
      expect((await store.list({ dialect: 'conductor', handle, offset: 0, limit: 1, order: 'newest' })).total).toBe(1)
    })

    it('keeps large and small numbers', async () => {
      const { store } = await open()
      const numbers = [0, -1, 1.5, 2 ** 53 - 1, 1e300, 5e-324]
      await commit(store, newView(1, { state: { numbers } }))
      expect((await mustLoad(store, idOf(1))).execution.state).toEqual({ numbers })
    })

    it('bears megabytes in brief, state and data', async () => {
      const { store } = await open()
      const big = 'x'.repeat(1_000_000)
      const view = newView(1, { brief: { big }, state: { big } })
      openWaiting(view)
      view.amend(1, { big })
      await commit(store, view)
      const [claimed] = await claimOf(store, ['q'])
      expect(claimed?.attempt.data).toEqual({ big })
      const { execution } = await mustLoad(store, idOf(1))
      expect([execution.brief, execution.state]).toEqual([{ big }, { big }])
    })

    it('replaces a large brief by a small one and back', async () => {
      const { store } = await open()
      const big = 'x'.repeat(50_000)
      const view = await waitingExecution(store, 1)
      for (const brief of [{ big }, 'small', { big: `${big}!` }, { big }, null]) {
        view.setBrief(brief)
        await commit(store, view)
        expect((await mustLoad(store, idOf(1))).execution.brief).toEqual(brief)
      }
    })

    it('bears thousands of attempts in one execution, in their order', async () => {
      const { store } = await open()
      const view = await waitingExecution(store, 1, ...Array.from({ length: 3_000 }, () => ({})))
      view.amend(2_500, 'changed')
      await commit(store, view)
      const { attempts } = await mustLoad(store, idOf(1))
      expect(attempts.map(({ ordinal }) => ordinal)).toEqual(Array.from({ length: 3_000 }, (_, index) => index + 1))
      expect(attempts[2_499]?.data).toBe('changed')
    })
  })
}
