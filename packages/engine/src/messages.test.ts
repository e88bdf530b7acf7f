import { attemptIdOf, childIdOf, type ExecutionId } from '@busbar/kernel'
import { type Fault, MemoryStore } from '@busbar/store/testing'
import { describe, expect, it } from 'vitest'
import { ScriptedEngine, startScripted } from './testing/scripted-engine.js'

describe('a start message', () => {
  it('creates the child, and the parent hears of its end', async () => {
    const on = await startScripted()
    const id = await on.create([{ do: 'child', request: { steps: [{ do: 'mark', text: 'child' }, { do: 'end' }] } }])
    await on.settle()
    expect(await on.marks(id)).toEqual(['child ended'])
    expect((await on.view(id)).attempt(1)?.state).toMatchObject({ kind: 'closed', outcome: 'completed' })
    expect(await on.executions()).toHaveLength(2)
    expect(await on.store.messages(10)).toEqual([])
  })

  it('that is refused is told to the parent attempt, once', async () => {
    const on = await startScripted()
    const id = await on.create([{ do: 'child', request: { refuse: 'no such thing' } }])
    await on.settle()
    expect(await on.marks(id)).toEqual(['refused: no such thing'])
    expect((await on.view(id)).attempt(1)?.state).toMatchObject({ kind: 'closed', outcome: 'failed' })
    expect(await on.store.messages(10)).toEqual([])
  })
})

describe('a start message to an id that is taken', () => {
  it('is refused to the parent attempt, unless the execution is the one it started', async () => {
    const on = await startScripted()
    const id = '0191b5a0-0000-7000-8000-000000000000' as ExecutionId
    const taken = childIdOf(attemptIdOf(id, 1), 0)
    await on.engine.create('conductor', {}, { id: taken })
    await on.engine.create('conductor', { steps: [{ do: 'child', request: {} }] }, { id })
    await on.settle()
    expect(await on.marks(id)).toEqual([`refused: an execution ${taken} exists already; start with another id`])
    expect(await on.store.messages(10)).toEqual([])
  })
})

describe('a command message', () => {
  it('to an execution that does not exist is dropped', async () => {
    const on = await startScripted()
    await on.create([{ do: 'send', to: '0191b5a0-0000-7000-8000-000000000000', steps: [] }])
    await on.settle()
    expect(await on.store.messages(10)).toEqual([])
    expect(on.events('warn')).toContain('message dropped')
  })

  it('that is refused by its receiver is taken', async () => {
    const on = await startScripted()
    const ended = await on.create([{ do: 'end' }])
    await on.create([{ do: 'send', to: ended, steps: [] }])
    await on.settle()
    expect(await on.store.messages(10)).toEqual([])
  })

  it('whose receiver cannot take it stays in the outbox and is tried again, without spinning', async () => {
    const on = await startScripted()
    const receiver = await on.create([])
    await on.create([{ do: 'send', to: receiver, steps: [{ do: 'throw' }] }])
    await on.settle()
    expect(await on.store.messages(10)).toHaveLength(1)
    const tries = () => on.events('error').filter(event => event === 'message left in the outbox').length
    expect(tries()).toBe(1)
    await on.advance(1_000)
    expect(tries()).toBe(2)
    await on.advance(10_000)
    expect(tries()).toBeLessThan(7)
    expect(await on.steps(receiver, [])).toBe(0)
  })

  it('that cannot be taken at the start is tried again soon, not at the next sweep', async () => {
    const on = await startScripted()
    const receiver = await on.create([])
    await on.create([{ do: 'send', to: receiver, steps: [{ do: 'throw' }] }])
    await on.settle()
    on.store.crash()
    const later = await on.successor()
    await later.settle()
    const tries = () => later.events('error').filter(event => event === 'message left in the outbox').length
    expect(tries()).toBe(1)
    await later.advance(1_000)
    expect(tries()).toBe(2)
  })

  it('arrives in the order of sending', async () => {
    const on = await startScripted()
    const receiver = await on.create([])
    const marks = Array.from({ length: 20 }, (_, index) => String(index))
    await on.create(marks.map(text => ({ do: 'send', to: receiver, steps: [{ do: 'mark', text }] })))
    await on.settle()
    expect(await on.marks(receiver)).toEqual(marks)
  })
})

describe('a crash', () => {
  const crashes: readonly Fault[] = ['crash before', 'crash after']
  const steps = 12

  for (const fault of crashes) {
    it(`(${fault} the flush) at any moment loses no message and takes none twice`, async () => {
      for (let at = 1; at <= steps; at++) {
        const { on, receiver } = await withCrash(at, fault)
        const later = await on.successor()
        await later.settle()
        await expectOnce(later, receiver)
        expect(await later.store.messages(10)).toEqual([])
      }
    })
  }

  /** A parent with two children (one is refused) and a message to a third; the store crashes at its n-th flush after they were asked for. */
  async function withCrash(at: number, fault: Fault): Promise<{ on: ScriptedEngine; receiver: ExecutionId }> {
    let flushes = Number.NEGATIVE_INFINITY
    const on = await startScripted({ store: new MemoryStore({ beforeFlush: () => (++flushes === at ? fault : undefined) }) })
    const receiver = await on.create([])
    const parent = await on.create([], { name: 'parent' })
    flushes = 0
    void on.steps(parent, [
      { do: 'child', request: { name: 'child', steps: [{ do: 'end' }] } },
      { do: 'child', request: { refuse: 'no' } },
      { do: 'send', to: receiver, steps: [{ do: 'mark', text: 'heard' }] },
    ])
    for (let turn = 0; turn < steps * 4; turn++) await new Promise(resolve => setImmediate(resolve))
    return { on, receiver }
  }

  async function expectOnce(later: ScriptedEngine, receiver: ExecutionId): Promise<void> {
    const all = await later.executions()
    const parent = all.find(execution => execution.label.name === 'parent')
    if (!parent) throw new Error('the parent was acknowledged')
    const isAsked = (await later.view(parent.id)).size > 0
    expect(all.filter(execution => execution.label.name === 'child')).toHaveLength(isAsked ? 1 : 0)
    expect([...(await later.marks(parent.id))].sort()).toEqual(isAsked ? ['child ended', 'refused: no'] : [])
    expect(await later.marks(receiver)).toEqual(isAsked ? ['heard'] : [])
  }
})
