import type { Instant } from '@busbar/kernel'
import { type BlobId, type Blobs, type BlobUse, checkSize } from '../blobs.js'
import type { Reader } from './connection.js'

const statements = {
  put: {
    text: `INSERT INTO blobs (id, content, put_at) VALUES ($1, $2, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
      ON CONFLICT (id) DO UPDATE SET put_at = excluded.put_at`,
  },
  get: { text: 'SELECT content FROM blobs WHERE id = $1' },
  // The lock keeps a removal from passing between the look and the row of the user.
  use: {
    text: `WITH found AS (SELECT id, length(content) AS size FROM blobs WHERE id = $1 FOR KEY SHARE),
      used AS (INSERT INTO blob_uses (user_id, blob) SELECT $2, id FROM found ON CONFLICT DO NOTHING)
    SELECT size FROM found`,
  },
  uses: { text: 'SELECT user_id AS user, blob AS id FROM blob_uses WHERE user_id = ANY($1::text[]) ORDER BY user_id, blob' },
  forget: { text: 'DELETE FROM blob_uses WHERE user_id = ANY($1::text[]) RETURNING blob' },
  removeFreed: { text: 'DELETE FROM blobs b WHERE id = ANY($1::uuid[]) AND NOT EXISTS (SELECT FROM blob_uses u WHERE u.blob = b.id) RETURNING 1' },
  removeUnused: {
    text: `DELETE FROM blobs WHERE id IN (
      SELECT id FROM blobs b WHERE put_at < $1 AND NOT EXISTS (SELECT FROM blob_uses u WHERE u.blob = b.id) ORDER BY put_at LIMIT $2
    ) RETURNING 1`,
  },
} as const

/** In the database that several servers share. */
export function blobsOf(reader: Reader): Blobs {
  return {
    async put(id: BlobId, content: Uint8Array) {
      checkSize(content)
      await reader.query(statements.put, [id, Buffer.from(content.buffer, content.byteOffset, content.byteLength)])
    },
    async get(id: BlobId) {
      const [row] = await reader.query<{ content: Uint8Array }>(statements.get, [id])
      return row?.content ?? null
    },
    async use(id: BlobId, user: string) {
      const [row] = await reader.query<{ size: number }>(statements.use, [id, user])
      return row?.size ?? null
    },
    uses: users => reader.query<BlobUse>(statements.uses, [users]),
    async removeUses(users: readonly string[]) {
      const freed = await reader.query<{ blob: string }>(statements.forget, [users])
      if (freed.length === 0) return 0
      return (await reader.query(statements.removeFreed, [freed.map(row => row.blob)])).length
    },
    async removeUnused(before: Instant, count: number) {
      return (await reader.query(statements.removeUnused, [before, count])).length
    },
  }
}
