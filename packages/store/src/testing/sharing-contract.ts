/** For stores that several servers use at once: two of them on one state. */
import { setTimeout as delay } from 'node:timers/promises'
import { after, type ExecutionId, instant, invariant } from '@busbar/kernel'
import { describe, expect, it, type TestContext } from 'vitest'
import type { Heard, KnownExecution, News, Sharing } from '../sharing.js'
import type { Store, StoredDefinition } from '../store.js'
import { at, claimOf, commit, idOf, idsOf, mustLoad, newView, openWaiting, queue, reload, start, waitingExecution, worker } from './fixtures.js'
import type { OpenStore } from './open-store.js'

interface Server {
  readonly store: Store
  readonly sharing: Sharing
}

function serverOn(store: Store): Server {
  invariant(store.sharing, 'a store with companions has a sharing')
  return { store, sharing: store.sharing }
}

type Skip = Pick<TestContext, 'skip'>

async function pairOf(open: OpenStore, { skip }: Skip): Promise<readonly [Server, Server]> {
  const { store, companion } = await open()
  if (companion === null) return skip('the store has one user')
  return [serverOn(store), serverOn(await companion())]
}

export function sharingContract(open: OpenStore): void {
  describe('servers on one store', () => {
    it('lets one of two commits of an execution through, and shows it to the other', async context => {
      const [a, b] = await pairOf(open, context)
      await waitingExecution(a.store, 1, {})
      const views = [await reload(a.store, idOf(1)), await reload(b.store, idOf(1))] as const
      for (const [index, view] of views.entries()) view.setState({ by: index })
      const results = await Promise.all([a.store.commit(views[0].takeChanges()), b.store.commit(views[1].takeChanges())])
      expect([...results].sort()).toEqual(['stale', 'written'])
      for (const { store } of [a, b]) expect((await mustLoad(store, idOf(1))).execution.state).toEqual({ by: results.indexOf('written') })
    })

    it('lets one of them begin an execution', async context => {
      const [a, b] = await pairOf(open, context)
      const results = await Promise.all([a, b].map(({ store }) => store.commit(newView(1).takeChanges())))
      expect([...results].sort()).toEqual(['stale', 'written'])
    })

    it('refuses what was decided before another server changed the execution, even where it only changes attempts', async context => {
      const [a, b] = await pairOf(open, context)
      const view = await waitingExecution(a.store, 1, {})
      const other = await reload(b.store, idOf(1))
      other.close(1, 'cancelled', { kind: 'operator' }, at(1))
      await commit(b.store, other)
      view.amend(1, 'late')
      expect(await a.store.commit(view.takeChanges())).toBe('stale')
      view.take(`${idOf(9)}:1`)
      expect(await a.store.commit(view.takeChanges())).toBe('stale')
    })

    it('lets one of two receivers take a message', async context => {
      const [a, b] = await pairOf(open, context)
      const sender = newView(1)
      sender.send(idOf(2), { kind: 'command', command: {} })
      await commit(a.store, sender)
      const results = await Promise.all(
        [a, b].map(({ store }, index) => {
          const receiver = newView(index + 2)
          receiver.take(`${idOf(1)}:1`)
          return store.commit(receiver.takeChanges())
        }),
      )
      expect([...results].sort()).toEqual(['taken', 'written'])
      expect(await b.store.countByStatus('conductor')).toEqual(new Map([['running', 2]]))
    })

    it('hands no attempt to two of them', async context => {
      const servers = await pairOf(open, context)
      for (let n = 1; n <= 10; n++) await waitingExecution(servers[0].store, n, {}, {}, {}, {})
      const claims = await Promise.all(
        Array.from({ length: 16 }, (_, index) => claimOf((servers[index % 2] ?? servers[0]).store, ['q'], { max: 3, worker: `w${index}` })),
      )
      const ids = claims.flatMap(idsOf)
      expect(ids).toHaveLength(40)
      expect(new Set(ids).size).toBe(40)
    })

    it('lets either the claim or the cancelling of an attempt happen first, never both from the same state', async context => {
      const [a, b] = await pairOf(open, context)
      for (let number = 1; number <= 20; number++) {
        const view = await waitingExecution(a.store, number, {})
        view.close(1, 'cancelled', { kind: 'operator' }, at(1))
        const [result, claimed] = await Promise.all([a.store.commit(view.takeChanges()), claimOf(b.store, ['q'])])
        const { attempts } = await mustLoad(b.store, view.id)
        expect([result, claimed.length, attempts[0]?.state.kind]).toEqual(claimed.length === 0 ? ['written', 0, 'closed'] : ['stale', 1, 'leased'])
      }
    })

    it('numbers the lines of all of them in one row', async context => {
      const servers = await pairOf(open, context)
      await waitingExecution(servers[0].store, 1)
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => {
          const { store } = servers[index % 2] ?? servers[0]
          return store.appendLogs(idOf(1), [{ source: 's', stream: 'out', at: 'now', text: `${index}` }])
        }),
      )
      const lines = await servers[1].store.logs(idOf(1), { after: 0, limit: 100 })
      expect(lines.map(({ position }) => position)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
      expect(new Set(lines.map(({ text }) => text)).size).toBe(20)
    })

    it('outlives one of them', async context => {
      const [a, b] = await pairOf(open, context)
      await waitingExecution(a.store, 1, {})
      await a.store.close()
      expect(await claimOf(b.store, ['q'])).toHaveLength(1)
      b.sharing.tell({ workers: true })
      await commit(b.store, newView(2))
    })
  })

  describe('the clock of servers on one store', () => {
    it('is one: no answer is earlier than one that was given before', async context => {
      const [a, b] = await pairOf(open, context)
      const moments = []
      for (const { sharing } of [a, b, a, b]) moments.push(await sharing.clock())
      expect(moments).toEqual([...moments].sort((x, y) => x - y))
      expect(moments.every(Number.isInteger)).toBe(true)
    })
  })

  describe('news', () => {
    it('come to the other servers and not to the teller', async context => {
      const [a, b] = await pairOf(open, context)
      const [heardByA, heardByB] = [listenTo(a), listenTo(b)]
      const news: News = { stocked: [queue('q')], changed: [{ id: idOf(1), ended: true }], logged: [idOf(2)], workers: true, surveyed: true }
      await until(
        () => a.sharing.tell(news),
        heardByB,
        heard => isSame(newsIn(heard), news),
      )
      await until(
        () => b.sharing.tell({ logged: [idOf(3)] }),
        heardByA,
        heard => newsIn(heard).logged?.includes(idOf(3)) ?? false,
      )
      expect(newsIn(heardByA.all)).toEqual({ stocked: [], changed: [], logged: [idOf(3)], workers: undefined, surveyed: undefined })
    })

    it('may be long', async context => {
      const [a, b] = await pairOf(open, context)
      const heardByB = listenTo(b)
      const ids = Array.from({ length: 1_000 }, (_, index) => idOf(index + 1))
      const tell = () => a.sharing.tell({ changed: ids.map(id => ({ id, ended: false })), stocked: [queue('q"\\\u{1f600}\n')] })
      await until(tell, heardByB, heard => new Set(newsIn(heard).changed?.map(({ id }) => id)).size === ids.length)
      expect(newsIn(heardByB.all).stocked).toEqual(['q"\\\u{1f600}\n'])
    })

    it('reach nobody who stopped listening, and harm nobody who closed', async context => {
      const [a, b] = await pairOf(open, context)
      const [stopped, kept] = [listenTo(b), listenTo(b)]
      await until(
        () => a.sharing.tell({ logged: [idOf(1)] }),
        kept,
        heard => newsIn(heard).logged?.includes(idOf(1)) ?? false,
      )
      stopped.stop()
      const before = stopped.all.length
      await until(
        () => a.sharing.tell({ logged: [idOf(2)] }),
        kept,
        heard => newsIn(heard).logged?.includes(idOf(2)) ?? false,
      )
      expect(stopped.all.length).toBe(before)
      await b.store.close()
      a.sharing.tell({ logged: [idOf(3)] })
      b.sharing.tell({ logged: [idOf(3)] })
      expect(await a.store.trouble()).toBeNull()
    })
  })

  describe('takeDue', () => {
    it('names nothing before its time, and no more than wanted', async context => {
      const [a] = await pairOf(open, context)
      await dueExecutions(a.store, 30, 10, 20)
      expect(await a.sharing.takeDue(at(9), at(100), 10)).toEqual([])
      expect(await a.sharing.takeDue(at(90), at(100), 0)).toEqual([])
      expect(await a.sharing.takeDue(at(90), at(100), 2)).toEqual([
        { id: idOf(2), at: at(10) },
        { id: idOf(3), at: at(20) },
      ])
    })

    it('names each execution to one caller, and again when nothing came of it', async context => {
      const servers = await pairOf(open, context)
      await dueExecutions(servers[0].store, ...Array.from({ length: 40 }, (_, index) => index))
      const take = (now: number, until: number) => Promise.all(servers.flatMap(({ sharing }) => [1, 2].map(() => sharing.takeDue(at(now), at(until), 10))))
      const named: ExecutionId[] = []
      for (let rounds = 0; rounds < 10 && named.length < 40; rounds++) for (const taken of await take(50, 1_000)) named.push(...taken.map(({ id }) => id))
      expect(named).toHaveLength(40)
      expect(new Set(named).size).toBe(40)
      expect((await take(999, 2_000)).flat()).toEqual([])
      expect(await servers[0].store.nextDue()).toBe(at(1_000))
      expect(await servers[1].sharing.takeDue(at(1_000), at(2_000), 100)).toHaveLength(40)
    })

    it('leaves the version, so that whoever works on the execution is not stopped', async context => {
      const [a, b] = await pairOf(open, context)
      const [id] = await dueExecutions(a.store, 10)
      const view = await reload(b.store, id ?? idOf(1))
      await a.sharing.takeDue(at(10), at(60), 10)
      view.rearm(at(10))
      view.wakeAt(at(40))
      await commit(b.store, view)
      expect(await a.sharing.takeDue(at(39), at(90), 10)).toEqual([])
      expect(await a.sharing.takeDue(at(40), at(90), 10)).toEqual([{ id, at: at(40) }])
      view.setStatus('completed', at(50))
      await commit(b.store, view)
      expect(await a.sharing.takeDue(at(1_000), at(2_000), 10)).toEqual([])
    })
  })

  describe('a survey', () => {
    it('finds nothing where nothing is', async context => {
      const [a] = await pairOf(open, context)
      expect(await a.sharing.survey(at(0), 0)).toEqual({ nextDue: null, stocked: [], messages: [] })
    })

    it('finds the queues in which something could have been claimed for a while', async context => {
      const [a, b] = await pairOf(open, context)
      await waitingExecution(
        a.store,
        1,
        { queue: 'old', leaseMs: null },
        { queue: 'old', notBefore: at(500) },
        { queue: 'young', notBefore: at(6), priority: 3 },
      )
      await waitingExecution(a.store, 2, { queue: 'claimed' }, { queue: 'mixed', priority: 9, notBefore: at(700) }, { queue: 'mixed', priority: 1 })
      await claimOf(a.store, ['claimed'])
      expect(await b.sharing.survey(at(10), 5)).toEqual({ nextDue: await a.store.nextDue(), stocked: ['mixed', 'old'], messages: [] })
      expect((await b.sharing.survey(at(11), 5)).stocked).toEqual(['mixed', 'old', 'young'])
    })

    it('finds the messages that were sent a while ago, oldest first', async context => {
      const [a, b] = await pairOf(open, context)
      for (const number of [2, 1]) {
        const sender = newView(number)
        sender.send(idOf(9), { kind: 'command', command: { number } })
        await commit(a.store, sender)
      }
      const now = await a.sharing.clock()
      expect((await b.sharing.survey(now, 60_000)).messages).toEqual([])
      expect((await b.sharing.survey(after(now, 60_000), 60_000)).messages).toEqual(await a.store.messages(10))
      expect(await a.store.messages(10)).toMatchObject([{ id: `${idOf(2)}:1` }, { id: `${idOf(1)}:1` }])
    })
  })

  describe('loadChanges', () => {
    const known = (view: { id: ExecutionId; version: number; lastOrdinal: number; openOrdinals: readonly number[] }): KnownExecution => ({
      id: view.id,
      version: view.version,
      lastOrdinal: view.lastOrdinal,
      open: view.openOrdinals,
    })

    it('finds nothing where the execution is gone', async context => {
      const [a, b] = await pairOf(open, context)
      const view = await waitingExecution(a.store, 1, {})
      await b.store.remove(view.id)
      expect(await a.sharing.loadChanges(known(view))).toBeNull()
    })

    it('gives what a view needs to catch up: the head, what was open in it, and what is newer', async context => {
      const [a, b] = await pairOf(open, context)
      const view = await waitingExecution(a.store, 1, {}, {}, {})
      view.close(1, 'completed', { kind: 'engine' }, at(1))
      await commit(a.store, view)
      const other = await reload(b.store, view.id)
      other.close(2, 'failed', { kind: 'engine' }, at(2), { why: 'x' })
      openWaiting(other, { notBefore: at(500) })
      other.setState({ n: 2 })
      other.send(idOf(2), { kind: 'command', command: {} })
      await commit(b.store, other)
      const [claimed] = await claimOf(b.store, ['q'])
      const changes = await a.sharing.loadChanges(known(view))
      if (changes === null || changes === 'reworked') return expect(changes).toMatchObject({ version: 3 })
      expect(changes.execution).toEqual({ ...other.execution, brief: null })
      expect(changes.attempts.map(({ ordinal }) => ordinal)).not.toContain(1)
      view.catchUp({ ...changes, attempts: changes.attempts as Parameters<typeof view.catchUp>[0]['attempts'] })
      expect({ attempts: [...view.attempts()], ...headOf(view) }).toEqual({
        attempts: (await mustLoad(b.store, view.id)).attempts,
        ...headOf(await reload(b.store, view.id)),
      })
      expect(view.attempt(3)).toEqual(claimed?.attempt)
    })

    it('says that more was changed: a closed attempt, a removed one, the brief', async context => {
      const [a, b] = await pairOf(open, context)
      const view = await waitingExecution(a.store, 1, {}, {})
      view.close(1, 'completed', { kind: 'engine' }, at(1))
      await commit(a.store, view)
      const reworks: readonly ((other: typeof view) => void)[] = [
        other => other.amend(1, 'other data'),
        other => other.reopen(1, { data: null }, at(2)),
        other => other.remove(2),
        other => other.setBrief('other'),
      ]
      for (const [index, rework] of reworks.entries()) {
        const before = known(await reload(a.store, view.id))
        const other = await reload(b.store, view.id)
        rework(other)
        other.raise()
        await commit(b.store, other)
        expect(await a.sharing.loadChanges(before), `${index}`).toBe('reworked')
        other.touch(at(index))
        await commit(b.store, other)
        expect(await a.sharing.loadChanges(before), `${index} and more`).toBe('reworked')
        expect(await a.sharing.loadChanges(known(other)), `${index} after`).toMatchObject({ version: other.version })
      }
    })
  })

  describe('the epoch of the definitions', () => {
    const definition: StoredDefinition = { kind: 'task', namespace: '', name: 'a', version: 1, body: '{}', createdAt: start, updatedAt: start }

    it('rises with every write of a definition, whoever writes it, and stays when nothing is written', async context => {
      const [a, b] = await pairOf(open, context)
      const epochs = [await a.sharing.definitionsEpoch()]
      await a.store.definitions('task', '')
      expect(await b.sharing.definitionsEpoch()).toBe(epochs[0])
      for (const write of [
        () => a.store.putDefinition(definition),
        () => b.store.putDefinition(definition),
        () => b.store.putDefinition({ ...definition, version: 2 }),
        () => a.store.deleteDefinition('task', '', 'a', 2),
        () => a.store.transfer.write('definition', [{ ...definition, version: 3 }]),
      ]) {
        await write()
        epochs.push(await b.sharing.definitionsEpoch())
        expect(await a.sharing.definitionsEpoch()).toBe(epochs.at(-1))
      }
      expect(epochs.slice(1).every((epoch, index) => epoch > (epochs[index] ?? 0))).toBe(true)
    })
  })

  describe('polls', () => {
    const poll = (name: string, by: string, ms: number) => ({ queue: queue(name), worker: worker(by), at: at(ms) })

    it('are nothing until somebody polled', async context => {
      const [a] = await pairOf(open, context)
      await a.sharing.putPolls([])
      expect(await a.sharing.polls(null, 10)).toEqual([])
      expect(await a.sharing.polls([], 10)).toEqual([])
    })

    it('are the latest of each queue and worker, latest first, whoever wrote them', async context => {
      const [a, b] = await pairOf(open, context)
      await a.sharing.putPolls([poll('q', 'w1', 5), poll('q', 'w2', 3), poll('r', 'w1', 9), poll('q', 'w1', 4)])
      await b.sharing.putPolls([poll('q', 'w2', 7), poll('q', 'w1', 1)])
      expect(await a.sharing.polls(null, 10)).toEqual([poll('r', 'w1', 9), poll('q', 'w2', 7), poll('q', 'w1', 5)])
      expect(await b.sharing.polls([queue('q'), queue('none')], 10)).toEqual([poll('q', 'w2', 7), poll('q', 'w1', 5)])
      expect(await b.sharing.polls(null, 1)).toEqual([poll('r', 'w1', 9)])
    })

    it('are forgotten, the oldest first, when there are too many', async context => {
      const [a] = await pairOf(open, context)
      for (let turn = 0; turn < 11; turn++)
        await a.sharing.putPolls(Array.from({ length: 1_000 }, (_, index) => poll(`q${turn}`, `w${index}`, turn * 1_000 + index)))
      const all = await a.sharing.polls(null, 20_000)
      expect(all.length).toBeLessThanOrEqual(10_000)
      expect(all[0]).toEqual(poll('q10', 'w999', 10_999))
      expect(all.length).toBeGreaterThan(5_000)
    })
  })

  describe('workers since a moment', () => {
    it('are those that gave a sign of life from it on, to any server', async context => {
      const [a, b] = await pairOf(open, context)
      for (const [id, ms] of [
        ['a', 1],
        ['b', 5],
        ['c', 9],
      ] as const)
        await a.store.putWorker({ id: worker(id), name: id, lastSeen: at(ms), registeredAt: at(1), detail: '{"tags":[]}' })
      await a.store.seenWorkers([{ id: worker('a'), at: at(7) }])
      const since = await b.sharing.workersSince(at(7), 10)
      expect(since.map(({ id }) => id).sort()).toEqual(['a', 'c'])
      expect(since.find(({ id }) => id === 'a')).toEqual(await b.store.worker(worker('a')))
      expect(await b.sharing.workersSince(at(10), 10)).toEqual([])
      expect(await b.sharing.workersSince(instant(0), 1)).toHaveLength(1)
    })
  })
}

/** Executions whose time comes after so many milliseconds. */
async function dueExecutions(store: Store, ...times: readonly number[]): Promise<ExecutionId[]> {
  const ids: ExecutionId[] = []
  for (const [index, ms] of times.entries()) {
    const view = newView(index + 1)
    view.wakeAt(at(ms))
    await commit(store, view)
    ids.push(view.id)
  }
  return ids
}

function headOf({ execution, version, due, lastOrdinal }: Awaited<ReturnType<typeof reload>>) {
  return { execution, version, due, lastOrdinal }
}

// ── News ──

interface Listening {
  readonly all: Heard[]
  /** Resolves at the next thing that is heard. */
  next(): Promise<void>
  stop(): void
}

function listenTo({ sharing }: Server): Listening {
  const all: Heard[] = []
  let wake = () => {}
  const stop = sharing.hear(heard => {
    all.push(heard)
    wake()
  })
  return { all, stop, next: () => new Promise(resolve => (wake = resolve)) }
}

/** A hint may be lost, above all while servers get to know each other (H1): it is told again until it is heard. */
async function until(tell: () => void, listening: Listening, isHeard: (heard: readonly Heard[]) => boolean): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const next = listening.next()
    tell()
    await Promise.race([next, delay(50)])
    for (let more = true; more && !isHeard(listening.all); ) more = await Promise.race([listening.next().then(() => true), delay(20).then(() => false)])
    if (isHeard(listening.all)) return
  }
  throw new Error('nobody heard of it')
}

/** Everything that was heard, as one. */
function newsIn(heard: readonly Heard[]): News {
  const all = heard.flatMap(one => (one.kind === 'news' ? [one.news] : []))
  const changed = new Map(all.flatMap(news => news.changed ?? []).map(one => [`${one.id} ${one.ended}`, one]))
  return {
    stocked: [...new Set(all.flatMap(news => news.stocked ?? []))],
    changed: [...changed.values()],
    logged: [...new Set(all.flatMap(news => news.logged ?? []))],
    workers: all.find(news => news.workers)?.workers,
    surveyed: all.find(news => news.surveyed)?.surveyed,
  } as News
}

function isSame(a: News, b: News): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
