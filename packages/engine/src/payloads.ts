/** Values that are kept outside the rows of executions: JSON texts among the blobs, each under a path `…<uuid>.json`. */
import { createHash, randomUUID } from 'node:crypto'
import { type ExecutionId, type Instant, type Json, type PayloadAsk, Problem } from '@busbar/kernel'
import { type BlobId, type Blobs, parseBlobId } from '@busbar/store'

const pathShape = /([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.json$/

/** Which blob a path names, whatever a client put in front of it. Null: no path of ours. */
export function blobIdIn(path: string): BlobId | null {
  const found = pathShape.exec(path)?.[1]
  return found === undefined ? null : parseBlobId(found)
}

/** A new path that nobody can guess. `given` is what the client wants it to begin with. */
export function newPayloadPath(given: string): string {
  return `${given}${randomUUID()}.json`
}

export class Payloads {
  readonly #blobs: Blobs | null

  constructor(blobs: Blobs | null) {
    this.#blobs = blobs
  }

  answer(ask: PayloadAsk): Promise<Json> {
    switch (ask.kind) {
      case 'payload':
        return this.#load(ask.path)
      case 'keepPayload':
        return this.#keep(ask.execution, JSON.stringify(ask.value))
      case 'usePayload':
        return this.#use(ask.path, ask.execution)
    }
  }

  async #load(path: string): Promise<Json> {
    const id = blobIdIn(path)
    const content = id && (await this.#blobs?.get(id))
    return content ? (JSON.parse(new TextDecoder().decode(content)) as Json) : null
  }

  /** The name follows from the execution and the value: a decision that is made again writes the same bytes again. */
  async #keep(execution: ExecutionId, text: string): Promise<Json> {
    if (this.#blobs === null) throw new Problem('unavailable', 'a payload is too large for its row, and this engine has no place for it: give it blobs')
    const hash = createHash('sha256').update(execution).update(text).digest('hex')
    const id = parseBlobId(`${hash.slice(0, 8)}-${hash.slice(8, 12)}-${hash.slice(12, 16)}-${hash.slice(16, 20)}-${hash.slice(20, 32)}`)
    if (id === null) throw new Problem('invalid', 'the name of a payload is not well formed')
    await this.#blobs.put(id, new TextEncoder().encode(text))
    await this.#blobs.use(id, execution)
    return `${id}.json`
  }

  async #use(path: string, execution: ExecutionId): Promise<Json> {
    const id = blobIdIn(path)
    return id === null ? null : ((await this.#blobs?.use(id, execution)) ?? null)
  }

  /** The executions are gone, and what nobody else refers to goes with them. */
  async forget(executions: readonly ExecutionId[]): Promise<void> {
    if (executions.length > 0) await this.#blobs?.removeUses(executions)
  }

  async removeUnused(before: Instant, count: number): Promise<number> {
    return (await this.#blobs?.removeUnused(before, count)) ?? 0
  }
}
