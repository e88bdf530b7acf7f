/** What the adapters' transfers have in common: where the next page begins, and what a writer refuses. */
import { Problem } from '@busbar/kernel'
import type { RecordKind, RecordPage, Records } from './transfer.js'

/** The key after which the next page begins. */
export type PageKey = readonly (string | number)[]

export function cursorOf(key: PageKey): string {
  return JSON.stringify(key)
}

/** Null: from the start. What is no cursor of this kind is refused. */
export function keyAfter(cursor: string | null, parts: readonly ('string' | 'number')[]): PageKey | null {
  if (cursor === null) return null
  const key = parsed(cursor)
  if (!Array.isArray(key) || key.length !== parts.length || parts.some((type, index) => typeof key[index] !== type))
    throw new Problem('invalid', `"${cursor}" is no place in these records: expected what an earlier page named as next`)
  return key as PageKey
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(cursor)
  } catch {
    return null
  }
}

/** A page of the rows that were read: one more than wanted says that there is a next page. */
export function pageOf<Kind extends RecordKind, Row>(
  rows: readonly Row[],
  limit: number,
  recordOf: (row: Row) => Records[Kind],
  keyOf: (row: Row) => PageKey,
): RecordPage<Kind> {
  const wanted = rows.slice(0, limit)
  const last = wanted.at(-1)
  return { records: wanted.map(recordOf), next: last !== undefined && rows.length > limit ? cursorOf(keyOf(last)) : null }
}

export function alreadyThere(kind: RecordKind): Problem {
  return new Problem('conflict', `a ${kind} of these records is in the store already: copy into an empty store`)
}

export function withoutOwner(kind: RecordKind, owner: RecordKind): Problem {
  return new Problem('conflict', `a ${kind} of these records belongs to an ${owner} that is not there: write the ${owner}s first`)
}
