import { attemptIdOf, childIdOf, type ExecutionId, instant, type QueueName, type WorkerId } from '@busbar/kernel'
import type { StoredDefinition } from '@busbar/store'
import { MemoryStore } from '@busbar/store/testing'
import { describe, expect, it } from 'vitest'
import { ManualClock } from './testing/manual-clock.js'
import { ScriptedEngine } from './testing/scripted-engine.js'
import type { Step } from './testing/scripted-rules.js'

const open = (more: Partial<Extract<Step, { do: 'open' }>> = {}): Step => ({ do: 'open', queue: 'q', ...more })

/** Two servers on one store; `lose` says whether a hint between them is lost. */
async function pair({ lose = () => false }: { readonly lose?: () => boolean } = {}) {
  const clock = new ManualClock()
  const store = new MemoryStore({ shared: true, now: () => clock.now(), lose })
  const a = new ScriptedEngine({ store, clock })
  const b = new ScriptedEngine({ store: store.companion(), clock })
  await a.engine.start()
  await b.engine.start()
  const settle = async () => {
    // What one of them does may be news for the other.
    for (let i = 0; i < 3; i++) for (const each of [a, b]) if (!each.store.isCrashed) await each.settle()
  }
  await settle()
  return {
    a,
    b,
    clock,
    settle,
    advance: async (ms: number) => {
      for (let left = ms; left > 0; left -= 1_000) {
        clock.advance(Math.min(left, 1_000))
        await settle()
      }
    },
  }
}

/** As if the process were killed: what is durable stays, and it does nothing any more. */
function kill({ store }: ScriptedEngine): void {
  store.crash()
}

describe('two servers on one store', () => {
  it('wake each other: a poll held by one gets what the other opens', async () => {
    const { a, b } = await pair()
    const poll = b.work('q')
    await b.settle()
    const id = await a.create([open()])
    expect(await poll).toMatchObject({ execution: id, attempt: { ordinal: 1, fence: 1, state: { kind: 'leased' } } })
  })

  it('lose no work with a lost hint: the next survey finds it', async () => {
    const { a, b, advance } = await pair({ lose: () => true })
    const poll = b.work('q')
    await b.settle()
    const id = await a.create([open()])
    await advance(12_000)
    expect(await poll).toMatchObject({ execution: id })
  })

  it('ask the store for nothing while nothing happens, but one survey among them', async () => {
    const { a, b, advance } = await pair()
    let surveys = 0
    for (const { store } of [a, b]) {
      const { sharing } = store
      const survey = sharing?.survey.bind(sharing)
      if (sharing && survey)
        sharing.survey = (...given) => {
          surveys += 1
          return survey(...given)
        }
    }
    void a.poll('q', { waitMs: 60_000 })
    void b.poll('q', { waitMs: 60_000 })
    for (let i = 0; i < 50; i++) await advance(1_000)
    expect(surveys).toBeGreaterThan(4)
    expect(surveys).toBeLessThanOrEqual(13)
  })

  it('read what the other one wrote', async () => {
    const { a, b } = await pair({ lose: () => true })
    const id = await a.create([open()])
    expect((await b.view(id)).size).toBe(1)
    await b.steps(id, [open()])
    expect((await a.view(id)).size).toBe(2)
    await a.steps(id, [{ do: 'mark', text: 'a' }])
    expect(await b.marks(id)).toEqual(['a'])
  })

  it('refuse nothing because of an old view', async () => {
    const { a, b } = await pair({ lose: () => true })
    const id = await a.create([{ do: 'mark', text: 'begun' }])
    await b.steps(id, [open()])
    // The first server still keeps the execution as it was, without any attempt; and then with an open one.
    const [work] = await b.poll('q')
    expect(await a.done(attemptIdOf(id, 1))).toBe('closed')
    expect(await b.done(work?.attempt.id ?? attemptIdOf(id, 0))).toMatchObject({ kind: 'refusal' })
  })

  it('never write over what the other one closed', async () => {
    const { a, b } = await pair({ lose: () => true })
    const id = await a.create([open({ render: true })])
    await b.steps(id, [{ do: 'end' }])
    expect(await a.poll('q', { waitMs: 0 })).toEqual([])
    expect(await a.steps(id, [open()])).toMatchObject({ kind: 'refusal' })
    expect((await b.view(id)).status).toBe('completed')
    expect((await b.view(id)).openCount).toBe(0)
  })

  it('claim each attempt once', async () => {
    const { a, b } = await pair()
    const id = await a.create(Array.from({ length: 40 }, () => open()))
    const works = (await Promise.all(Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? a : b).poll('q', { max: 5, waitMs: 0 })))).flat()
    expect(works).toHaveLength(40)
    expect(new Set(works.map(work => work.attempt.ordinal)).size).toBe(40)
    expect(works.every(work => work.execution === id)).toBe(true)
  })

  it('take a message once although both carry it', async () => {
    const { a, b, settle } = await pair()
    const to = await a.create([])
    await b.view(to)
    await Promise.all([a.create([{ do: 'send', to, steps: [{ do: 'mark', text: 'once' }] }]), a.engine.runOnce(), b.engine.runOnce()])
    await Promise.all([a.engine.runOnce(), b.engine.runOnce()])
    await settle()
    expect(await b.marks(to)).toEqual(['once'])
    expect(await a.store.messages(10)).toEqual([])
    for (const each of [a, b]) expect(each.events('error')).toEqual([])
  })

  it('serve definitions as they are, whoever wrote them', async () => {
    const { a, b } = await pair({ lose: () => true })
    const definition = (body: string): StoredDefinition => ({
      kind: 'task',
      namespace: '',
      name: 't',
      version: 0,
      body,
      createdAt: instant(0),
      updatedAt: instant(0),
    })
    expect(await b.engine.definition('task', '', 't', 0)).toBeNull()
    await a.engine.putDefinition(definition('{"n":1}'))
    expect((await b.engine.definition('task', '', 't', 0))?.body).toBe('{"n":1}')
    await b.engine.putDefinition(definition('{"n":2}'))
    expect((await a.engine.definition('task', '', 't', 0))?.body).toBe('{"n":2}')
    await a.engine.deleteDefinition('task', '', 't', 0)
    expect(await b.engine.definition('task', '', 't', 0)).toBeNull()
  })

  it('follow the log of an execution wherever its lines arrive', async () => {
    const { a, b, settle } = await pair()
    const id = await a.create([open()])
    const said: string[] = []
    const followed = (async () => {
      for await (const lines of b.engine.followLogs(id, { signal: new AbortController().signal, untilEnded: true })) said.push(...lines.map(line => line.text))
    })()
    await settle()
    await a.engine.appendLogs(id, [{ source: 's', stream: 'out', at: '', text: 'one' }])
    await settle()
    expect(said).toEqual(['one'])
    await a.engine.appendLogs(id, [{ source: 's', stream: 'out', at: '', text: 'two' }])
    await a.steps(id, [{ do: 'end' }])
    await followed
    expect(said).toEqual(['one', 'two'])
  })

  it('follow it to its end although every hint is lost', async () => {
    const { a, b, advance } = await pair({ lose: () => true })
    const id = await a.create([open()])
    let lines = 0
    const followed = (async () => {
      for await (const page of b.engine.followLogs(id, { signal: new AbortController().signal, untilEnded: true })) lines += page.length
    })()
    await a.engine.appendLogs(id, [{ source: 's', stream: 'out', at: '', text: 'one' }])
    await a.steps(id, [{ do: 'end' }])
    for (let i = 0; i < 3; i++) await advance(6_000)
    await followed
    expect(lines).toBe(1)
  })

  it('say who polls what, whoever was asked', async () => {
    const { a, b, advance } = await pair()
    await a.poll('q', { waitMs: 0, worker: 'w1' as WorkerId })
    await advance(4_000)
    await b.poll('q', { waitMs: 0, worker: 'w2' as WorkerId })
    expect((await b.engine.pollData('q' as QueueName)).map(sign => sign.worker)).toEqual(['w2', 'w1'])
    expect((await a.engine.pollData('other' as QueueName)).map(sign => sign.worker)).toEqual([])
  })
})

describe('a server that dies', () => {
  it('leaves its messages to the others', async () => {
    const { a, b, advance } = await pair()
    const to = await b.create([])
    // The commit is durable, and nobody is left to carry what it sent.
    await a.store.commit(await sendingTo(a, to))
    kill(a)
    await advance(12_000)
    expect(await b.marks(to)).toEqual(['heard'])
  })

  it('leaves a start to the others, and what overtook it waits for that', async () => {
    const { a, b, advance } = await pair()
    const view = await a.view(await a.create([]))
    const to = childIdOf(attemptIdOf(view.id, 1), 0)
    view.send(to, { kind: 'start', dialect: 'conductor', request: { name: 'late' }, parent: null })
    await a.store.commit(view.takeChanges())
    kill(a)
    await b.create([{ do: 'send', to, steps: [{ do: 'mark', text: 'heard' }] }])
    await advance(12_000)
    expect(await b.marks(to)).toEqual(['heard'])
    expect(await b.store.messages(10)).toEqual([])
    expect(b.events('warn')).not.toContain('message dropped')
  })

  it('leaves its timers to the others, who fire them once', async () => {
    const { a, b, advance } = await pair()
    const id = await a.create([{ do: 'wake', afterMs: 20_000 }])
    kill(a)
    await advance(10_000)
    expect((await b.view(id)).state.ticks).toBe(0)
    for (let i = 0; i < 4; i++) await advance(5_000)
    expect((await b.view(id)).state.ticks).toBe(1)
    expect(await b.store.nextDue()).toBeNull()
  })

  it('leaves its leases to their end', async () => {
    const { a, b, advance } = await pair()
    const id = await a.create([open({ leaseMs: 30_000 })])
    await a.work('q')
    kill(a)
    const poll = b.poll('q', { waitMs: 60_000 })
    await advance(45_000)
    expect(await poll).toMatchObject([{ execution: id, attempt: { fence: 3 } }])
  })
})

describe('a timer of two living servers', () => {
  it('fires once', async () => {
    const { a, b, advance } = await pair()
    const ids = []
    for (let i = 0; i < 20; i++) ids.push(await (i % 2 === 0 ? a : b).create([{ do: 'wake', afterMs: 7_000 }]))
    for (let i = 0; i < 12; i++) await advance(1_000)
    for (const id of ids) expect((await a.view(id)).state.ticks).toBe(1)
  })
})

/** The change of an execution that sends a message, as `a` would commit it. */
async function sendingTo(a: ScriptedEngine, to: string) {
  const id = await a.create([])
  const view = await a.view(id)
  view.send(to as never, { kind: 'command', command: { kind: 'steps', steps: [{ do: 'mark', text: 'heard' }] } })
  return view.takeChanges()
}

describe('an execution whose start is in the outbox', () => {
  const child: Step = { do: 'child', request: { steps: [{ do: 'mark', text: 'began' }, open()] } }

  it('exists to whoever asks for it, also on another server than its parent’s, and when that one is gone', async () => {
    const { a, b } = await pair()
    const id = await a.create([child])
    kill(a)
    expect(await b.store.messages(10)).toHaveLength(1)
    const childId = childIdOf(attemptIdOf(id, 1), 0)
    expect(await b.marks(childId)).toEqual(['began'])
    expect(await b.store.messages(10)).toEqual([])
  })

  it('takes commands, and can be removed', async () => {
    const { a, b } = await pair()
    const ids = [await a.create([child]), await a.create([child])].map(id => childIdOf(attemptIdOf(id, 1), 0))
    kill(a)
    const [first, second] = ids as [ExecutionId, ExecutionId]
    expect(await b.steps(first, [{ do: 'mark', text: 'told' }])).toBe(1)
    expect(await b.marks(first)).toEqual(['began', 'told'])
    expect(await b.engine.remove(second)).toBe(true)
    await b.settle()
    expect(await b.engine.read(second)).toBeNull()
    expect(await b.store.messages(10)).toEqual([])
  })

  it('is one to ask for again when it cannot start yet', async () => {
    const { a, b } = await pair()
    const id = await a.create([{ do: 'child', request: { steps: [{ do: 'throw' }] } }])
    kill(a)
    await expect(b.engine.read(childIdOf(attemptIdOf(id, 1), 0))).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('may have thousands of messages before it: a command to it is not dropped', async () => {
    const { a, b } = await pair()
    const broken = Array.from({ length: 1_100 }, (): Step => ({ do: 'child', request: { steps: [{ do: 'throw' }] } }))
    await a.create(broken)
    const id = await a.create([child])
    const childId = childIdOf(attemptIdOf(id, 1), 0)
    kill(a)
    await b.create([{ do: 'send', to: childId, steps: [{ do: 'mark', text: 'told' }] }])
    await b.settle()
    expect(await b.marks(childId)).toEqual(['began', 'told'])
  })
})
