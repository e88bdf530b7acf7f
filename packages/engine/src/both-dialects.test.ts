/** The engine with the real dialects on the real store: one path through each, durable. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { queueOf, type UpdateReply } from '@busbar/conductor'
import { type ExecutionId, isRefusal, type WorkerId } from '@busbar/kernel'
import type { Store } from '@busbar/store'
import { openSqliteStore } from '@busbar/store/sqlite'
import { loadWorkspace, serves, skillsKey, startRequest } from '@busbar/stroem'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Clock, EngineApi, PollRequest, Work } from './api.js'
import { systemClock } from './clock.js'
import { createEngine } from './engine.js'
import { ManualClock } from './testing/manual-clock.js'
import { silentLog } from './testing/silent-log.js'

const worker = 'w' as WorkerId
let folder = ''
let store: Store
let engine: EngineApi

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'busbar-engine-'))
  await open()
})

afterEach(async () => {
  await close()
  await rm(folder, { recursive: true, force: true })
})

async function open(clock: Clock = systemClock()): Promise<void> {
  store = await openSqliteStore(join(folder, 'busbar.db'))
  await store.open()
  engine = createEngine({ store, clock, log: silentLog, chance: Math.random })
  await engine.start()
}

async function close(): Promise<void> {
  await engine.stop(5_000)
  await store.close()
}

async function started(result: ReturnType<EngineApi['create']>): Promise<ExecutionId> {
  const answer = await result
  if (isRefusal(answer)) throw new Error(answer.message)
  return answer.id
}

async function one(request: Pick<PollRequest, 'dialect' | 'queues'>): Promise<Work> {
  const [work] = await engine.poll({ ...request, worker, max: 1, waitMs: 5_000 })
  if (!work) throw new Error('nothing to do')
  return work
}

async function statusOf(id: ExecutionId): Promise<string | undefined> {
  return (await engine.read(id))?.view.status
}

describe('a workflow of one task', () => {
  const task = { name: 'greet', taskReferenceName: 'greet_ref', type: 'SIMPLE', inputParameters: { who: '${workflow.input.who}' } }
  const shout = {
    name: 'shout',
    taskReferenceName: 'shout_ref',
    type: 'INLINE',
    inputParameters: {
      evaluatorType: 'javascript',
      expression: '(() => { let t = ""; for (const c of $.text) t += c.toUpperCase(); return t })()',
      text: '${greet_ref.output.text}',
    },
  }
  const definition = { name: 'hello', version: 1, ownerEmail: 'a@example.com', tasks: [task, shout], outputParameters: { said: '${shout_ref.output.result}' } }

  async function define(): Promise<void> {
    const now = engine.now()
    await engine.putDefinition({ kind: 'workflow', namespace: '', name: 'hello', version: 1, body: JSON.stringify(definition), createdAt: now, updatedAt: now })
  }

  const inputOf = (work: Work) => work.work['inputData'] as { readonly who: string }

  const complete = (work: Work) =>
    engine.send<UpdateReply>(work.execution, {
      kind: 'update',
      attempt: work.attempt.id,
      status: 'COMPLETED',
      output: { text: `hello ${inputOf(work).who}` },
      reason: null,
      worker: 'w',
      callbackAfterSeconds: 0,
      extendLease: false,
      subWorkflowId: null,
      logs: [],
    } as { kind: string })

  it('is handed to a worker that waits, completed, and its script is run in the sandbox', async () => {
    await define()
    const waiting = one({ dialect: 'conductor', queues: [queueOf('greet', null)] })
    const id = await started(engine.create('conductor', { name: 'hello', version: 1, input: { who: 'you' } }))
    const work = await waiting
    expect(work.work).toMatchObject({ referenceTaskName: 'greet_ref', inputData: { who: 'you' } })
    expect(await complete(work)).toMatchObject({ applied: true })
    await engine.idle()
    expect(await statusOf(id)).toBe('completed')
    expect((await store.load(id))?.execution).toMatchObject({ status: 'completed', state: { output: { said: 'HELLO YOU' } } })
  })

  it('goes on after a restart of the server, and a late answer is ignored', async () => {
    await define()
    const id = await started(engine.create('conductor', { name: 'hello', version: 1, input: { who: 'me' } }))
    await close()
    await open()
    const work = await one({ dialect: 'conductor', queues: [queueOf('greet', null)] })
    expect(work.execution).toBe(id)
    await complete(work)
    expect(await complete(work)).toMatchObject({ applied: false })
    await engine.idle()
    expect(await statusOf(id)).toBe('completed')
  })

  it('of which many run at once, all complete', async () => {
    await define()
    const count = 200
    const ids = await Promise.all(
      Array.from({ length: count }, (_, index) => started(engine.create('conductor', { name: 'hello', input: { who: String(index) } }))),
    )
    let done = 0
    while (done < count) {
      const works = await engine.poll({ dialect: 'conductor', queues: [queueOf('greet', null)], worker, max: 50, waitMs: 1_000 })
      await Promise.all(works.map(complete))
      done += works.length
    }
    await engine.idle()
    expect(await Promise.all(ids.map(statusOf))).toEqual(ids.map(() => 'completed'))
  })
})

describe('a flow of two steps', () => {
  const text = `
actions:
  say:
    type: script
    script: "echo {{ input.word }}"
    input: { word: { type: string } }
tasks:
  talk:
    input: { who: { type: string, default: you } }
    flow:
      first: { action: say, input: { word: "hello {{ input.who }}" } }
      second: { action: say, depends_on: [first], input: { word: "{{ first.output.said }}!" } }
`
  const skills = { abilities: ['script'], tags: [], exclusive: false } as const
  const queues = { key: skillsKey(skills), serves: (queue: Parameters<typeof serves>[1]) => serves(skills, queue) }

  async function talk(): Promise<ExecutionId> {
    const loaded = loadWorkspace([{ path: '.workflows/talk.yaml', text }] as never, { name: 'lab' })
    if ('error' in loaded) throw new Error(loaded.error)
    const request = startRequest(loaded.workspace, 'talk', { input: { who: 'Ada' }, sourceType: 'api' })
    if (isRefusal(request)) throw new Error(request.message)
    return started(engine.create('stroem', request))
  }

  it('whose server was away for long takes no worker for lost that had nobody to beat for', async () => {
    const awayMs = 600_000
    const id = await talk()
    await one({ dialect: 'stroem', queues })
    await engine.send(id, { kind: 'begin', step: 'first', worker: null } as never)
    await close()
    const clock = new ManualClock(Date.now() + awayMs)
    await open(clock)
    await engine.runOnce()
    expect(await statusOf(id)).toBe('running')
    clock.advance(awayMs)
    await engine.runOnce()
    expect(await statusOf(id)).toBe('failed')
  })

  it('runs one after the other, and what the first said reaches the second', async () => {
    const id = await talk()
    for (const step of ['first', 'second']) {
      const work = await one({ dialect: 'stroem', queues })
      expect(JSON.stringify(work.work)).toContain(step === 'first' ? 'echo hello Ada' : 'echo so it is!')
      await engine.send(id, { kind: 'begin', step, worker } as { kind: string })
      await engine.appendLogs(id, [{ source: step, stream: 'stdout', at: '2026-01-01T00:00:00Z', text: `${step} ran` }])
      await engine.send(id, { kind: 'complete', step, exitCode: 0, output: { said: 'so it is' }, error: null } as { kind: string })
    }
    await engine.idle()
    expect(await statusOf(id)).toBe('completed')
    const said: string[] = []
    for await (const lines of engine.followLogs(id, { signal: new AbortController().signal, untilEnded: true })) said.push(...lines.map(line => line.text))
    expect(said.filter(line => line.endsWith('ran'))).toEqual(['first ran', 'second ran'])
  })
})
