/**
 * How a search goes: along the executions that its indexed conditions leave, the newest first, slice by slice. No slice takes long, so
 * others have their turn in between; and where the newest come first it ends as soon as the page and its total are known. What an
 * index serves wholly is one statement instead.
 */
import type { Condition } from '@busbar/kernel'
import { countedAheadMax, searchedMax } from './limits.js'
import type { SearchRequest } from './search.js'
import type { Place, SearchSql, SearchStatement, Target } from './search-sql.js'

export type Ask = <Row>(statement: SearchStatement) => Promise<readonly Row[]>

export interface Key extends Place {
  /** 0 for executions. */
  readonly ordinal: number
}

interface Candidate extends Place {
  readonly last_ordinal: number
}

type Value = string | number | null
type Found = Key & { readonly [order: `o${number}`]: Value }

export interface Keys {
  readonly keys: readonly Key[]
  readonly total: number
}

export async function scan(ask: Ask, sql: SearchSql, request: SearchRequest, how: { readonly target: Target; readonly slice: number }): Promise<Keys> {
  const { offset, limit } = request
  const order = isNewestFirst(request.order) ? [] : request.order
  const counted = offset + limit + countedAheadMax
  if (how.target === 'executions' && order.length === 0 && sql.rest.length === 0) {
    const [keys, [count]] = [await ask<Key>(sql.page()), await ask<{ readonly total: number }>(sql.count(counted))]
    return { keys, total: Number(count?.total ?? 0) }
  }
  const looksAtAttempts = how.target === 'attempts' || sql.rest.some(hasAttempts)
  const best = new Best(order, offset + limit)
  const left = { executions: searchedMax, attempts: searchedMax }
  for (let after: Place | null = null; left.executions > 0 && left.attempts > 0; ) {
    const wanted = Math.min(how.slice, left.executions)
    const candidates: readonly Candidate[] = await ask<Candidate>(sql.next(after, wanted))
    const part = looksAtAttempts ? candidates.slice(0, within(candidates, how.slice)) : candidates
    const [first, last] = [part[0], part.at(-1)]
    if (!first || !last) break
    best.add(await ask<Found>(sql.found(how.target, first, last)))
    if (order.length === 0 && best.total >= counted) break
    if (candidates.length < wanted && part.length === candidates.length) break
    left.executions -= part.length
    if (looksAtAttempts) left.attempts -= attemptsOf(part)
    after = last
  }
  return { keys: best.sorted().slice(offset, offset + limit), total: Math.min(best.total, counted) }
}

function hasAttempts(condition: Condition): boolean {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return condition.of.some(hasAttempts)
    case 'not':
      return hasAttempts(condition.of)
    default:
      return condition.kind === 'having'
  }
}

/** The order in which they are looked at anyway. */
function isNewestFirst(order: SearchRequest['order']): boolean {
  return order.length === 1 && order[0]?.field === 'createdAt' && order[0].descending
}

/** How many of them have no more attempts together than a slice looks at; one at least. */
function within(candidates: readonly Candidate[], attemptsMax: number): number {
  let attempts = 0
  const end = candidates.findIndex(({ last_ordinal: number }) => (attempts += number) > attemptsMax)
  return end === -1 ? candidates.length : Math.max(1, end)
}

function attemptsOf(candidates: readonly Candidate[]): number {
  return candidates.reduce((sum, { last_ordinal: number }) => sum + number, 0)
}

/** The first ones in the order that is asked for; of the others only how many they are. */
class Best {
  total = 0
  #found: Found[] = []
  readonly #most: number
  readonly #compare: (a: Found, b: Found) => number

  constructor(order: SearchRequest['order'], most: number) {
    this.#most = most
    this.#compare = (a, b) => {
      for (const [index, { descending }] of order.entries()) {
        const difference = compare(a[`o${index}`] ?? null, b[`o${index}`] ?? null)
        if (difference !== 0) return descending ? -difference : difference
      }
      return b.created_at - a.created_at || compare(b.id, a.id) || b.ordinal - a.ordinal
    }
  }

  add(found: readonly Found[]): void {
    this.total += found.length
    for (const one of found) this.#found.push(one)
    if (this.#found.length > this.#most * 2 + 10_000) this.#found = this.sorted().slice(0, this.#most)
  }

  sorted(): Found[] {
    return this.#found.sort(this.#compare)
  }
}

/** Absent values come first. */
function compare(a: Value, b: Value): number {
  if (a === b) return 0
  if (a === null || b === null) return a === null ? -1 : 1
  return a < b ? -1 : 1
}
