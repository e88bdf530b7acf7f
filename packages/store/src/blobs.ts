/**
 * The port of blobs: values too large for a row, such as payloads. Written once, read as a whole, never changed.
 *
 * B1. `put` answers when the bytes are durable; a reader sees all of them or none.
 * B2. A blob is kept as long as one of those who use it, and for a while when nobody does yet.
 * B3. Ids are opaque: no path, name or address is made of anything that came from outside.
 */
import type { Brand, Instant } from '@busbar/kernel'
import { Problem } from '@busbar/kernel'

export type BlobId = Brand<string, 'BlobId'>

/** 128 bits in the form of a UUID. */
const shape = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function parseBlobId(text: string): BlobId | null {
  return shape.test(text) ? (text as BlobId) : null
}

export const blobBytesMax = 64 * 1024 * 1024

export interface BlobUse {
  readonly user: string
  readonly id: BlobId
}

export interface Blobs {
  /** Under an id that is there already nothing changes. */
  put(id: BlobId, content: Uint8Array): Promise<void>
  get(id: BlobId): Promise<Uint8Array | null>
  /** Keeps the blob as long as its user; answers its size in bytes, or null when there is none. */
  use(id: BlobId, user: string): Promise<number | null>
  /** Which blobs these use, by user and id. */
  uses(users: readonly string[]): Promise<readonly BlobUse[]>
  /** The users are gone; returns how many blobs went with them. */
  removeUses(users: readonly string[]): Promise<number>
  /** Those that nobody came to use since; returns how many, at most `count`. */
  removeUnused(before: Instant, count: number): Promise<number>
}

export function byUserAndId(a: BlobUse, b: BlobUse): number {
  return a.user < b.user ? -1 : a.user > b.user ? 1 : a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}

export function checkSize(content: Uint8Array): void {
  if (content.length > blobBytesMax) throw new Problem('invalid', `a blob has at most ${blobBytesMax} bytes, this one ${content.length}`)
}
