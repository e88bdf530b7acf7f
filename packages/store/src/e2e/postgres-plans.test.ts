/** What PostgreSQL does for each call, among a million executions and in a database that was made a moment ago. */
import type { ActivityKey, Attempt, DefinitionId, ExecutionId } from '@busbar/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPostgresStore, type PostgresStore } from '../postgres/index.js'
import type { ListRequest } from '../store.js'
import { at, claimOf, commit, newView, openWaiting, queue, reload, start, worker } from '../testing/fixtures.js'
import { type PostgresServer, startPostgres } from '../testing/postgres-server.js'
import { recordKinds } from '../transfer.js'
import { type Explained, Explainer, explainingSettings, nodesOf, pagesOf, rowsRead } from './explained.js'
import { executionsInAll, idOfNth, makeMillionRows, running } from './million-rows.js'

const settings = { ...explainingSettings, shared_buffers: '1GB', maintenance_work_mem: '256MB', max_wal_size: '16GB', synchronous_commit: 'on' }
let server: PostgresServer

beforeAll(async () => {
  server = await startPostgres({ settings })
}, 120_000)
afterAll(() => server.stop())

/** Tables of a few pages, which are read whole before an index is. */
const small = new Set(['definitions_epoch', 'definitions', 'lanes', 'messages', 'polls', 'execution_tallies', 'snapshots'])

function tablesReadWhole(explained: readonly Explained[]): readonly string[] {
  return explained.flatMap(({ text, plan }) =>
    [...nodesOf(plan)]
      .filter(node => /Seq Scan/.test(node['Node Type']) && !small.has(node['Relation Name'] ?? ''))
      .map(node => `${node['Relation Name']}: ${text}`),
  )
}

/** Statements that read many more rows or pages than they should, with their plans. */
function wasteful(explained: readonly Explained[], { rows, pages }: { readonly rows: number; readonly pages: number }): readonly unknown[] {
  return explained
    .filter(({ plan }) => rowsRead(plan) > rows || pagesOf(plan) > pages)
    .map(({ text, plan }) => ({ rows: rowsRead(plan), pages: pagesOf(plan), text: text.slice(0, 300), plan: [...nodesOf(plan)].map(nameOf).join(' < ') }))
}

function nameOf(node: Parameters<typeof nodesOf>[0]): string {
  return `${node['Node Type']} ${node['Index Name'] ?? node['Relation Name'] ?? ''} (${node['Actual Rows']} × ${node['Actual Loops']})`
}

describe('among a million executions', () => {
  const database = 'million'
  let store: PostgresStore
  let explainer: Explainer
  /** One that ended and one that runs. */
  let ended: ExecutionId
  let alive: ExecutionId

  beforeAll(async () => {
    const url = await server.newDatabase(database)
    await (await openPostgresStore(url)).close()
    await makeMillionRows(server, database)
    explainer = new Explainer(server, database)
    if (!(await explainer.begin())) throw new Error('this PostgreSQL has no auto_explain: install its contrib package to run this test')
    store = await openPostgresStore(url)
    ended = (await idOfNth(server, database, 70)) as ExecutionId
    alive = (await idOfNth(server, database, executionsInAll - 4)) as ExecutionId
    await explainer.take()
  }, 240_000)
  afterAll(() => store.close())

  const now = at(2_000_000)
  let made = 0
  const lists: readonly (readonly [index: string, request: Partial<ListRequest>])[] = [
    ['executions_by_creation', {}],
    ['executions_by_creation', { namespace: '' }],
    ['executions_by_creation', { createdFrom: start, createdBefore: at(5_000) }],
    ['executions_by_creation', { statuses: ['completed'], order: 'oldest' }],
    ['executions_by_name', { name: 'order7' }],
    ['executions_by_name', { name: 'order7', version: '1', createdFrom: start }],
    ['executions_by_handle', { handle: 'h100' }],
    ['executions_by_handle', { handle: 'h100', name: 'order7' }],
    ['executions_by_handle', { handle: 'h100', statuses: ['running'] }],
    ['executions_not_completed', { statuses: ['running', 'paused'] }],
    ['executions_not_completed', { statuses: ['failed'], order: 'oldest' }],
  ]

  /** What is done, and how many rows and pages (of 8 KB) its dearest statement may read. */
  const cases: readonly (readonly [name: string, run: () => Promise<unknown>, bound: { readonly rows: number; readonly pages: number }])[] = [
    ['opens an execution', () => commit(store, opened(++made)), { rows: 3, pages: 60 }],
    ['opens a hundred executions in one flush', () => Promise.all(numbers(100).map(() => commit(store, opened(++made)))), { rows: 300, pages: 6_000 }],
    ['changes an execution and its attempts', () => change(alive), { rows: 5, pages: 60 }],
    ['changes a hundred executions in one flush', changeMany, { rows: 500, pages: 6_000 }],
    ['claims one attempt of 3,000', () => claimOf(store, ['queue3'], { max: 1, now }), { rows: 5, pages: 60 }],
    ['claims a hundred attempts of two queues', () => claimOf(store, ['queue1', 'queue2'], { max: 100, now }), { rows: 400, pages: 3_000 }],
    ['claims what is delayed, which is nothing', () => claimOf(store, ['queue3', 'queue7'], { max: 10, now: start }), { rows: 10, pages: 60 }],
    ['claims from an unknown queue', () => claimOf(store, ['nobody'], { max: 10, now }), { rows: 1, pages: 20 }],
    ['loads an execution', () => store.load(ended), { rows: 4, pages: 40 }],
    ['loads what is not there', () => store.load('018bcfe5-6805-7abc-8000-000000000000' as ExecutionId), { rows: 0, pages: 20 }],
    ['reads a head', () => store.head(alive), { rows: 1, pages: 20 }],
    ['reads what changed of an execution', () => store.sharing.loadChanges({ id: alive, version: 1, lastOrdinal: 1, open: [1] }), { rows: 8, pages: 60 }],
    ['tells what is due', () => store.due(at(3_600_000 + executionsInAll), 100), { rows: 100, pages: 200 }],
    ['tells when the next is due', () => store.nextDue(), { rows: 1, pages: 20 }],
    ['takes what is due', () => store.sharing.takeDue(at(3_600_000 + executionsInAll), at(9_000_000), 100), { rows: 250, pages: 6_000 }],
    ['takes nothing that is not due', () => store.sharing.takeDue(start, at(9_000_000), 100), { rows: 1, pages: 20 }],
    ['surveys', () => store.sharing.survey(now, 0), { rows: 500, pages: 1_500 }],
    ['appends lines', () => Promise.all([ended, alive].map(id => store.appendLogs(id, [line]))), { rows: 6, pages: 80 }],
    ['reads lines', () => store.logs(ended, { after: 0, limit: 100 }), { rows: 8, pages: 40 }],
    ['reads lines of a source', () => store.logs(ended, { source: 'step1', after: 0, limit: 100 }), { rows: 8, pages: 40 }],
    ['lists open attempts', () => store.openAttempts(queue('queue3'), 0, 100), { rows: 100, pages: 400 }],
    ['removes an execution', () => store.remove(ended), { rows: 5, pages: 60 }],
    ['removes what ended', () => store.removeEnded(at(10_000), 100), { rows: 250, pages: 9_000 }],
    ['removes nothing where nothing ended', () => store.removeEnded(start, 100), { rows: 1, pages: 20 }],
    ['removes logs', () => store.removeLogs(at(30_000), 50), { rows: 250, pages: 1_500 }],
    ['removes snapshots', () => store.removeSnapshots(at(500), 50), { rows: 2_000, pages: 5_000 }],
    ['puts a snapshot', () => store.putSnapshot('new' as DefinitionId, '{}', now), { rows: 1, pages: 40 }],
    ['sees workers', () => store.seenWorkers(numbers(50).map(n => ({ id: worker(`w${n + 1}`), at: now }))), { rows: 100, pages: 400 }],
    ['finds workers that were seen lately', () => store.sharing.workersSince(at(4_990), 100), { rows: 100, pages: 200 }],
    ['counts by status', () => store.countByStatus('conductor'), { rows: 100, pages: 40 }],
  ]

  it.each(cases)('%s without reading a table', async (_name, run, bound) => {
    // The first time sessions also read the catalogue.
    await run()
    await explainer.take()
    await run()
    const explained = await explainer.take()
    expect(explained.length).toBeGreaterThan(0)
    expect(tablesReadWhole(explained)).toEqual([])
    expect(wasteful(explained, bound)).toEqual([])
  })

  it.each(lists)('lists by %s: %o', async (index, request) => {
    await store.list({ dialect: 'conductor', offset: 0, limit: 10, order: 'newest', ...request })
    const page = (await explainer.take()).find(({ text }) => text.includes('OFFSET'))
    const nodes = page ? [...nodesOf(page.plan)] : []
    expect(nodes.map(node => node['Index Name']).filter(Boolean)).toEqual([index])
    expect(nodes.filter(node => /Sort|Seq Scan|Bitmap/.test(node['Node Type']))).toEqual([])
    expect(page && rowsRead(page.plan)).toBeLessThan(400)
  })

  it.each(recordKinds)('goes on through the records of the kind %s where the last page ended', async kind => {
    const place = { definition: ['task', '', 'a', 1], attempt: [alive, 1], log: [ended, 1], message: [1] } as const
    await store.transfer.read(kind, JSON.stringify(kind in place ? place[kind as keyof typeof place] : ['5']), 10)
    const explained = await explainer.take()
    expect(tablesReadWhole(explained)).toEqual([])
    expect(wasteful(explained, { rows: 11, pages: 400 })).toEqual([])
  })

  it('knows how many wait in each queue by reading what waits, and nothing else', async () => {
    await store.queueSizes(now)
    const explained = await explainer.take()
    expect(tablesReadWhole(explained)).toEqual([])
    for (const { plan } of explained) expect(rowsRead(plan)).toBeLessThanOrEqual(running)
  })

  async function change(id: ExecutionId): Promise<void> {
    const view = await reload(store, id)
    view.setState({ changed: true })
    for (const attempt of [...view.openAttempts()]) view.close(attempt.ordinal, 'completed', { kind: 'engine' }, now, { output: 1 })
    openWaiting(view, { queue: 'queue19', notBefore: now })
    view.setStatus('completed', now)
    await commit(store, view)
  }

  async function changeMany(): Promise<void> {
    const { executions } = await store.list({ dialect: 'conductor', statuses: ['running'], offset: 0, limit: 100, order: 'oldest' })
    const views = await Promise.all(executions.map(({ id }) => reload(store, id)))
    await explainer.take()
    for (const view of views) {
      view.setState({ changed: true })
      for (const attempt of view.attempts()) if (attempt.state.kind !== 'closed') view.amend(attempt.ordinal, { amended: true })
    }
    await Promise.all(views.map(view => commit(store, view)))
  }
})

describe('in a database that was made a moment ago', () => {
  it('plans as among a million, although it knows nothing of its tables yet', async () => {
    const database = 'fresh'
    const url = await server.newDatabase(database)
    const explainer = new Explainer(server, database)
    await explainer.begin()
    const store = await openPostgresStore(url)
    await explainer.take()
    // Prepared plans are kept: those that were made for empty tables must serve full ones too.
    for (let turn = 0; turn < 20; turn++) {
      const views = numbers(50).map(n => opened(turn * 50 + n + 1))
      await Promise.all(views.map(view => commit(store, view)))
      const claimed = await claimOf(store, ['queue19'], { max: 50, now: start })
      expect(claimed).toHaveLength(50)
      for (const view of views) {
        for (const { attempt } of claimed.filter(({ execution }) => execution === view.id)) view.noteLease(attempt as Attempt)
        view.close(1, 'completed', { kind: 'engine' }, at(1))
        view.send(view.id, { kind: 'command', command: {} })
        if (turn > 0) view.note({ source: 's', stream: 'out', at: start, text: 'ended' })
        view.setStatus('completed', at(1))
      }
      await Promise.all(views.map(view => commit(store, view)))
      for (const view of views) view.take(`${view.id}:1`)
      for (const view of views.slice(0, 10)) view.remove(1)
      await Promise.all(views.map(view => commit(store, view)))
      await Promise.all(views.map(({ id }) => store.appendLogs(id, [line, line])))
      await store.sharing.takeDue(start, at(1), 10)
    }
    await store.close()
    const explained = await explainer.take()
    expect(explained.length).toBeGreaterThan(500)
    expect(wasteful(explained, { rows: 400, pages: 4_000 }).slice(0, 5)).toEqual([])
  })
})

const line = { source: 'step1', stream: 'stdout', at: '2026-01-01T00:00:00Z', text: 'hello' }

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

function opened(number: number) {
  const view = newView(number)
  view.open({ key: 'step' as ActivityKey, number: 0, data: { input: 1 }, queue: queue('queue19'), notBefore: start, leaseMs: 60_000 }, start)
  return view
}
