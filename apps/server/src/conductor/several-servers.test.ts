/** What must hold when several servers share a store: one execution for a key, one start for a due time. */
import { type ConductorCommand, scheduleNamespace, scheduleRequest } from '@busbar/conductor'
import { createEngine, type EngineApi } from '@busbar/engine'
import { inlineEvaluator, ManualClock, silentLog } from '@busbar/engine/testing'
import { isRefusal, type JsonObject, Problem } from '@busbar/kernel'
import { MemoryStore } from '@busbar/store/testing'
import { expect, it } from 'vitest'
import { startOnce } from './idempotent-start.js'

const hourMs = 3_600_000
const request: JsonObject = { name: 'w', input: {} }

interface Servers {
  readonly engines: readonly EngineApi[]
  readonly stores: readonly MemoryStore[]
  readonly clock: ManualClock
}

async function servers({ lose = () => false }: { readonly lose?: () => boolean } = {}): Promise<Servers> {
  const clock = new ManualClock()
  const first = new MemoryStore({ shared: true, now: () => clock.now(), lose })
  const stores = [first, first.companion(), first.companion()]
  const engines = stores.map(store => createEngine({ store, clock, log: silentLog, chance: Math.random, evaluator: inlineEvaluator() }))
  for (const engine of engines) await engine.start()
  const body = JSON.stringify({ name: 'w', version: 1, tasks: [{ name: 'h', taskReferenceName: 'h', type: 'HUMAN' }] })
  await engines[0]?.putDefinition({ kind: 'workflow', namespace: '', name: 'w', version: 1, body, createdAt: clock.now(), updatedAt: clock.now() })
  return { engines, stores, clock }
}

async function settle({ engines }: Servers): Promise<void> {
  for (let round = 0; round < 4; round++) for (const engine of engines) await engine.idle()
}

async function workflows({ stores }: Servers): Promise<readonly JsonObject[]> {
  const listed = await stores[0]?.list({ dialect: 'conductor', namespace: '', offset: 0, limit: 1_000, order: 'oldest' })
  return (listed?.executions ?? []).map(({ id, brief }) => ({ id, ...(brief as JsonObject) }))
}

it('starts with the same key on several servers at once are one execution', async () => {
  const all = await servers()
  const given = { ...request, idempotencyKey: 'k' }
  const starts = Array.from({ length: 30 }, (_, index) => {
    const engine = all.engines[index % all.engines.length]
    if (!engine) throw new Error('no engine')
    return startOnce(engine, 'w', { key: 'k', strategy: index % 2 === 0 ? 'RETURN_EXISTING' : 'FAIL_ON_RUNNING' }, given)
  })
  const results = await Promise.allSettled(starts)
  const ids = results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(Problem)
  expect(new Set(ids).size).toBe(1)
  expect(await workflows(all)).toHaveLength(1)
})

it('a due time of a schedule starts one workflow, whoever wakes and whatever hint is lost', async () => {
  for (const lose of [() => false, () => true]) {
    const all = await servers({ lose })
    const crons = [{ expression: '0 0 * * * ?', zone: 'UTC' }]
    const schedule = { name: 's', crons, catchesUp: true, isPaused: false, request, shown: {}, createdAt: 0, updatedAt: 0 }
    const created = await all.engines[0]?.create('conductor', scheduleRequest(schedule))
    if (!created || isRefusal(created)) throw new Error('the schedule was not created')
    for (let minute = 0; minute < 5 * 60; minute++) {
      all.clock.advance(hourMs / 60)
      await settle(all)
      // Others look at it as well, now and then.
      if (minute % 7 === 0) await Promise.all(all.engines.map(engine => engine.send(created.id, { kind: 'decide' } satisfies ConductorCommand)))
    }
    await settle(all)
    const times = (await workflows(all)).map(({ input }) => (input as JsonObject)['_scheduledTime'])
    expect(times).toHaveLength(5)
    expect(new Set(times).size).toBe(5)
    expect((await all.stores[0]?.list({ dialect: 'conductor', namespace: scheduleNamespace, offset: 0, limit: 10, order: 'oldest' }))?.executions).toHaveLength(
      1,
    )
  }
})
