import { type ExecutionId, isRefusal } from '@busbar/kernel'
import { MemoryStore } from '@busbar/store/testing'
import { expect, it } from 'vitest'
import { ManualClock } from './testing/manual-clock.js'
import { ScriptedEngine } from './testing/scripted-engine.js'

/** Two servers with Conductor's own rules; every hint between them is lost. */
async function pair() {
  const clock = new ManualClock()
  const store = new MemoryStore({ shared: true, now: () => clock.now(), lose: () => true })
  let reads = 0
  const companion = store.companion()
  const epoch = companion.sharing?.definitionsEpoch.bind(companion.sharing)
  if (companion.sharing && epoch)
    companion.sharing.definitionsEpoch = () => {
      reads += 1
      return epoch()
    }
  const rules = {}
  const [a, b] = [new ScriptedEngine({ store, clock, rules }), new ScriptedEngine({ store: companion, clock, rules })]
  await a.engine.start()
  await b.engine.start()
  return { a, b, reads: () => reads }
}

async function define({ engine }: ScriptedEngine, task: string): Promise<void> {
  const now = engine.now()
  const body = JSON.stringify({ name: 'w', version: 1, schemaVersion: 2, tasks: [{ name: task, taskReferenceName: 'r', type: 'SIMPLE' }] })
  await engine.putDefinition({ kind: 'workflow', namespace: '', name: 'w', version: 1, body, createdAt: now, updatedAt: now })
}

async function start({ engine }: ScriptedEngine): Promise<ExecutionId | string> {
  const started = await engine.create('conductor', { name: 'w', version: 1 })
  return isRefusal(started) ? started.code : started.id
}

async function taskOf({ engine }: ScriptedEngine, id: string): Promise<unknown> {
  const read = await engine.read(id as ExecutionId)
  return read && [...read.view.attempts()].map(attempt => (attempt.data as { readonly type: string }).type)
}

it('a start runs by the definition that another server has just stored', async () => {
  const { a, b } = await pair()
  await define(a, 'one')
  expect(await taskOf(b, await start(b))).toEqual(['one'])
  await define(a, 'two')
  expect(await taskOf(b, await start(b))).toEqual(['two'])
  expect(b.events('error')).toEqual([])
})

it('a start is not refused for a definition that was not there before', async () => {
  const { a, b } = await pair()
  expect(await start(b)).toBe('missing')
  await define(a, 'one')
  expect(await taskOf(b, await start(b))).toEqual(['one'])
  await a.engine.deleteDefinition('workflow', '', 'w', 1)
  expect(await start(b)).toBe('missing')
})

it('starts by definitions that nobody changes ask the store for nothing', async () => {
  const { a, b, reads } = await pair()
  await define(a, 'one')
  await start(b)
  const before = reads()
  for (let i = 0; i < 20; i++) await start(b)
  expect(reads()).toBe(before)
})
