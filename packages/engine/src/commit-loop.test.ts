import { type ExecutionId, isRefusal } from '@busbar/kernel'
import { MemoryStore } from '@busbar/store/testing'
import { describe, expect, it } from 'vitest'
import { startScripted } from './testing/scripted-engine.js'

describe('a command', () => {
  it('is answered after its commit, with the reply of the dialect', async () => {
    let flushes = 0
    const on = await startScripted({ store: new MemoryStore({ beforeFlush: () => void flushes++ }) })
    const id = await on.create([{ do: 'mark', text: 'a' }])
    expect(flushes).toBeGreaterThan(0)
    expect(await on.steps(id, [{ do: 'mark', text: 'b' }])).toBe(1)
    expect(await on.marks(id)).toEqual(['a', 'b'])
    expect((await on.store.load(id))?.execution.state).toMatchObject({ marks: ['a', 'b'] })
  })

  it('for an unknown execution is refused as missing', async () => {
    const on = await startScripted()
    expect(await on.steps('0191b5a0-0000-7000-8000-000000000000' as ExecutionId, [])).toMatchObject({ kind: 'refusal', code: 'missing' })
  })

  it('that is refused changes nothing and hinders nobody', async () => {
    const on = await startScripted()
    const id = await on.create([])
    const [no, yes] = await Promise.all([on.engine.send(id, { kind: 'no' }), on.steps(id, [{ do: 'mark', text: 'yes' }])])
    expect(no).toMatchObject({ code: 'conflict', message: 'no' })
    expect(yes).toBe(1)
    expect(await on.marks(id)).toEqual(['yes'])
  })

  it('of many for one execution shares commits with the others', async () => {
    const on = await startScripted()
    const id = await on.create([])
    const before = (await on.view(id)).version
    await Promise.all(Array.from({ length: 100 }, (_, index) => on.steps(id, [{ do: 'mark', text: String(index) }])))
    const view = await on.view(id)
    expect(view.state.marks).toEqual(Array.from({ length: 100 }, (_, index) => String(index)))
    expect(view.version - before).toBe(1)
  })

  it('over the bound of its execution is throttled', async () => {
    const on = await startScripted({ limits: { commandsPerExecutionMax: 3 } })
    const id = await on.create([])
    const sent = await Promise.allSettled(Array.from({ length: 5 }, () => on.steps(id, [])))
    expect(sent.map(result => result.status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'])
    expect(sent[4]).toMatchObject({ reason: { code: 'throttled' } })
    expect(await on.steps(id, [])).toBe(0)
  })
})

describe('a decision that cannot be stored', () => {
  it('fails its own letter, and not those of its batch', async () => {
    const on = await startScripted()
    const id = await on.create([])
    const sent = [on.steps(id, [{ do: 'mark', text: 'a' }]), on.steps(id, [{ do: 'open', queue: 'q\0' }]), on.steps(id, [{ do: 'mark', text: 'c' }])]
    const [first, bad, last] = await Promise.allSettled(sent)
    expect([first?.status, last?.status]).toEqual(['fulfilled', 'fulfilled'])
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'invalid' } })
    expect(await on.marks(id)).toEqual(['a', 'c'])
  })
})

describe('a start', () => {
  it('is refused by the dialect with nothing left behind', async () => {
    const on = await startScripted()
    expect(await on.engine.create('conductor', { refuse: 'because' })).toMatchObject({ code: 'invalid', message: 'because' })
    expect(await on.executions()).toEqual([])
  })

  it('with an id that exists is a conflict', async () => {
    const on = await startScripted()
    const id = await on.create([{ do: 'mark', text: 'first' }])
    expect(isRefusal(await on.engine.create('conductor', {}, { id }))).toBe(true)
    const later = await on.successor()
    expect(await later.engine.create('conductor', {}, { id })).toMatchObject({ code: 'conflict' })
    expect(await later.marks(id)).toEqual(['first'])
  })
})

describe('a stale commit', () => {
  it('is decided again on the newest state, and its caller does not notice', async () => {
    const on = await startScripted()
    const id = await on.create([])
    const other = await startScripted({ store: on.store })
    await other.steps(id, [{ do: 'mark', text: 'other' }])
    expect(await on.steps(id, [{ do: 'mark', text: 'mine' }])).toBe(1)
    expect(await on.marks(id)).toEqual(['other', 'mine'])
  })
})

describe('a commit that fails', () => {
  it('is told to its callers, and the execution goes on from what is stored', async () => {
    let fault: 'fail before' | 'fail after' | undefined
    const on = await startScripted({ store: new MemoryStore({ beforeFlush: () => fault }) })
    const id = await on.create([])
    fault = 'fail before'
    await expect(on.steps(id, [{ do: 'mark', text: 'lost' }])).rejects.toMatchObject({ code: 'unavailable' })
    fault = 'fail after'
    await expect(on.steps(id, [{ do: 'mark', text: 'written' }])).rejects.toMatchObject({ code: 'unavailable' })
    fault = undefined
    await on.steps(id, [{ do: 'mark', text: 'next' }])
    expect(await on.marks(id)).toEqual(['written', 'next'])
  })
})

describe('a rule that throws', () => {
  it('fails the guilty command only', async () => {
    const on = await startScripted()
    const id = await on.create([])
    const results = await Promise.allSettled([
      on.steps(id, [{ do: 'mark', text: 'a' }]),
      on.engine.send(id, { kind: 'broken' }),
      on.steps(id, [{ do: 'throw' }]),
      on.steps(id, [{ do: 'mark', text: 'b' }]),
    ])
    expect(results.map(result => result.status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect(await on.marks(id)).toEqual(['a', 'b'])
    expect(on.logged.find(line => line.level === 'error')).toMatchObject({ event: 'a rule threw', fields: { execution: id } })
  })
})

describe('a long decision', () => {
  it('is written in pieces, others have their turn in between, and it survives a crash', async () => {
    const on = await startScripted({ limits: { roundsPerCommitMax: 10 } })
    const id = await on.create([
      { do: 'spin', rounds: 1_000 },
      { do: 'mark', text: 'end' },
    ])
    expect(await on.marks(id)).toEqual([])
    const other = await on.create([{ do: 'mark', text: 'other' }])
    expect(await on.marks(other)).toEqual(['other'])
    expect(await on.marks(id)).toEqual([])
    const later = await on.successor()
    await later.advance(1)
    expect(await later.marks(id)).toEqual(['end'])
  })

  it('asks the sandbox before its commit', async () => {
    const on = await startScripted()
    const id = await on.create([
      { do: 'evaluate', code: '6 * 7' },
      { do: 'evaluate', code: 'Date.now()' },
    ])
    expect(await on.marks(id)).toEqual(['42', String(on.clock.now())])
  })
})

describe('reading', () => {
  it('shows the acknowledged write, also while the next one is under way', async () => {
    const on = await startScripted()
    const id = await on.create([])
    await on.steps(id, [{ do: 'mark', text: 'a' }])
    const writing = on.steps(id, [{ do: 'mark', text: 'b' }])
    expect(await on.marks(id)).toContain('a')
    await writing
    expect(await on.marks(id)).toEqual(['a', 'b'])
  })

  it('does not wait for an evaluation, and does not see a half-made decision', async () => {
    let answer = () => {}
    const evaluator = {
      evaluate: () => new Promise<never[]>(resolve => (answer = () => resolve([{ ok: true, value: 1 }] as unknown as never[]))),
      stop: () => Promise.resolve(),
    }
    const on = await startScripted({ evaluator })
    const id = await on.create([{ do: 'mark', text: 'before' }])
    const asking = on.steps(id, [
      { do: 'mark', text: 'half' },
      { do: 'evaluate', code: 'slow' },
    ])
    await new Promise(resolve => setImmediate(resolve))
    expect(await on.marks(id)).toEqual(['before'])
    answer()
    await asking
    expect(await on.marks(id)).toEqual(['before', 'half', '1'])
  })

  it('gives what later commits do not change', async () => {
    const on = await startScripted()
    const id = await on.create([{ do: 'mark', text: 'a' }])
    const view = await on.view(id)
    await on.steps(id, [{ do: 'open', queue: 'q' }])
    expect(view.size).toBe(0)
    expect(await on.engine.read('0191b5a0-0000-7000-8000-000000000000' as ExecutionId)).toBeNull()
  })

  it('finds executions that left the cache', async () => {
    const on = await startScripted({ limits: { cachedViewsMax: 2 } })
    const id = await on.create([{ do: 'mark', text: '0' }])
    for (let others = 0; others < 3; others++) await on.create([])
    expect(await on.marks(id)).toEqual(['0'])
    expect(await on.steps(id, [{ do: 'mark', text: '1' }])).toBe(1)
    expect(await on.marks(id)).toEqual(['0', '1'])
  })
})

describe('removal', () => {
  it('waits for the commands before it, and later ones find nobody', async () => {
    const on = await startScripted()
    const id = await on.create([])
    const [before, removed, after] = await Promise.all([on.steps(id, []), on.engine.remove(id), on.steps(id, [])])
    expect([before, removed]).toEqual([0, true])
    expect(after).toMatchObject({ code: 'missing' })
    expect(await on.engine.read(id)).toBeNull()
    expect(await on.engine.remove(id)).toBe(false)
  })
})

describe('watching', () => {
  it('hears of each commit until it is told to stop, and `changed` of the next one or of the time-out', async () => {
    const on = await startScripted()
    const id = await on.create([])
    let heard = 0
    const unwatch = on.engine.watch(id, () => void heard++)
    const changed = on.engine.changed(id, { timeoutMs: 1_000 })
    await on.steps(id, [{ do: 'mark', text: 'a' }])
    await changed
    unwatch()
    await on.steps(id, [{ do: 'mark', text: 'b' }])
    expect(heard).toBe(1)
    const late = on.engine.changed(id, { timeoutMs: 1_000 })
    on.clock.advance(1_000)
    await late
    const abort = new AbortController()
    const aborted = on.engine.changed(id, { timeoutMs: 1_000, signal: abort.signal })
    abort.abort()
    await aborted
    expect(on.clock.next()).not.toBe(on.clock.now() + 1_000)
  })
})
