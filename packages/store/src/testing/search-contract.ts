import { always, type AttemptId, childIdOf, type Condition, type Inside, never, type SearchField, type SearchOrder } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import type { SearchRequest } from '../search.js'
import type { Store } from '../store.js'
import { at, commit, type ExecutionParts, idOf, key, newView, openWaiting, queue, start, worker } from './fixtures.js'
import type { OpenStore } from './open-store.js'

const large = 'x'.repeat(5_000)
const orders: readonly ExecutionParts[] = [
  { createdAt: at(1), updatedAt: at(30), label: { name: 'order', handle: 'c-1' }, brief: { input: { text: 'apple pie' }, priority: 5 } },
  {
    createdAt: at(2),
    updatedAt: at(20),
    label: { name: 'Order_50%', version: '2' },
    status: 'completed',
    endedAt: at(9),
    brief: { input: large, event: 'bell' },
  },
  {
    createdAt: at(3),
    updatedAt: at(10),
    label: { name: 'refund', handle: 'c-1' },
    status: 'failed',
    endedAt: at(8),
    state: { reason: 'no money', refs: ['a', 'b'] },
  },
  { createdAt: at(4), label: { namespace: 'elsewhere', name: 'order' } },
  { createdAt: at(5), dialect: 'stroem', label: { name: 'order' } },
]
const here = [1, 2, 3]

async function fill(store: Store): Promise<void> {
  for (const [index, parts] of orders.entries()) await commit(store, newView(index + 1, parts))
}

const asked = (where: Condition, parts: Partial<SearchRequest> = {}): SearchRequest => ({
  ...{ dialect: 'conductor', namespace: '', order: [{ field: 'createdAt', descending: false }], offset: 0, limit: 100 },
  where,
  ...parts,
})

async function found(store: Store, where: Condition, parts: Partial<SearchRequest> = {}): Promise<number[]> {
  const { executions, total } = await store.searchExecutions(asked(where, parts))
  expect(total).toBe(executions.length)
  return executions.map(({ id }) => orders.findIndex((_, index) => idOf(index + 1) === id) + 1)
}

const is = (field: SearchField, ...values: (string | number)[]): Condition => ({ kind: 'is', field, values })
const inside = (where: Inside['in'], ...path: string[]): Inside => ({ in: where, path })
const all = (...of: Condition[]): Condition => ({ kind: 'all', of })
const any = (...of: Condition[]): Condition => ({ kind: 'any', of })
const not = (of: Condition): Condition => ({ kind: 'not', of })

export function searchContract(open: OpenStore): void {
  describe('searches of executions', () => {
    it('find nothing by what no column can hold, and by nothing to choose from', async () => {
      const { store } = await open()
      await fill(store)
      for (const where of [is('name', 'a\0b'), is('name'), never, { kind: 'contains', field: 'name', text: '\0' } as const, is('id', 'x')])
        expect(await found(store, where), JSON.stringify(where)).toEqual([])
      expect(await found(store, not(is('name', '\0')))).toEqual(here)
    })

    it('find those of one dialect and namespace', async () => {
      const { store } = await open()
      await fill(store)
      expect(await found(store, always)).toEqual(here)
      expect(await found(store, always, { namespace: 'elsewhere' })).toEqual([4])
      expect(await found(store, always, { dialect: 'stroem' })).toEqual([5])
    })

    it('go by columns', async () => {
      const { store } = await open()
      await fill(store)
      expect(await found(store, is('id', idOf(1), idOf(3), idOf(4)))).toEqual([1, 3])
      expect(await found(store, is('name', 'order', 'refund'))).toEqual([1, 3])
      expect(await found(store, is('version', '2'))).toEqual([2])
      expect(await found(store, is('handle', 'c-1'))).toEqual([1, 3])
      expect(await found(store, { kind: 'absent', field: 'handle' })).toEqual([2])
      expect(await found(store, is('status', 'running', 'failed'))).toEqual([1, 3])
      expect(await found(store, is('status', 'completed'))).toEqual([2])
      expect(await found(store, all(is('status', 'failed'), is('name', 'refund'), is('handle', 'c-1')))).toEqual([3])
      expect(await found(store, all({ kind: 'above', field: 'createdAt', value: at(1) }, { kind: 'below', field: 'createdAt', value: at(3) }))).toEqual([2])
      expect(await found(store, is('createdAt', at(3)))).toEqual([3])
      expect(await found(store, { kind: 'above', field: 'updatedAt', value: at(10) })).toEqual([1, 2])
    })

    it('hold no condition on an absent field to be true, and its denial to be', async () => {
      const { store } = await open()
      await fill(store)
      const ended: Condition = { kind: 'above', field: 'endedAt', value: at(8) }
      expect(await found(store, ended)).toEqual([2])
      expect(await found(store, not(ended))).toEqual([1, 3])
      expect(await found(store, not(all(ended, is('name', 'refund'))))).toEqual(here)
      expect(await found(store, any(not(is('handle', 'c-1')), is('name', 'order')))).toEqual([1, 2])
    })

    it('take a star for any text, and all else literally, whatever its case', async () => {
      const { store } = await open()
      await fill(store)
      const like = (pattern: string): Condition => ({ kind: 'like', field: 'name', pattern })
      expect(await found(store, like('ORD*'))).toEqual([1, 2])
      expect(await found(store, like('*r*d*'))).toEqual(here)
      expect(await found(store, like('*_50%'))).toEqual([2])
      expect(await found(store, like('o_der'))).toEqual([])
      expect(await found(store, like('%'))).toEqual([])
      expect(await found(store, { kind: 'like', field: 'handle', pattern: '*' })).toEqual([1, 3])
    })

    it('look into what the dialect keeps: texts, numbers, lists, and all of it as text', async () => {
      const { store } = await open()
      await fill(store)
      expect(await found(store, is(inside('brief', 'input', 'text'), 'apple pie'))).toEqual([1])
      expect(await found(store, is(inside('brief', 'event'), 'bell'))).toEqual([2])
      expect(await found(store, is(inside('brief', 'priority'), 5))).toEqual([1])
      expect(await found(store, { kind: 'above', field: inside('brief', 'priority'), value: 4 })).toEqual([1])
      expect(await found(store, { kind: 'above', field: inside('brief', 'event'), value: 0 })).toEqual([])
      expect(await found(store, { kind: 'absent', field: inside('brief', 'event') })).toEqual([1, 3])
      expect(await found(store, { kind: 'contains', field: inside('state', 'refs'), text: '"b"' })).toEqual([3])
      expect(await found(store, { kind: 'contains', field: inside('brief'), text: 'APPLE P' })).toEqual([1])
      expect(await found(store, { kind: 'contains', field: inside('brief'), text: 'bell' })).toEqual([2])
      expect(await found(store, { kind: 'contains', field: inside('brief'), text: large })).toEqual([2])
    })

    it('look also beside what no database can read', async () => {
      const { store } = await open()
      for (const [number, text] of ['\0', '\ud800', '\\u0000', '\\ud800 \u{1f600}', 'äß'].entries())
        await commit(store, newView(number + 1, { createdAt: at(number), brief: { text, mark: `m${number}` } }))
      for (const number of [0, 1, 2, 3, 4]) expect(await found(store, is(inside('brief', 'mark'), `m${number}`))).toEqual([number + 1])
      expect(await found(store, is(inside('brief', 'text'), '\\u0000'))).toEqual([3])
    })

    it('find the children of an execution', async () => {
      const { store } = await open()
      await commit(store, newView(1))
      const attempt = idOf(1).replace(/0$/, '1') as AttemptId
      const child = newView(2, { id: childIdOf(attempt, 1), parent: { execution: idOf(1), attempt } })
      await commit(store, child)
      const children = await store.searchExecutions(asked(is('parent', idOf(1), idOf(2))))
      expect(children).toMatchObject({ total: 1, executions: [{ id: child.id }] })
      expect(await found(store, { kind: 'absent', field: 'parent' })).toEqual([1])
      expect(await found(store, is('parent', 'nobody'))).toEqual([])
    })

    it('sort by several fields; absent ones first; what is left by creation, the newest first', async () => {
      const { store } = await open()
      await fill(store)
      const by = (...order: SearchOrder[]) => found(store, always, { order })
      expect(await by()).toEqual([3, 2, 1])
      expect(await by({ field: 'updatedAt', descending: true })).toEqual([1, 2, 3])
      expect(await by({ field: 'handle', descending: false }, { field: 'name', descending: true })).toEqual([2, 3, 1])
      expect(await by({ field: 'endedAt', descending: false })).toEqual([1, 3, 2])
      expect(await by({ field: 'endedAt', descending: true })).toEqual([2, 3, 1])
      expect(await by({ field: 'status', descending: false, ranks: ['failed', 'running', 'completed'] })).toEqual([3, 1, 2])
      expect(await by({ field: inside('brief', 'event'), descending: true })).toEqual([2, 3, 1])
    })

    it('page, tell the total of all pages, and give whole executions', async () => {
      const { store } = await open()
      await fill(store)
      const page = await store.searchExecutions(asked(always, { offset: 1, limit: 1 }))
      expect(page.total).toBe(3)
      expect(page.executions).toEqual([newView(2, orders[1]).execution])
      expect(await store.searchExecutions(asked(always, { offset: 9 }))).toEqual({ executions: [], total: 3 })
      expect(await store.searchExecutions(asked(always, { limit: 0 }))).toEqual({ executions: [], total: 3 })
    })

    it('see what was answered before', async () => {
      const { store } = await open()
      const view = newView(1)
      await commit(store, view)
      view.setStatus('completed', at(1))
      await commit(store, view)
      expect(await found(store, is('status', 'completed'))).toEqual([1])
      await store.remove(idOf(1))
      expect(await found(store, always)).toEqual([])
    })
  })

  describe('searches of attempts', () => {
    async function fillAttempts(store: Store): Promise<void> {
      const [a, b] = [newView(1, { createdAt: at(1) }), newView(2, { createdAt: at(2), label: { name: 'refund' } })]
      openWaiting(a, { queue: 'mail' })
      a.open({ key: key('talk'), number: 0, data: { type: 'HUMAN', output: { text: 'yes' } }, queue: null }, at(5))
      openWaiting(b, { queue: 'mail' })
      openWaiting(b, { queue: 'pay', notBefore: at(50) })
      for (const view of [a, b]) await commit(store, view)
      await store.claim({ queues: [queue('mail')], worker: worker('w'), max: 1, now: at(10) })
    }
    async function attemptsFound(store: Store, where: Condition, parts: Partial<SearchRequest> = {}): Promise<string[]> {
      const { attempts, total } = await store.searchAttempts(asked(where, { order: [], ...parts }))
      expect(total).toBe(attempts.length)
      return attempts.map(({ execution, attempt }) => `${execution === idOf(1) ? 1 : 2}.${attempt.ordinal}`)
    }

    it('find all of them, those of the newest executions first', async () => {
      const { store } = await open()
      await fillAttempts(store)
      expect(await attemptsFound(store, always)).toEqual(['2.2', '2.1', '1.2', '1.1'])
      expect(await attemptsFound(store, always, { namespace: 'x' })).toEqual([])
    })

    it('go by columns, by data, and by their execution', async () => {
      const { store } = await open()
      await fillAttempts(store)
      expect(await attemptsFound(store, is('queue', 'mail'))).toEqual(['2.1', '1.1'])
      expect(await attemptsFound(store, is('state', 'leased'))).toEqual(['1.1'])
      expect(await attemptsFound(store, all(is('lastWorker', 'w'), is('firstClaimedAt', at(10))))).toEqual(['1.1'])
      expect(await attemptsFound(store, { kind: 'absent', field: 'queue' })).toEqual(['1.2'])
      expect(await attemptsFound(store, is('key', 'talk'))).toEqual(['1.2'])
      expect(await attemptsFound(store, { kind: 'above', field: 'stateAt', value: at(49) })).toEqual(['2.2'])
      expect(await attemptsFound(store, { kind: 'above', field: 'openedAt', value: start })).toEqual(['1.2'])
      expect(await attemptsFound(store, all(is('id', idOf(2)), is('ordinal', 1)))).toEqual(['2.1'])
      expect(await attemptsFound(store, is(inside('data', 'type'), 'HUMAN'))).toEqual(['1.2'])
      expect(await attemptsFound(store, { kind: 'contains', field: inside('data', 'output'), text: 'YES' })).toEqual(['1.2'])
      expect(await attemptsFound(store, any(is('name', 'refund'), is('key', 'talk')))).toEqual(['2.2', '2.1', '1.2'])
    })

    it('sort and page', async () => {
      const { store } = await open()
      await fillAttempts(store)
      const order: readonly SearchOrder[] = [
        { field: 'openedAt', descending: true },
        { field: 'name', descending: true },
      ]
      expect(await attemptsFound(store, always, { order })).toEqual(['1.2', '2.2', '2.1', '1.1'])
      const page = await store.searchAttempts(asked(always, { order, offset: 1, limit: 2 }))
      expect(page.total).toBe(4)
      expect(page.attempts.map(({ attempt }) => attempt.ordinal)).toEqual([2, 1])
    })

    it('give whole attempts', async () => {
      const { store } = await open()
      await fillAttempts(store)
      const [one] = (await store.searchAttempts(asked(is('state', 'leased')))).attempts
      expect(one?.attempt).toEqual((await store.load(idOf(1)))?.attempts[0])
    })

    it('find executions that have such an attempt, each once', async () => {
      const { store } = await open()
      await fillAttempts(store)
      expect(await found(store, { kind: 'having', of: is('queue', 'mail') })).toEqual([1, 2])
      expect(await found(store, { kind: 'having', of: all(is('queue', 'mail'), is('state', 'leased')) })).toEqual([1])
      expect(await found(store, all({ kind: 'having', of: is('queue', 'pay') }, is('name', 'order')))).toEqual([])
    })
  })
}
