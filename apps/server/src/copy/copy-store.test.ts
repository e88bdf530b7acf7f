import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newExecutionId, instant, type DefinitionId, type Execution, type QueueName, View } from '@busbar/kernel'
import { type BlobId, parseBlobId, recordKinds, type Store } from '@busbar/store'
import { openFileBlobs } from '@busbar/store/files'
import { MemoryStore } from '@busbar/store/testing'
import { describe, expect, it } from 'vitest'
import { canonical } from './compare.js'
import { copyPayloads } from './copy-payloads.js'
import { copyStore, type CopyProgress } from './copy-store.js'
import { refuseHalfCopy } from './half-copy.js'

const start = instant(1_700_000_000_000)
const source = 'the source'

/** Executions with attempts, logs and messages; some of them heavy. */
async function filled(executions: number): Promise<MemoryStore> {
  const store = new MemoryStore()
  await store.putSnapshot('d' as DefinitionId, '{}', start)
  await store.putDefinition({ kind: 'task', namespace: '', name: 't', version: 0, body: '{}', createdAt: start, updatedAt: start })
  for (let number = 0; number < executions; number++) await addExecution(store, number)
  return store
}

async function addExecution(store: Store, number: number): Promise<void> {
  const execution: Execution = {
    id: newExecutionId(start, { high12: 1, low38: number }),
    dialect: 'conductor',
    definition: 'd' as DefinitionId,
    parent: null,
    status: 'running',
    label: { namespace: '', name: 'n', version: '1', handle: '', source: '' },
    createdAt: start,
    updatedAt: start,
    endedAt: null,
    brief: { text: 'x'.repeat(number % 100 === 0 ? 500_000 : 10) },
    state: {},
  }
  const view = new View({ execution, plan: null, version: 0, due: null, lastOrdinal: 0, lastMessage: 0, attempts: [] })
  view.open({ key: 'a' as never, number: 0, data: { number }, queue: 'q' as QueueName, notBefore: start }, start)
  view.send(execution.id, { kind: 'command', command: { kind: 'tick' } })
  view.note({ source: 's', stream: 'out', at: start, text: `${number}` })
  await store.commit(view.takeChanges())
}

async function everything(store: Store): Promise<string> {
  const all: unknown[] = []
  for (const kind of recordKinds) all.push((await store.transfer.read(kind, null, 100_000)).records)
  return canonical(all)
}

describe('copying a store', () => {
  it('moves and counts all there is, and tells how far it is', async () => {
    const [from, to] = [await filled(300), new MemoryStore()]
    const told: CopyProgress[] = []
    const kinds = await copyStore(from, to, { source, onProgress: one => told.push(one) })
    expect(kinds.map(({ kind, records, copied }) => [kind, records, copied])).toEqual([
      ['snapshot', 1, 1],
      ['definition', 1, 1],
      ['worker', 0, 0],
      ['execution', 300, 300],
      ['attempt', 300, 300],
      ['log', 300, 300],
      ['message', 300, 300],
    ])
    expect(await everything(to)).toBe(await everything(from))
    expect(told.filter(({ done, total }) => done === total).map(({ phase, kind }) => `${phase} ${kind}`)).toContain('comparing message')
    await refuseHalfCopy(to.facts)
  })

  it('goes on where it stopped, wherever that was, and serves nobody before', async () => {
    const from = await filled(70)
    const to = new MemoryStore()
    let runs = 0
    for (let steps = 1; ; steps++) {
      const stop = new AbortController()
      let left = steps
      const stopped = copyStore(from, to, { source, signal: stop.signal, onProgress: () => --left < 0 && stop.abort(new Error('stopped')) })
      const error = await stopped.then(
        () => null,
        (reason: unknown) => reason,
      )
      if (error === null) break
      expect(error).toMatchObject({ message: 'stopped' })
      await expect(refuseHalfCopy(to.facts)).rejects.toThrow('an unfinished copy of the source: run the same busbar migrate again')
      runs++
    }
    expect(runs).toBeGreaterThan(3)
    expect(await everything(to)).toBe(await everything(from))
    await refuseHalfCopy(to.facts)
  })

  it('refuses a target with something in it, or with half a copy of another source', async () => {
    const from = await filled(1)
    await expect(copyStore(from, await filled(1), { source })).rejects.toThrow('the target is not empty: it has 1 records of the kind snapshot')
    const half = new MemoryStore()
    await half.facts.agree('half copy of', 'another')
    await expect(copyStore(from, half, { source })).rejects.toThrow('the target holds an unfinished copy of another')
  })

  it('notices that the source was used between two runs', async () => {
    const from = await filled(10)
    const to = new MemoryStore()
    const stop = new AbortController()
    const stopped = copyStore(from, to, { source, signal: stop.signal, onProgress: ({ phase }) => phase === 'comparing' && stop.abort(new Error('stopped')) })
    await expect(stopped).rejects.toThrow('stopped')
    const first = (await from.transfer.read('execution', null, 1)).records[0]
    if (first) await from.remove(first.execution.id)
    await addExecution(from, 11)
    await expect(copyStore(from, to, { source })).rejects.toThrow(/the source was used since the copy was begun/)
    await expect(refuseHalfCopy(to.facts)).rejects.toThrow('unfinished')
  })

  it('takes payloads along that are kept outside of the rows, however often it is done', async () => {
    const from = await filled(250)
    const folder = mkdtempSync(join(tmpdir(), 'busbar-copy-'))
    const [files, other] = [openFileBlobs(join(folder, 'a')), openFileBlobs(join(folder, 'b'))]
    const ids = (await from.transfer.read('execution', null, 1_000)).records.map(({ execution }) => execution.id)
    const blob = (number: number) => parseBlobId(`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`) as BlobId
    for (const [index, id] of ids.entries()) {
      if (index % 50 > 0) continue
      await files.put(blob(index), new TextEncoder().encode(`payload ${index}`))
      await files.use(blob(index), id)
      await files.put(blob(999), new Uint8Array(100_000))
      await files.use(blob(999), id)
    }
    for (let run = 0; run < 2; run++) {
      const moved = await copyPayloads({ from: files, to: other, executions: from.transfer })
      expect(moved.records).toBe(10)
    }
    expect(await other.uses(ids)).toEqual(await files.uses(ids))
    expect(new TextDecoder().decode((await other.get(blob(50))) ?? new Uint8Array())).toBe('payload 50')
    await other.put(blob(1), new Uint8Array(1))
    await other.use(blob(1), ids[1] ?? '')
    await expect(copyPayloads({ from: files, to: other, executions: from.transfer })).rejects.toThrow('not the same on both sides')
    rmSync(folder, { recursive: true })
  })

  it('compares what records say, not in which order their members were put', () => {
    expect(canonical({ b: [{ d: 1, c: 2 }], a: null })).toBe(canonical({ a: null, b: [{ c: 2, d: 1 }] }))
    expect(canonical({ a: 1 })).not.toBe(canonical({ a: '1' }))
  })
})
