import type { ExecutionId } from '@busbar/kernel'
import type { LogLine } from '@busbar/store'
import { MemoryStore } from '@busbar/store/testing'
import { describe, expect, it } from 'vitest'
import { type ScriptedEngine, startScripted } from './testing/scripted-engine.js'

const line = (text: string, source = 's') => ({ source, stream: 'stdout', at: '2026-01-01T00:00:00Z', text })
const never = () => new AbortController().signal

async function textsOf(lines: AsyncIterable<readonly LogLine[]>): Promise<string[]> {
  const texts: string[] = []
  for await (const some of lines) texts.push(...some.map(({ text }) => text))
  return texts
}

async function withLines(count: number): Promise<{ on: ScriptedEngine; id: ExecutionId }> {
  const on = await startScripted()
  const id = await on.create([])
  await on.engine.appendLogs(
    id,
    Array.from({ length: count }, (_, index) => line(String(index))),
  )
  return { on, id }
}

describe('following a log', () => {
  it('gives the lines that are there and those that come, each once, until the execution has ended', async () => {
    const { on, id } = await withLines(2_500)
    const following = textsOf(on.engine.followLogs(id, { signal: never(), untilEnded: true }))
    for (let index = 2_500; index < 2_600; index++) void on.engine.appendLogs(id, [line(String(index))])
    await on.settle()
    await on.engine.appendLogs(id, [line('last')])
    await on.steps(id, [{ do: 'end' }])
    expect(await following).toEqual([...Array.from({ length: 2_600 }, (_, index) => String(index)), 'last'])
  })

  it('of one source leaves out the others', async () => {
    const { on, id } = await withLines(1)
    await on.engine.appendLogs(id, [line('x', 'other')])
    await on.steps(id, [{ do: 'end' }])
    expect(await textsOf(on.engine.followLogs(id, { signal: never(), untilEnded: true, source: 'other' }))).toEqual(['x'])
  })

  it('ends when its signal says so, also while it waits', async () => {
    const { on, id } = await withLines(1)
    const abort = new AbortController()
    const following = textsOf(on.engine.followLogs(id, { signal: abort.signal }))
    await on.settle()
    abort.abort()
    expect(await following).toEqual(['0'])
  })

  it('of an execution that ended, or never was, ends after what is there', async () => {
    const { on, id } = await withLines(3)
    await on.steps(id, [{ do: 'end' }])
    expect(await textsOf(on.engine.followLogs(id, { signal: never(), untilEnded: true }))).toEqual(['0', '1', '2'])
    const nobody = '0191b5a0-0000-7000-8000-000000000000' as ExecutionId
    expect(await textsOf(on.engine.followLogs(nobody, { signal: never(), untilEnded: true }))).toEqual([])
  })

  it('by a slow reader misses nothing', async () => {
    const { on, id } = await withLines(0)
    const texts: string[] = []
    const reading = (async () => {
      for await (const some of on.engine.followLogs(id, { signal: never(), untilEnded: true })) {
        texts.push(...some.map(({ text }) => text))
        for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve))
      }
    })()
    const all = Array.from({ length: 50 }, (_, index) => String(index))
    for (const text of all) await on.engine.appendLogs(id, [line(text)])
    await on.steps(id, [{ do: 'end' }])
    await reading
    expect(texts).toEqual(all)
  })
})

describe('appending', () => {
  it('while lines of the execution are written gathers the next batch', async () => {
    let appends = 0
    class CountingStore extends MemoryStore {
      override appendLogs(...lines: Parameters<MemoryStore['appendLogs']>) {
        appends += 1
        return super.appendLogs(...lines)
      }
    }
    const on = await startScripted({ store: new CountingStore() })
    const id = await on.create([])
    await Promise.all(Array.from({ length: 40 }, (_, index) => on.engine.appendLogs(id, [line(String(index))])))
    expect(appends).toBe(2)
    const lines = await on.store.logs(id, { after: 0, limit: 100 })
    expect(lines.map(({ text }) => text)).toEqual(Array.from({ length: 40 }, (_, index) => String(index)))
  })
})

describe('lines of several callers that are written together', () => {
  it('fail for the caller alone whose lines cannot be stored', async () => {
    const on = await startScripted()
    const id = await on.create([])
    const appended = await Promise.allSettled(['a', 'b', 'c\0', 'd'].map(source => on.engine.appendLogs(id, [line(source, source)])))
    expect(appended.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
    expect((await on.store.logs(id, { after: 0, limit: 10 })).map(({ text }) => text)).toEqual(['a', 'b', 'd'])
  })
})
