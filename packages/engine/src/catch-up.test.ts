import {
  type ActivityKey,
  type DefinitionId,
  type Execution,
  type ExecutionId,
  instant,
  newExecutionId,
  type QueueName,
  View,
  type WorkerId,
} from '@busbar/kernel'
import type { LoadedExecution } from '@busbar/store'
import { MemoryStore } from '@busbar/store/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'

/** What another server may do to an execution between two looks of this one. */
const change = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('open' as const), at: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('close' as const), at: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('claim', 'lease', 'postpone', 'amend', 'state', 'send'), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('remove', 'reopen', 'amend closed', 'brief'), at: fc.nat() }) },
)
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

const now = instant(1_700_000_000_000)

it('a kept view that catches up is what a new one would be, or it is told that it cannot', async () => {
  let caught = 0
  let reworked = 0
  const rounds = fc.array(fc.array(change, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(rounds, async given => {
      const store = new MemoryStore({ shared: true })
      const other = fresh()
      await write(store, other)
      let kept = await load(store, other.id)
      for (const round of given) {
        for (const each of round) await apply(store, await load(store, other.id), each)
        const news = await store.sharing?.loadChanges({ id: kept.id, version: kept.version, lastOrdinal: kept.lastOrdinal, open: kept.openOrdinals })
        const anew = await load(store, other.id)
        if (news && news !== 'reworked') {
          caught += 1
          kept.catchUp(news as never)
          expect(contentOf(kept)).toEqual(contentOf(anew))
        } else {
          reworked += 1
          kept = anew
        }
      }
    }),
    { numRuns: 60, seed: 7 },
  )
  expect(caught).toBeGreaterThan(60)
  expect(reworked).toBeGreaterThan(10)
})

async function apply(store: MemoryStore, view: View<never>, { do: what, at }: Change): Promise<void> {
  const attempts = [...view.attempts()]
  const open = attempts.filter(({ state }) => state.kind !== 'closed')
  const pick = <T>(list: readonly T[]): T | undefined => list[at % list.length]
  const [any, one, closed] = [pick(attempts), pick(open), pick(attempts.filter(({ state }) => state.kind === 'closed'))]
  if (what === 'claim') {
    await store.claim({ queues: ['q' as QueueName], worker: 'w' as WorkerId, max: 1, now })
    return
  }
  if (what === 'open') view.open({ key: `k${at % 5}` as ActivityKey, number: at, data: at as never, queue: 'q' as QueueName }, now)
  else if (what === 'close' && one) view.close(one.ordinal, 'completed', { kind: 'engine' }, now)
  else if (what === 'lease' && one?.state.kind === 'waiting') view.lease(one.ordinal, 'w' as WorkerId, now)
  else if (what === 'postpone' && one) view.postpone(one.ordinal, now, now)
  else if (what === 'amend' && one) view.amend(one.ordinal, at as never)
  else if (what === 'state') view.setState({ at } as never)
  else if (what === 'send') view.send(view.id, { kind: 'command', command: { kind: 'tick' } })
  else if (what === 'remove' && any) view.remove(any.ordinal)
  else if (what === 'reopen' && closed) view.reopen(closed.ordinal, { data: at as never }, now)
  else if (what === 'amend closed' && closed) view.amend(closed.ordinal, at as never)
  else if (what === 'brief') view.setBrief({ at } as never)
  await write(store, view)
}

async function write(store: MemoryStore, view: View<never>): Promise<void> {
  if (!view.isChanged) return
  view.raise()
  expect(await store.commit(view.takeChanges())).toBe('written')
  view.committed()
}

async function load(store: MemoryStore, id: ExecutionId): Promise<View<never>> {
  const loaded = (await store.load(id)) as LoadedExecution
  return new View<never>({ ...loaded, plan: null } as never)
}

function contentOf(view: View<never>) {
  const { execution, version, due, lastOrdinal, openOrdinals } = view
  const keys = [...new Set([...view.attempts()].map(({ key }) => key))]
  const newest = keys.map(key => view.newest(key)?.ordinal)
  return { execution, version, due, lastOrdinal, open: [...openOrdinals].sort((a, b) => a - b), attempts: [...view.attempts()], newest }
}

function fresh(): View<never> {
  const id = newExecutionId(now, { high12: 1, low38: 1 })
  const label = { namespace: '', name: 'n', version: '1', handle: '', source: '' }
  const times = { createdAt: now, updatedAt: now, endedAt: null }
  const execution: Execution = {
    id,
    dialect: 'conductor',
    definition: 'd' as DefinitionId,
    label,
    parent: null,
    status: 'running',
    ...times,
    brief: {},
    state: {},
  }
  return new View<never>({ execution, plan: null, version: 0, due: null, lastOrdinal: 0, lastMessage: 0, attempts: [] } as never)
}
