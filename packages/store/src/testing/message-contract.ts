import type { MessageBody } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import { attemptIdOf } from '@busbar/kernel'
import { commit, idOf, mustLoad, newView, openWaiting, reload, start, waitingExecution } from './fixtures.js'
import type { OpenStore } from './open-store.js'

const tick: MessageBody = { kind: 'command', command: { kind: 'tick', deep: { list: [1, 'a', null] } } }

export function messageContract(open: OpenStore): void {
  describe('messages', () => {
    it('refuses whoever takes a message a second time, whole', async () => {
      const { store } = await open()
      const sender = newView(1)
      sender.send(idOf(2), tick)
      await commit(store, sender)
      const receiver = await waitingExecution(store, 2)
      receiver.take(`${idOf(1)}:1`)
      receiver.setState({ ticks: 1 })
      await commit(store, receiver)
      receiver.take(`${idOf(1)}:1`)
      receiver.setState({ ticks: 2 })
      expect(await store.commit(receiver.takeChanges())).toBe('taken')
      expect((await store.load(idOf(2)))?.execution.state).toEqual({ ticks: 1 })
    })

    it('refuses whoever takes a message that was dropped, and what is stale before that', async () => {
      const { store } = await open()
      const sender = newView(1)
      sender.send(idOf(2), tick)
      await commit(store, sender)
      const receiver = await waitingExecution(store, 2)
      await store.dropMessage(`${idOf(1)}:1`)
      const [gone, old] = [await reload(store, receiver.id), await reload(store, receiver.id)]
      gone.take(`${idOf(1)}:1`)
      openWaiting(gone)
      gone.send(idOf(3), tick)
      gone.note({ source: 's', stream: 'out', at: start, text: 'hello' })
      expect(await store.commit(gone.takeChanges())).toBe('taken')
      expect(await mustLoad(store, receiver.id)).toMatchObject({ version: 1, attempts: [] })
      expect(await store.messages(10)).toEqual([])
      expect(await store.logs(receiver.id, { after: 0, limit: 1 })).toEqual([])
      receiver.setState({ newer: true })
      await commit(store, receiver)
      old.take(`${idOf(1)}:1`)
      expect(await store.commit(old.takeChanges())).toBe('stale')
    })

    it('creates nothing in a commit whose message is gone', async () => {
      const { store } = await open()
      const child = newView(2)
      child.take(`${idOf(1)}:1`)
      expect(await store.commit(child.takeChanges())).toBe('taken')
      expect(await store.load(idOf(2))).toBeNull()
    })

    it('sends nothing with a change that is refused, and takes nothing either', async () => {
      const { store } = await open()
      const sender = newView(1)
      sender.send(idOf(2), tick)
      await commit(store, sender)
      const unknown = newView(2)
      unknown.committed()
      unknown.take(`${idOf(1)}:1`)
      unknown.send(idOf(3), tick)
      expect(await store.commit(unknown.takeChanges())).toBe('stale')
      expect((await store.messages(10)).map(({ id }) => id)).toEqual([`${idOf(1)}:1`])
    })

    it('keeps messages in the order of sending until they are taken', async () => {
      const { store } = await open()
      const parent = { execution: idOf(5), attempt: attemptIdOf(idOf(5), 1) }
      const request: MessageBody = { kind: 'start', dialect: 'stroem', request: { task: 'build' }, parent }
      const late = newView(5)
      late.send(idOf(6), request)
      late.send(idOf(7), tick)
      await commit(store, late)
      const early = newView(1)
      for (let i = 0; i < 11; i++) early.send(idOf(2), tick)
      await commit(store, early)
      const all = await store.messages(100)
      expect(all.slice(0, 3)).toEqual([
        { id: `${idOf(5)}:1`, to: idOf(6), body: request },
        { id: `${idOf(5)}:2`, to: idOf(7), body: tick },
        { id: `${idOf(1)}:1`, to: idOf(2), body: tick },
      ])
      expect(all.map(({ id }) => Number(id.split(':')[1]))).toEqual([1, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
      expect(await store.messages(2)).toEqual(all.slice(0, 2))
    })

    it('tells the messages to one receiver, in the order of sending', async () => {
      const { store } = await open()
      const late = newView(5)
      late.send(idOf(6), tick)
      late.send(idOf(2), tick)
      await commit(store, late)
      const early = newView(1)
      early.send(idOf(2), tick)
      early.send(idOf(3), tick)
      await commit(store, early)
      const two = [
        { id: `${idOf(5)}:2`, to: idOf(2), body: tick },
        { id: `${idOf(1)}:1`, to: idOf(2), body: tick },
      ]
      expect(await store.messagesTo(idOf(2), 10)).toEqual(two)
      expect(await store.messagesTo(idOf(2), 1)).toEqual(two.slice(0, 1))
      await store.dropMessage(`${idOf(5)}:2`)
      expect(await store.messagesTo(idOf(2), 10)).toEqual(two.slice(1))
      expect(await store.messagesTo(idOf(9), 10)).toEqual([])
    })

    it('takes a message in the commit that creates its receiver', async () => {
      const { store } = await open()
      const sender = newView(1)
      sender.send(idOf(2), tick)
      await commit(store, sender)
      const child = newView(2)
      child.take(`${idOf(1)}:1`)
      await commit(store, child)
      expect(await store.messages(10)).toEqual([])
    })

    it('drops a message whose receiver is gone, once or twice', async () => {
      const { store } = await open()
      const sender = newView(1)
      sender.send(idOf(2), tick)
      await commit(store, sender)
      await store.dropMessage(`${idOf(1)}:1`)
      await store.dropMessage(`${idOf(1)}:1`)
      expect(await store.messages(10)).toEqual([])
    })
  })
}
