import { childIdOf, type ExecutionId, attemptIdOf, type WorkerId } from '@busbar/kernel'
import { MemoryStore } from '@busbar/store/testing'
import { describe, expect, it } from 'vitest'
import type { EffectHandler, Work } from './api.js'
import { startScripted } from './testing/scripted-engine.js'
import { scriptedRules, type Step } from './testing/scripted-rules.js'

describe('review', () => {
  it('T1 a back-off of an execution that is due no more ends', async () => {
    let dues = 0
    class Counting extends MemoryStore {
      override due(...r: Parameters<MemoryStore['due']>) { dues++; return super.due(...r) }
    }
    const on = await startScripted({ store: new Counting() })
    const id = await on.create([{ do: 'wake', afterMs: 1_000 }], { name: 'broken timer' })
    await on.advance(1_000)
    await on.steps(id, [{ do: 'end' }])
    dues = 0
    on.clock.advance(1_000)
    for (let i = 0; i < 50; i++) await new Promise(r => setImmediate(r))
    expect(dues).toBeLessThan(5)
  })
  it('T2 a bad worker does not poison', async () => {
    const on = await startScripted()
    const poll = on.poll('q', { worker: 'w\0' as WorkerId }).catch(e => e)
    const id = await on.create([{ do: 'open', queue: 'q' }]).catch(e => e)
    expect(typeof id).toBe('string')
    expect(await poll).toMatchObject({ code: 'invalid' })
  })
  it('T3 invalid decision fails only the guilty', async () => {
    const on = await startScripted()
    const id = await on.create([])
    const [a, b, c] = await Promise.allSettled([on.steps(id, [{ do: 'mark', text: 'a' }]), on.steps(id, [{ do: 'open', queue: 'q\0' }]), on.steps(id, [{ do: 'mark', text: 'c' }])])
    expect([a.status, b.status, c.status]).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await on.marks(id)).toEqual(['a', 'c'])
  })
  it('T4 an attempt closed by later spoil is not delivered', async () => {
    const rules = { ...scriptedRules, handOut: ((view: any, attempt: any, ctx: any) => {
      if (attempt.data.spoil) { for (const a of [...view.openAttempts()]) view.close(a.ordinal, 'cancelled', { kind: 'engine' }, ctx.now); return { kind: 'spoiled' } }
      return { kind: 'work', work: { attempt: attempt.id } }
    }) as any }
    const on = await startScripted({ rules: { conductor: rules } as any })
    const poll = on.poll('q', { waitMs: 1000 })
    const other = on.poll('r', { waitMs: 1000 })
    await on.create([{ do: 'open', queue: 'q' }, { do: 'open', queue: 'r', spoil: true }])
    await on.settle()
    await on.advance(1000)
    expect(await other).toEqual([])
    expect(await poll).toEqual([])
  })
  it('T5 an effect that ends while stopping is told', async () => {
    let finish = () => {}
    const handler: EffectHandler = { run: (work: Work) => new Promise(r => { finish = () => r({ kind: 'done', attempt: work.attempt.id } as any) }), failed: () => ({ kind: 'no' }) }
    const on = await startScripted({ effects: { test: handler } })
    const id = await on.create([{ do: 'open', queue: 'system/test' }])
    await on.settle()
    const stopped = on.engine.stop(1_000)
    finish()
    await stopped
    expect((await on.store.load(id))?.attempts[0]?.state).toMatchObject({ kind: 'closed' })
  })
  it('T6 logs: a bad line fails its caller only', async () => {
    const on = await startScripted()
    const id = await on.create([])
    const line = (source: string) => [{ source, stream: 'out', at: '', text: source }]
    const r = await Promise.allSettled([on.engine.appendLogs(id, line('a')), on.engine.appendLogs(id, line('b\0')), on.engine.appendLogs(id, line('c'))])
    expect(r.map(x => x.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((await on.store.logs(id, { after: 0, limit: 10 })).map(l => l.source)).toEqual(['a', 'c'])
  })
  it('T7 child id clash', async () => {
    const on = await startScripted()
    const id = '0191b5a0-0000-7000-8000-000000000000' as ExecutionId
    const child = childIdOf(attemptIdOf(id, 1), 0)
    await on.engine.create('conductor', {}, { id: child })
    await on.engine.create('conductor', { steps: [{ do: 'child', request: {} }] } as any, { id })
    await on.settle()
    expect((await on.marks(id))[0]).toMatch(/refused/)
  })
  it('T12 messages left at the start are tried again soon', async () => {
    let fail = true
    const store = new MemoryStore()
    const on = await startScripted({ store })
    const b = await on.create([])
    await on.engine.stop(0)
    void fail
    void b
  })
  it('T13 a poll that looked in vain keeps its place', async () => {
    const on = await startScripted({ exclusive: true })
    const answered: string[] = []
    const polls = ['a', 'b'].map(worker => on.poll('q', { worker: worker as WorkerId }).then(works => answered.push(`${worker}${works.length}`)))
    // an attempt is opened and removed from under the woken poll
    const on2 = on.engine as any
    void on2
    await on.settle()
    const other = await startScripted({ store: on.store, clock: on.clock })
    await other.create([{ do: 'open', queue: 'q' }])
    // the sweep of the first engine wakes a, but the other engine's claim came first
    const sweep = on.clock.advance(60_000 - 0)
    void sweep
    void polls
  })
})
const _s: Step[] = []
void _s
