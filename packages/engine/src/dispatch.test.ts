import type { QueueName, WorkerId } from '@busbar/kernel'
import { MemoryStore } from '@busbar/store/testing'
import { describe, expect, it } from 'vitest'
import type { EngineOptions } from './api.js'
import { callerOf } from './caller.js'
import { type ScriptedEngine, startScripted } from './testing/scripted-engine.js'
import { scriptedRules, type Step } from './testing/scripted-rules.js'

const open = (queue = 'q', more: Partial<Extract<Step, { do: 'open' }>> = {}): Step => ({ do: 'open', queue, ...more })
const opens = (count: number, queue = 'q') => Array.from({ length: count }, () => open(queue))

/** A store that counts the claims it is asked for. */
class CountingStore extends MemoryStore {
  claims = 0
  override claim(request: Parameters<MemoryStore['claim']>[0]) {
    this.claims += 1
    return super.claim(request)
  }
}

async function counting(): Promise<{ on: ScriptedEngine; store: CountingStore }> {
  const store = new CountingStore()
  return { on: await startScripted({ store }), store }
}

describe('a poll', () => {
  it('of an empty queue parks without asking the store, and is answered empty when its time is over', async () => {
    const { on, store } = await counting()
    const poll = on.poll('q', { waitMs: 1_000 })
    const atOnce = await on.poll('q', { waitMs: 0 })
    expect(atOnce).toEqual([])
    await on.advance(1_000)
    expect(await poll).toEqual([])
    expect(store.claims).toBe(0)
  })

  it('claims what waits, and its work is committed as leased', async () => {
    const { on, store } = await counting()
    const id = await on.create(opens(3))
    const works = await on.poll('q', { max: 2 })
    expect(works.map(({ execution, attempt, work }) => [execution, attempt.ordinal, work])).toEqual([
      [id, 1, { attempt: works[0]?.attempt.id }],
      [id, 2, { attempt: works[1]?.attempt.id }],
    ])
    expect(store.claims).toBe(1)
    const view = await on.view(id)
    expect([...view.attempts()].map(attempt => attempt.state.kind)).toEqual(['leased', 'leased', 'waiting'])
    expect(await on.poll('q', { waitMs: 0 })).toHaveLength(1)
    expect(await on.poll('q', { waitMs: 0 })).toHaveLength(0)
    const claims = store.claims
    expect(await on.poll('q', { waitMs: 0 })).toHaveLength(0)
    expect(store.claims).toBe(claims)
  })

  it('that waits gets what is opened, leased in the same commit', async () => {
    const { on, store } = await counting()
    const poll = on.work('q')
    const id = await on.create([open()])
    const work = await poll
    expect(work).toMatchObject({ execution: id, attempt: { ordinal: 1, fence: 1, state: { kind: 'leased', worker: 'w' } } })
    expect((await on.store.load(id))?.version).toBe(1)
    expect(store.claims).toBe(0)
    expect(await on.done(work.attempt.id, 1)).toBe('closed')
  })

  it('takes up to its maximum from several executions of one turn', async () => {
    const { on } = await counting()
    const poll = on.poll('q', { max: 10 })
    await Promise.all(Array.from({ length: 12 }, () => on.create([open()])))
    expect(await poll).toHaveLength(10)
    expect(await on.poll('q', { max: 10, waitMs: 0 })).toHaveLength(2)
  })

  it('that waits longest is served first', async () => {
    const on = await startScripted()
    const answered: string[] = []
    const polls = ['a', 'b', 'c'].map(worker => on.poll('q', { worker: worker as WorkerId }).then(works => answered.push(`${worker}${works.length}`)))
    await on.create([open()])
    await on.settle()
    await on.create([open()])
    await on.settle()
    await on.create([open()])
    await Promise.all(polls)
    expect(answered).toEqual(['a1', 'b1', 'c1'])
  })

  it('keeps its place when the work that was meant for it came to nothing', async () => {
    const on = await startScripted()
    const answered: string[] = []
    const polls = ['a', 'b', 'c'].map(worker => on.poll('q', { worker: worker as WorkerId }).then(() => answered.push(worker)))
    await on.create([open('q', { spoil: true })])
    await on.settle()
    for (let count = 0; count < 3; count++) await on.create([open()])
    await Promise.all(polls)
    expect(answered).toEqual(['a', 'b', 'c'])
  })

  it('hands back what could not be made into work, and another gets it a little later', async () => {
    let isBroken = true
    const handOut: typeof scriptedRules.handOut = (view, attempt, context) => {
      if (isBroken) throw new Error('no work can be made')
      return scriptedRules.handOut(view, attempt, context)
    }
    const on = await startScripted({ rules: { conductor: { ...scriptedRules, handOut } } as unknown as NonNullable<EngineOptions['rules']> })
    // Neither by a claim nor by a hand-off; and whoever opened the attempt does not suffer.
    const poll = on.poll('q', { waitMs: 30_000 })
    const id = await on.create([open()])
    await on.settle()
    expect((await on.view(id)).attempt(1)?.state.kind).toBe('waiting')
    expect(on.events('error').filter(event => event === 'claimed attempt not handed out')).toHaveLength(1)
    isBroken = false
    await on.advance(5_000)
    expect(await poll).toHaveLength(1)
  })

  it('may serve several queues, by name or by rule', async () => {
    const on = await startScripted()
    const named = on.poll(['a', 'b'] as QueueName[])
    const ruled = on.poll({ key: 'x*', serves: queue => queue.startsWith('x') })
    await on.create([open('b'), open('x1'), open('y1')])
    expect((await named)[0]?.attempt.queue).toBe('b')
    expect((await ruled)[0]?.attempt.queue).toBe('x1')
    await on.create([open('x2')])
    expect((await on.poll({ key: 'x*', serves: queue => queue.startsWith('x') }, { waitMs: 0 }))[0]?.attempt.queue).toBe('x2')
    expect(await on.poll(['a', 'b'] as QueueName[], { waitMs: 0 })).toEqual([])
  })

  it('finds after a restart what was waiting before', async () => {
    const on = await startScripted()
    await on.create(opens(2))
    const later = await on.successor()
    expect(await later.poll('q', { max: 5, waitMs: 0 })).toHaveLength(2)
  })

  it('that its caller gave up is dropped, and its work goes back', async () => {
    const abort = new AbortController()
    let isUnderWay = false
    // The caller goes while the commit that leases the attempt to it is under way.
    const beforeFlush = () => (isUnderWay ? abort.abort() : undefined)
    const on = await startScripted({ store: new MemoryStore({ beforeFlush: () => beforeFlush() as undefined }) })
    const given = on.poll('q', { caller: callerOf(abort.signal) })
    const id = await on.create([])
    isUnderWay = true
    await on.steps(id, [open()])
    expect(await given).toEqual([])
    await on.settle()
    const [work] = await on.poll('q')
    expect(work?.attempt.ordinal).toBe(1)
    expect(work?.attempt.fence).toBeGreaterThan(1)
  })

  it('that was given up while parked waits for nothing', async () => {
    const on = await startScripted()
    const abort = new AbortController()
    const given = on.poll('q', { caller: callerOf(abort.signal) })
    abort.abort()
    expect(await given).toEqual([])
    const id = await on.create([open()])
    expect((await on.view(id)).attempt(1)?.state.kind).toBe('waiting')
  })

  it('looks further when an attempt turns out to be spoiled', async () => {
    const on = await startScripted()
    const id = await on.create([open('q', { spoil: true }), open('q', { spoil: true }), open()])
    const [work] = await on.poll('q')
    expect(work?.attempt.ordinal).toBe(3)
    const view = await on.view(id)
    expect([...view.attempts()].map(attempt => attempt.state.kind)).toEqual(['closed', 'closed', 'leased'])
    const waiting = on.poll('q')
    await on.create([open('q', { spoil: true }), open()])
    expect((await waiting)[0]?.attempt.ordinal).toBe(2)
  })

  it('hears why what it claimed came to nothing', async () => {
    const on = await startScripted()
    await on.create([open('q', { spoil: true }), open('q', { spoil: true })])
    const reasons: string[] = []
    expect(await on.poll('q', { waitMs: 0, onSpoiled: reason => reasons.push(reason) })).toEqual([])
    expect(reasons).toEqual(['told to be', 'told to be'])
  })

  it('is answered after the commit of what its hand-out stored', async () => {
    const on = await startScripted()
    const id = await on.create([open('q', { render: true })])
    const [work] = await on.poll('q')
    expect(work?.attempt.data).toMatchObject({ rendered: 1 })
    expect((await on.store.load(id))?.attempts[0]?.data).toMatchObject({ rendered: 1 })
  })

  it('gets nothing of a commit that failed, and waits on', async () => {
    let fault: 'fail before' | undefined
    const on = await startScripted({ store: new MemoryStore({ beforeFlush: () => fault }) })
    const id = await on.create([])
    const poll = on.poll('q')
    fault = 'fail before'
    await expect(on.steps(id, [open()])).rejects.toMatchObject({ code: 'unavailable' })
    fault = undefined
    await on.steps(id, [open()])
    expect(await poll).toHaveLength(1)
  })

  it('gets a delayed attempt when its time has come', async () => {
    const on = await startScripted()
    const poll = on.poll('q', { waitMs: 60_000 })
    await on.create([open('q', { delayMs: 5_000 })])
    await on.advance(4_999)
    await on.advance(1)
    expect(await poll).toHaveLength(1)
    await on.create([open('q', { delayMs: 5_000 })])
    expect(await on.poll('q', { waitMs: 0 })).toEqual([])
    await on.advance(5_000)
    expect(await on.poll('q', { waitMs: 0 })).toHaveLength(1)
  })

  it('over the bound is refused, and too long or too many is cut to what is allowed', async () => {
    const on = await startScripted({ limits: { heldPollsMax: 1, pollWaitMsMax: 1_000, pollCountMax: 2 } })
    const held = on.poll('q', { waitMs: 1e9, max: 1e9 })
    await expect(on.poll('q')).rejects.toMatchObject({ code: 'throttled' })
    await on.create(opens(3))
    expect(await held).toHaveLength(2)
    const waiting = on.poll('other', { waitMs: 1e9 })
    await on.advance(1_000)
    expect(await waiting).toEqual([])
  })

  it('is remembered: who polled which queue, newest first', async () => {
    const on = await startScripted()
    await on.poll('a', { waitMs: 0, worker: 'w1' as WorkerId })
    on.clock.advance(5)
    await on.poll('b', { waitMs: 0, worker: 'w2' as WorkerId })
    expect((await on.engine.pollData()).map(({ queue, worker }) => [queue, worker])).toEqual([
      ['b', 'w2'],
      ['a', 'w1'],
    ])
    expect(await on.engine.pollData('a' as QueueName)).toHaveLength(1)
  })
})

describe('many polls and attempts', () => {
  it('meet without loss or doubles', async () => {
    const on = await startScripted()
    const seen = new Map<string, number>()
    let done = 0
    const worker = async (name: string) => {
      for (;;) {
        const works = await on.poll('q', { worker: name as WorkerId, max: 3, waitMs: 1_000 })
        if (works.length === 0) return
        for (const { attempt } of works) {
          seen.set(attempt.id, (seen.get(attempt.id) ?? 0) + 1)
          await on.done(attempt.id, attempt.fence)
          done += 1
        }
      }
    }
    const workers = Promise.all(['a', 'b', 'c', 'd', 'e'].map(worker))
    await Promise.all(Array.from({ length: 100 }, (_, index) => on.create(opens(1 + (index % 4)))))
    while (done < 250) await on.settle()
    on.clock.advance(1_000)
    await workers
    expect(seen.size).toBe(250)
    expect([...seen.values()].every(count => count === 1)).toBe(true)
  })
})

describe('a worker whose name cannot be stored', () => {
  it('is refused its poll, so that no hand-off to it fails the commit of others', async () => {
    const on = await startScripted()
    await expect(on.poll('q', { worker: 'w\0' as WorkerId })).rejects.toMatchObject({ code: 'invalid' })
    await on.create([open()])
    expect(await on.poll('q', { waitMs: 0 })).toHaveLength(1)
  })
})

describe('work that was made for a waiting poll', () => {
  it('is not delivered when the same decision ends its attempt after all', async () => {
    // The second attempt is found to be spoiled, and takes the first one with it.
    const handOut: typeof scriptedRules.handOut = (view, attempt, context) => {
      if (attempt.data.spoil) for (const each of [...view.openAttempts()]) view.close(each.ordinal, 'cancelled', { kind: 'engine' }, context.now)
      return attempt.data.spoil ? { kind: 'spoiled' } : scriptedRules.handOut(view, attempt, context)
    }
    const on = await startScripted({ rules: { conductor: { ...scriptedRules, handOut } } as unknown as NonNullable<EngineOptions['rules']> })
    const polls = [on.poll('q', { waitMs: 1_000 }), on.poll('r', { waitMs: 1_000 })]
    await on.create([open('q'), open('r', { spoil: true })])
    await on.advance(1_000)
    expect(await Promise.all(polls)).toEqual([[], []])
  })
})
