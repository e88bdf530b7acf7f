import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Condition, SearchField, SearchOrder } from '@busbar/kernel'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SearchRequest } from '../search.js'
import { at, idOf, newView, openWaiting } from '../testing/fixtures.js'
import { MemoryStore } from '../testing/memory-store.js'
import { openSqliteStore, type SqliteStore } from './sqlite-store.js'

const many = 1_300
const folder = mkdtempSync(join(tmpdir(), 'busbar-search-'))
const memory = new MemoryStore()
let sqlite: SqliteStore

beforeAll(async () => {
  sqlite = await openSqliteStore(join(folder, 'busbar.db'))
  const statuses = ['running', 'completed', 'failed'] as const
  const views = Array.from({ length: many }, (_, n) => {
    const status = statuses[n % 3] ?? 'running'
    const view = newView(n, {
      ...{ createdAt: at(n % 700), updatedAt: at(n % 11), status, endedAt: status === 'running' ? null : at(n % 13) },
      ...{ label: { name: `flow${n % 5}`, handle: n % 4 === 0 ? '' : `h${n % 17}` }, brief: { event: n % 6 === 0 ? `e${n % 7}` : undefined, n } },
    })
    for (let ordinal = 0; ordinal < n % 3; ordinal++) openWaiting(view, { queue: `q${n % 2}`, priority: ordinal })
    return view.takeChanges()
  })
  await Promise.all(views.flatMap(changes => [memory.commit(changes), sqlite.commit(changes)]))
})

afterAll(async () => {
  await Promise.all([memory.close(), sqlite.close()])
  rmSync(folder, { recursive: true })
})

const event = { in: 'brief', path: ['event'] } as const
const leaf: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ kind: fc.constant('is' as const), field: fc.constant('name' as const), values: fc.subarray(['flow0', 'flow3', 'flow9']) }),
  fc.record({ kind: fc.constant('is' as const), field: fc.constant('status' as const), values: fc.subarray(['running', 'completed', 'failed']) }),
  fc.record({ kind: fc.constant('is' as const), field: fc.constant('id' as const), values: fc.array(fc.nat({ max: many }).map(idOf), { maxLength: 4 }) }),
  fc.record({ kind: fc.constant('is' as const), field: fc.constantFrom<SearchField>('handle', event), values: fc.subarray(['h1', 'h2', 'e0', 'e6']) }),
  fc.record({
    kind: fc.constantFrom('above' as const, 'below' as const),
    field: fc.constantFrom<SearchField>('createdAt', 'endedAt', 'updatedAt'),
    value: fc.nat({ max: 700 }).map(at),
  }),
  fc.record({ kind: fc.constant('like' as const), field: fc.constantFrom<SearchField>('handle', 'name'), pattern: fc.constantFrom('H1*', '*3', 'flow_', '*') }),
  fc.record({ kind: fc.constant('absent' as const), field: fc.constantFrom<SearchField>('handle', 'endedAt', event) }),
)
const condition: fc.Arbitrary<Condition> = fc.letrec<{ one: Condition }>(tie => ({
  one: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.record({ kind: fc.constantFrom('all' as const, 'any' as const), of: fc.array(tie('one'), { maxLength: 3 }) }),
    fc.record({ kind: fc.constant('not' as const), of: tie('one') }),
    fc.constant<Condition>({ kind: 'having', of: { kind: 'is', field: 'queue', values: ['q1'] } }),
  ),
})).one
const order: fc.Arbitrary<readonly SearchOrder[]> = fc.array(
  fc.record({ field: fc.constantFrom<SearchField>('createdAt', 'updatedAt', 'endedAt', 'handle', 'name', event), descending: fc.boolean() }),
  { maxLength: 2 },
)
const requests: fc.Arbitrary<SearchRequest> = fc.record({
  dialect: fc.constant('conductor' as const),
  namespace: fc.constant(''),
  where: condition,
  order,
  offset: fc.nat({ max: many }),
  limit: fc.nat({ max: 50 }),
})

describe('a search of more than a slice', () => {
  it('finds executions as the plain meaning says, whatever is asked', async () => {
    await fc.assert(
      fc.asyncProperty(requests, async request => {
        expect(await sqlite.searchExecutions(request)).toEqual(await memory.searchExecutions(request))
      }),
      { numRuns: 25 },
    )
  })

  it('finds attempts so too', async () => {
    await fc.assert(
      fc.asyncProperty(requests, async request => {
        expect(await sqlite.searchAttempts(request)).toEqual(await memory.searchAttempts(request))
      }),
      { numRuns: 12 },
    )
  })

  it('lets others have their turn', async () => {
    const asked = sqlite.searchExecutions({
      ...{ dialect: 'conductor', namespace: '', order: [], offset: 0, limit: 10 },
      where: { kind: 'contains', field: { in: 'brief', path: [] }, text: 'nowhere' },
    })
    let hasEnded = false
    void asked.then(() => (hasEnded = true))
    await sqlite.head(idOf(1))
    await new Promise(resolve => setImmediate(resolve))
    expect(hasEnded).toBe(false)
    expect((await asked).total).toBe(0)
  })
})
