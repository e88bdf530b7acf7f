/** Values that are kept outside of the rows move with the executions that use them. What nobody uses yet stays behind. */
import { createHash, type Hash } from 'node:crypto'
import { Problem } from '@busbar/kernel'
import type { Blobs, BlobUse, Transfer } from '@busbar/store'
import { pagesOf } from './pages.js'

export interface CopiedPayloads {
  /** Uses: one that two executions share counts for each of them. */
  readonly records: number
  readonly digest: string
}

export interface PayloadsRun {
  readonly from: Blobs
  readonly to: Blobs
  /** Where the executions are listed: the source. */
  readonly executions: Transfer
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: (done: number) => void
}

/** Copies what is missing, then reads both sides and compares. Copying again changes nothing. */
export async function copyPayloads(run: PayloadsRun): Promise<CopiedPayloads> {
  const { from, to, executions, signal, onProgress } = run
  const [left, right] = [createHash('sha256'), createHash('sha256')]
  let records = 0
  for await (const page of pagesOf(executions, 'execution')) {
    signal?.throwIfAborted()
    const users = page.map(({ execution }) => execution.id)
    const uses = await from.uses(users)
    for (const use of uses) await copyUse(from, to, use, left)
    for (const { user, id } of await to.uses(users)) note(right, user, id, await to.get(id))
    records += uses.length
    onProgress?.(records)
  }
  const digest = left.digest('hex')
  if (right.digest('hex') === digest) return { records, digest }
  throw new Problem('conflict', 'the payloads outside of the executions are not the same on both sides: make the target anew and copy again')
}

async function copyUse(from: Blobs, to: Blobs, { user, id }: BlobUse, hash: Hash): Promise<void> {
  const content = await from.get(id)
  note(hash, user, id, content)
  if (!content) return
  await to.put(id, content)
  await to.use(id, user)
}

function note(hash: Hash, user: string, id: string, content: Uint8Array | null): void {
  if (content) hash.update(`${user} ${id} ${content.length}\n`).update(content)
}
