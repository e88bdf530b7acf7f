/**
 * Moves everything from one store to another, both without servers.
 *
 * M1. The target is empty, or holds the beginning of a copy of the same source: then the copy goes on where it stopped.
 * M2. Records go in the same order on both sides and each batch is written whole or not at all, so what a target holds of a
 *     kind is a beginning of what its source holds: their number says where to go on.
 * M3. From before the first record until all were compared the target is marked, and no server serves from it.
 * M4. Memory is bounded by the weight of a few hundred records, not by that of the stores.
 */
import { Problem } from '@busbar/kernel'
import { type Blobs, type RecordKind, recordKinds, type Records, type Store } from '@busbar/store'
import { compare } from './compare.js'
import { copyPayloads } from './copy-payloads.js'
import { beginCopy, endCopy, halfCopyOf } from './half-copy.js'
import { pagesOf } from './pages.js'

export interface CopyProgress {
  readonly phase: 'copying' | 'comparing'
  readonly kind: CopiedKind['kind']
  readonly done: number
  readonly total: number
}

export interface CopyOptions {
  /** How the source is called, without its password: what the mark in the target says. */
  readonly source: string
  readonly onProgress?: (progress: CopyProgress) => void
  /** Where each side keeps values too large for a row. */
  readonly payloads?: { readonly from: Blobs; readonly to: Blobs }
  /** Stops it between two batches; it can be gone on with later. */
  readonly signal?: AbortSignal
}

export interface CopiedKind {
  readonly kind: RecordKind | 'payload'
  /** Of them all, as many as both sides have. */
  readonly records: number
  /** How many of them this run copied; the others were there from an earlier one. Payloads are always copied again. */
  readonly copied: number
  /** SHA-256 of all of them, the same on both sides. */
  readonly digest: string
}

/** Returns what was moved, once it is known to be the same on both sides. Throws a Problem that says what to do. */
export async function copyStore(from: Store, to: Store, options: CopyOptions): Promise<readonly CopiedKind[]> {
  await claimTarget(to, options.source)
  const run = { from, to, options }
  const copied = new Map<RecordKind, number>()
  for (const kind of recordKinds) copied.set(kind, await copyKind(run, kind))
  const kinds: CopiedKind[] = []
  for (const kind of recordKinds) kinds.push({ kind, ...(await compareKind(run, kind)), copied: copied.get(kind) ?? 0 })
  const { payloads, signal } = options
  if (payloads) {
    const onProgress = (done: number) => options.onProgress?.({ phase: 'copying', kind: 'payload', done, total: done })
    const moved = await copyPayloads({ ...payloads, executions: from.transfer, signal, onProgress })
    kinds.push({ kind: 'payload', ...moved, copied: moved.records })
  }
  await endCopy(to.facts)
  return kinds
}

interface Run {
  readonly from: Store
  readonly to: Store
  readonly options: CopyOptions
}

async function claimTarget(to: Store, source: string): Promise<void> {
  const begun = await halfCopyOf(to.facts)
  if (begun === null) {
    for (const kind of recordKinds) {
      const count = await to.transfer.count(kind)
      if (count > 0) throw new Problem('conflict', `the target is not empty: it has ${count} records of the kind ${kind}; copy into an empty database`)
    }
  }
  const held = begun ?? (await beginCopy(to.facts, source))
  if (held !== source) throw new Problem('conflict', `the target holds an unfinished copy of ${held}: finish that one, or copy into an empty database`)
}

async function copyKind<Kind extends RecordKind>({ from, to, options }: Run, kind: Kind): Promise<number> {
  const total = await from.transfer.count(kind)
  const before = await to.transfer.count(kind)
  if (before > total) throw changed(kind)
  let seen = 0
  for await (const records of pagesOf(from.transfer, kind)) {
    options.signal?.throwIfAborted()
    const missing: readonly Records[Kind][] = records.slice(Math.min(records.length, Math.max(0, before - seen)))
    if (missing.length > 0) await to.transfer.write(kind, missing)
    seen += records.length
    options.onProgress?.({ phase: 'copying', kind, done: seen, total })
  }
  return seen - before
}

async function compareKind({ from, to, options }: Run, kind: RecordKind): Promise<{ readonly records: number; readonly digest: string }> {
  const total = await from.transfer.count(kind)
  const result = await compare(pagesOf(from.transfer, kind), pagesOf(to.transfer, kind), done => {
    options.signal?.throwIfAborted()
    options.onProgress?.({ phase: 'comparing', kind, done, total })
  })
  if (result.differsAt === null) return { records: result.records, digest: result.digest }
  throw changed(kind, `record ${result.differsAt} of the kind ${kind} is not the same on both sides`)
}

function changed(kind: RecordKind, what = `the target has more records of the kind ${kind} than its source`): Problem {
  return new Problem('conflict', `${what}: the source was used since the copy was begun, or the target was; make the target anew and copy again`)
}
