import { type DefinitionId, type ExecutionStatus, isTerminal, type MessageId, Problem } from '@busbar/kernel'
import { describe, expect, it } from 'vitest'
import type { Store } from '../store.js'
import { type RecordKind, recordKinds, type Records } from '../transfer.js'
import { at, claimOf, commit, idOf, mustLoad, newView, openWaiting, queue, reload, start, waitingExecution, worker } from './fixtures.js'
import type { OpenStore } from './open-store.js'

const statuses: readonly ExecutionStatus[] = ['running', 'paused', 'completed', 'failed', 'timedOut', 'cancelled']

/** Numbers below `max`, the same each time for a seed. */
function chanceOf(seed: number): (max: number) => number {
  let state = seed
  return max => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * max)
  }
}

/** A store that has lived: executions of all sorts, with what belongs to them. */
async function fill(store: Store, seed: number): Promise<void> {
  const chance = chanceOf(seed)
  for (let n = 1; n <= 3; n++) {
    const name = ['b', 'a', '\u{1f600}', '\uffee'][chance(4)] ?? 'a'
    await store.putDefinition({
      kind: n === 1 ? 'task' : 'workflow',
      namespace: '',
      name,
      version: 10 - n,
      body: `{"n":${n}}`,
      createdAt: start,
      updatedAt: at(n),
    })
    await store.putWorker({ id: worker(`w${n}`), name: `worker ${n}`, lastSeen: at(n), registeredAt: at(chance(3)), detail: '{}' })
    await store.putSnapshot(`d${n}` as DefinitionId, `{"steps":[${n}]}`, start)
  }
  for (let number = 1; number <= 12; number++) await fillExecution(store, number, chance)
  await claimOf(store, ['q'], { max: 5 })
}

async function fillExecution(store: Store, number: number, chance: (max: number) => number): Promise<void> {
  const brief = { text: 'x'.repeat(chance(2) * 5_000), any: 'NUL \0, half \ud800' }
  const view = newView(number, { dialect: chance(2) ? 'stroem' : 'conductor', createdAt: at(chance(3)), brief, label: { handle: `h${chance(3)}` } })
  for (let opened = chance(4); opened > 0; opened--)
    openWaiting(view, { priority: chance(3), notBefore: at(chance(2) * 50), leaseMs: chance(2) ? null : 5_000 })
  for (let sent = chance(3); sent > 0; sent--) view.send(idOf(chance(12) + 1), { kind: 'command', command: { kind: 'tick', sent } })
  for (let noted = chance(3); noted > 0; noted--) view.note({ source: `s${chance(2)}`, stream: 'out', at: start, text: `note ${noted}` })
  await commit(store, view)
  if (view.size > 0 && chance(2)) view.close(1, 'completed', { kind: 'engine' }, at(7), { output: number })
  if (view.size > 1 && chance(2)) view.remove(2)
  const status = statuses[chance(statuses.length)] ?? 'running'
  if (status !== 'running') view.setStatus(status, at(9))
  if (!isTerminal(status)) view.wakeAt(at(chance(100)))
  await commit(store, view)
  for (let appended = chance(3); appended > 0; appended--)
    await store.appendLogs(
      view.id,
      Array.from({ length: chance(400) }, (_, index) => ({ source: index % 150 ? 'a' : 'b', stream: 'out', at: 'now', text: `${index}` })),
    )
}

async function readAll<Kind extends RecordKind>(store: Store, kind: Kind, limit: number): Promise<Records[Kind][]> {
  const all: Records[Kind][] = []
  for (let after: string | null = null, isLast = false; !isLast; ) {
    const { records, next }: { readonly records: readonly Records[Kind][]; readonly next: string | null } = await store.transfer.read(kind, after, limit)
    expect(records.length).toBeLessThanOrEqual(limit)
    all.push(...records)
    after = next
    isLast = next === null
  }
  return all
}

async function copy(from: Store, to: Store, limit: number): Promise<void> {
  const copyKind = async <Kind extends RecordKind>(kind: Kind) => {
    const records = await readAll(from, kind, limit)
    for (let at = 0; at < records.length; at += limit) await to.transfer.write(kind, records.slice(at, at + limit))
  }
  for (const kind of recordKinds) await copyKind(kind)
}

/** The answers to everything that can be asked. */
async function answers(store: Store) {
  const ids = Array.from({ length: 12 }, (_, index) => idOf(index + 1))
  const lists = (['conductor', 'stroem'] as const).map(dialect => store.list({ dialect, offset: 0, limit: 100, order: 'newest' }))
  return {
    loaded: await Promise.all(ids.map(id => store.load(id))),
    logs: await Promise.all(ids.map(id => store.logs(id, { after: 0, limit: 5_000 }))),
    ofSource: await Promise.all(ids.map(id => store.logs(id, { source: 'b', after: 100, limit: 50 }))),
    lists: await Promise.all(lists),
    counts: [await store.countByStatus('conductor'), await store.countByStatus('stroem')],
    messages: await store.messages(100),
    due: await store.due(at(1_000_000), 100),
    sizes: await store.queueSizes(at(10)),
    open: await store.openAttempts(queue('q'), 0, 100),
    definitions: [await store.definitions('workflow', ''), await store.definitions('task', '')],
    snapshots: await Promise.all(['d1', 'd2', 'd3'].map(id => store.snapshot(id as DefinitionId))),
    workers: await store.workers(0, 10),
  }
}

export function transferContract(open: OpenStore): void {
  describe('transfer', () => {
    it('refuses a place that no page named', async () => {
      const { store } = await open()
      for (const after of ['', 'x', '[]', '[1]', '{"id":1}'])
        await expect(store.transfer.read('execution', after, 10)).rejects.toMatchObject({ code: 'invalid' })
      await expect(store.transfer.read('message', '["1"]', 10)).rejects.toMatchObject({ code: 'invalid' })
    })

    it('refuses what is there already, the whole batch with it', async () => {
      const [{ store: from }, { store: to }] = [await open(), await open()]
      await fill(from, 1)
      await copy(from, to, 1_000)
      const before = await answers(to)
      for (const kind of recordKinds) await refused(to, kind, await readAll(from, kind, 1_000))
      expect(await answers(to)).toEqual(before)

      async function refused<Kind extends RecordKind>(store: Store, kind: Kind, records: readonly Records[Kind][]): Promise<void> {
        const fresh = newRecords()[kind] as Records[Kind]
        await expect(store.transfer.write(kind, [fresh, ...records.slice(0, 1)]), kind).rejects.toMatchObject({ code: 'conflict' })
        expect(await store.transfer.count(kind)).toBe(records.length)
      }
    })

    it('refuses two of one key in one batch', async () => {
      const { store } = await open()
      const { execution } = newRecords()
      await expect(store.transfer.write('execution', [execution, execution])).rejects.toMatchObject({ code: 'conflict' })
      expect(await store.countByStatus('conductor')).toEqual(new Map())
    })

    it('refuses attempts and logs of an execution that is not there', async () => {
      const { store } = await open()
      const { attempt, log } = newRecords()
      await expect(store.transfer.write('attempt', [attempt])).rejects.toMatchObject({ code: 'conflict' })
      await expect(store.transfer.write('log', [log])).rejects.toMatchObject({ code: 'conflict' })
    })

    it('disturbs nobody else with a batch that is refused', async () => {
      const { store } = await open()
      await waitingExecution(store, 1)
      const { execution } = newRecords()
      const [refusal, written] = await Promise.allSettled([
        store.transfer.write('execution', [execution, { ...execution, execution: { ...execution.execution, id: idOf(1) } }]),
        store.commit(newView(2).takeChanges()),
      ])
      expect([refusal.status === 'rejected' && refusal.reason instanceof Problem, written]).toEqual([true, { status: 'fulfilled', value: 'written' }])
      expect(await store.countByStatus('conductor')).toEqual(new Map([['running', 2]]))
    })

    it('has nothing to read in an empty store', async () => {
      const { store } = await open()
      for (const kind of recordKinds) {
        expect(await store.transfer.read(kind, null, 10)).toEqual({ records: [], next: null })
        expect(await store.transfer.count(kind)).toBe(0)
        await store.transfer.write(kind, [])
      }
    })

    it('reads pages in the order of their keys, the last one without a next', async () => {
      const { store } = await open()
      for (const number of [3, 1, 2, 4]) await waitingExecution(store, number, {}, {})
      const first = await store.transfer.read('execution', null, 3)
      expect(first.records.map(({ execution }) => execution.id)).toEqual([idOf(1), idOf(2), idOf(3)])
      const second = await store.transfer.read('execution', first.next, 3)
      expect([second.records.map(({ execution }) => execution.id), second.next]).toEqual([[idOf(4)], null])
      expect((await store.transfer.read('execution', null, 4)).next).toBeNull()
      const attempts = await readAll(store, 'attempt', 3)
      expect(attempts.map(({ execution, attempt }) => [execution, attempt.ordinal])).toEqual([1, 2, 3, 4].flatMap(n => [1, 2].map(o => [idOf(n), o])))
    })

    it('orders names by their bytes, as databases do', async () => {
      const { store } = await open()
      for (const name of ['\u{1f600}', '\uffee', 'b', 'B'])
        await store.putDefinition({ kind: 'task', namespace: '', name, version: 0, body: '{}', createdAt: start, updatedAt: start })
      expect((await readAll(store, 'definition', 3)).map(({ name }) => name)).toEqual(['B', 'b', '\uffee', '\u{1f600}'])
    })

    for (const seed of [11, 12, 13]) {
      it(`makes a copy that answers everything as its original does (seed ${seed})`, async () => {
        const [{ store: from }, { store: to }] = [await open(), await open()]
        await fill(from, seed)
        await copy(from, to, 7)
        expect(await answers(to)).toEqual(await answers(from))
        for (const kind of recordKinds) {
          expect(await readAll(to, kind, 5), kind).toEqual(await readAll(from, kind, 1_000))
          expect(await to.transfer.count(kind)).toBe(await from.transfer.count(kind))
        }
      })
    }

    it('makes a copy that goes on where the original stopped', async () => {
      const [{ store: from }, { store: to }] = [await open(), await open()]
      const view = await waitingExecution(from, 1, {}, {})
      view.remove(2)
      view.send(idOf(2), { kind: 'command', command: {} })
      await commit(from, view)
      await from.appendLogs(view.id, [{ source: 's', stream: 'out', at: 'now', text: 'a' }])
      await copy(from, to, 100)
      const next = await reload(to, idOf(1))
      expect(openWaiting(next).ordinal).toBe(3)
      next.send(idOf(2), { kind: 'command', command: {} })
      await commit(to, next)
      await to.appendLogs(view.id, [{ source: 's', stream: 'out', at: 'now', text: 'b' }])
      expect((await to.logs(view.id, { after: 1, limit: 5 })).map(({ position, text }) => [position, text])).toEqual([[2, 'b']])
      expect((await to.messages(10)).map(({ id }) => id)).toEqual([`${view.id}:1`, `${view.id}:2`])
      expect(await mustLoad(to, idOf(1))).toMatchObject({ version: 3, lastOrdinal: 3, lastMessage: 2 })
      expect(await claimOf(to, ['q'])).toHaveLength(2)
    })
  })
}

/** One record of each kind that no store of these tests has; attempt and log belong to the execution. */
function newRecords(): { readonly [Kind in RecordKind]: Records[Kind] } {
  const view = newView(99)
  const attempt = openWaiting(view)
  return {
    snapshot: { id: 'new', text: '{}' },
    definition: { kind: 'task', namespace: 'new', name: 'new', version: 1, body: '{}', createdAt: start, updatedAt: start },
    worker: { id: worker('new'), name: 'new', lastSeen: start, registeredAt: start, detail: '{}' },
    execution: { execution: view.execution, version: 4, due: null, lastOrdinal: 1, lastMessage: 0 },
    attempt: { execution: view.id, attempt },
    log: { execution: view.id, first: 1, source: 's', lines: [['out', 'now', 'hello']] },
    message: { id: `${view.id}:7` as MessageId, to: idOf(1), body: { kind: 'command', command: {} } },
  }
}
