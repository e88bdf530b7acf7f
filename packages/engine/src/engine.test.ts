import { after, type WorkerId } from '@busbar/kernel'
import { MemoryStore } from '@busbar/store/testing'
import { describe, expect, it } from 'vitest'
import { startScripted } from './testing/scripted-engine.js'

describe('stop', () => {
  it('answers held polls, finishes what is under way, and takes nothing new', async () => {
    const on = await startScripted()
    const id = await on.create([])
    const poll = on.poll('q')
    const command = on.steps(id, [{ do: 'mark', text: 'last' }])
    const stopping = on.engine.stop(1_000)
    await expect(on.steps(id, [])).rejects.toMatchObject({ code: 'unavailable' })
    expect(await command).toBe(1)
    expect(await poll).toEqual([])
    await stopping
    expect(on.clock.next()).toBeNull()
    expect(await on.poll('q')).toEqual([])
    await expect(on.engine.create('conductor', {})).rejects.toMatchObject({ code: 'unavailable' })
    await on.engine.stop(1_000)
  })

  it('does not wait longer than it was told', async () => {
    const on = await startScripted({ store: new MemoryStore({ beforeFlush: () => 'crash before' }) })
    void on.create([])
    const stopping = on.engine.stop(1_000)
    on.clock.advance(1_000)
    await stopping
    expect(on.events('warn')).toContain('engine stopped before all had ended')
  })

  it('leaves messages for the next start', async () => {
    const on = await startScripted()
    const id = await on.create([])
    const sending = on.steps(id, [{ do: 'child', request: { steps: [{ do: 'end' }] } }])
    await on.engine.stop(1_000)
    await sending
    const later = await startScripted({ store: on.store, clock: on.clock })
    await later.settle()
    expect(await later.marks(id)).toEqual(['child ended'])
  })
})

describe('signs of life', () => {
  it('are known at once, written behind in batches, and read again at the start', async () => {
    const on = await startScripted()
    const worker = 'w1' as WorkerId
    await on.store.putWorker({ id: worker, name: 'w', lastSeen: on.clock.now(), registeredAt: on.clock.now(), detail: '{}' })
    const at = after(on.clock.now(), 10)
    on.engine.seen(worker, at)
    expect(on.engine.lastSeen(worker)).toBe(at)
    expect((await on.store.worker(worker))?.lastSeen).not.toBe(at)
    await on.advance(5_000)
    await new Promise(resolve => setImmediate(resolve))
    expect((await on.store.worker(worker))?.lastSeen).toBe(at)
    const later = await on.successor()
    expect(later.engine.lastSeen(worker)).toBe(at)
    expect(later.engine.lastSeen('nobody' as WorkerId)).toBeNull()
  })
})

describe('definitions', () => {
  it('are read once, and anew after a write', async () => {
    let reads = 0
    class CountingStore extends MemoryStore {
      override definition(...which: Parameters<MemoryStore['definition']>) {
        reads += 1
        return super.definition(...which)
      }
    }
    const on = await startScripted({ store: new CountingStore() })
    const definition = { kind: 'task', namespace: '', name: 'd', version: 0, body: '{"v":1}', createdAt: on.clock.now(), updatedAt: on.clock.now() } as const
    expect(await on.engine.definition('task', '', 'd', null)).toBeNull()
    await on.engine.putDefinition(definition)
    expect((await on.engine.definition('task', '', 'd', null))?.body).toBe('{"v":1}')
    reads = 0
    await on.engine.definition('task', '', 'd', null)
    expect(reads).toBe(0)
    await on.engine.putDefinition({ ...definition, body: '{"v":2}' })
    expect((await on.engine.definition('task', '', 'd', null))?.body).toBe('{"v":2}')
    expect(await on.engine.deleteDefinition('task', '', 'd', 0)).toBe(true)
    expect(await on.engine.definition('task', '', 'd', null)).toBeNull()
    expect(await on.engine.definitions('task', '')).toEqual([])
  })
})
