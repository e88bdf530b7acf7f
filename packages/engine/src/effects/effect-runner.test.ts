import { describe, expect, it } from 'vitest'
import type { EffectHandler, Work } from '../api.js'
import { startScripted } from '../testing/scripted-engine.js'

const done = ({ attempt }: Work) => ({ kind: 'done', attempt: attempt.id, fence: attempt.fence })

/** A handler that waits to be let go. */
function gated() {
  const begun: { work: Work; signal: AbortSignal; release: () => void }[] = []
  const handler: EffectHandler = {
    run: (work, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true })
        begun.push({ work, signal, release: () => resolve(done(work)) })
      }),
    failed: work => ({ kind: 'steps', steps: [{ do: 'mark', text: `failed ${work.attempt.ordinal}` }] }) as { kind: string },
  }
  return { begun, handler }
}

describe('an effect', () => {
  it('is done by the engine, and its execution is told', async () => {
    const on = await startScripted({ effects: { test: { run: async work => done(work), failed: done } } })
    const id = await on.create([{ do: 'open', queue: 'system/test' }])
    await on.settle()
    expect((await on.view(id)).attempt(1)).toMatchObject({ state: { kind: 'closed', outcome: 'completed' }, lastWorker: 'engine' })
    await on.engine.stop(1_000)
  })

  it('that throws is told as failed', async () => {
    const { handler } = gated()
    const on = await startScripted({ effects: { test: { ...handler, run: () => Promise.reject(new Error('x')) } } })
    const id = await on.create([{ do: 'open', queue: 'system/test' }])
    await on.settle()
    expect(await on.marks(id)).toEqual(['failed 1'])
    await on.engine.stop(1_000)
  })

  it('keeps its lease while it runs, and is stopped when it lost it', async () => {
    const { begun, handler } = gated()
    const on = await startScripted({ effects: { test: handler } })
    const id = await on.create([{ do: 'open', queue: 'system/test', leaseMs: 30_000 }])
    await on.settle()
    for (let minute = 0; minute < 10; minute++) {
      await on.advance(10_000)
      await on.advance(10_000)
    }
    expect((await on.view(id)).attempt(1)).toMatchObject({ fence: 1, state: { kind: 'leased' } })
    expect(begun[0]?.signal.aborted).toBe(false)
    for (const { work } of begun) await on.done(work.attempt.id)
    await on.advance(10_000)
    expect(begun[0]?.signal.aborted).toBe(true)
    await on.engine.stop(1_000)
  })

  it('runs beside others up to the bound', async () => {
    const { begun, handler } = gated()
    const on = await startScripted({ effects: { test: handler }, limits: { effectsMax: 2 } })
    await on.create(Array.from({ length: 3 }, () => ({ do: 'open', queue: 'system/test' }) as const))
    await on.settle()
    expect(begun).toHaveLength(2)
    begun[0]?.release()
    await on.settle()
    await on.settle()
    expect(begun).toHaveLength(3)
    for (const { release } of begun) release()
    await on.engine.stop(1_000)
  })

  it('that does not end before the engine stops goes back to its queue', async () => {
    const { begun, handler } = gated()
    const on = await startScripted({ effects: { test: handler } })
    const id = await on.create([{ do: 'open', queue: 'system/test' }])
    await on.settle()
    expect(begun).toHaveLength(1)
    await on.engine.stop(1_000)
    expect((await on.store.load(id))?.attempts[0]?.state.kind).toBe('waiting')
  })

  it('that ends while the engine stops is told, so that it is not done again', async () => {
    let finish = () => {}
    const handler: EffectHandler = { run: work => new Promise(resolve => (finish = () => resolve(done(work)))), failed: done }
    const on = await startScripted({ effects: { test: handler } })
    const id = await on.create([{ do: 'open', queue: 'system/test' }])
    await on.settle()
    const stopped = on.engine.stop(1_000)
    finish()
    await stopped
    expect((await on.store.load(id))?.attempts[0]?.state).toMatchObject({ kind: 'closed', outcome: 'completed' })
  })

  it('can be done by hand', async () => {
    const on = await startScripted()
    await on.create([{ do: 'open', queue: 'system/test' }])
    const later = await startScripted({ store: on.store, clock: on.clock, effects: { test: { run: async work => done(work), failed: done } } })
    await later.settle()
    await later.engine.runOnce()
    expect(await later.store.openAttempts('system/test' as never, 0, 10)).toEqual([])
    await later.engine.stop(1_000)
  })
})
