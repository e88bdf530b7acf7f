/** Claims: all that wait together are one statement; those for the same queues are served as one. */
import { attemptFromRow, type AttemptRow } from '../rows.js'
import type { Claimed, ClaimRequest } from '../store.js'
import type { Reader } from './connection.js'
import type { LaneWork } from './lane.js'

/** A claim whose queues are in one order, each once: the same queues are the same group however they were named. */
export interface QueuedClaim extends ClaimRequest {
  readonly group: string
}

interface ClaimedRow extends AttemptRow {
  /** Which of the claims it belongs to, from 1. */
  readonly request: number
}

const columns =
  'execution_id, ordinal, key, number, queue, priority, lease_ms, state, state_at, until, outcome, fence, claims, opened_at, first_claimed_at, last_worker, wake_at, data'

export const claimStatement = {
  name: 'claim',
  text: `SELECT request, ${columns} FROM busbar_claim_v1($1, $2, $3, $4, $5::bigint, $6::int[], $7::int[], $8::text[], $9::int[], $10::text[]) ORDER BY turn`,
}

/** What a claim leased, although its answer was lost. */
export const claimedStatement = {
  name: 'claimed',
  text: `
SELECT l.request, ${columns
    .split(', ')
    .map(column => `a.${column}`)
    .join(', ')}
FROM unnest($1::int[], $2::text[], $3::int[], $4::int[]) WITH ORDINALITY l(request, id, ordinal, fence, turn)
JOIN attempts a ON a.execution_id = l.id AND a.ordinal = l.ordinal AND a.fence = l.fence AND a.state = 'leased' ORDER BY l.turn`,
}

/** Of one claim; they are rows of a kilobyte or so. */
const charsPerAttempt = 500

export function claimWork(reader: Reader): LaneWork<QueuedClaim, readonly Claimed[]> {
  return {
    sizeOf: ({ max }) => max * charsPerAttempt,
    statement: claimStatement,
    values: valuesOf,
    results: (rows, calls) => byCall(rows as readonly ClaimedRow[], calls),
    async recovered(noted, calls) {
      const leases = noted === '' ? [] : noted.split(' ').map(lease => lease.split(':'))
      const column = (index: number) => leases.map(lease => lease[index])
      return byCall(await reader.query<ClaimedRow>(claimedStatement, [column(0), column(1), column(2), column(3)]), calls)
    },
  }
}

export function queued(request: ClaimRequest): QueuedClaim {
  const [only = ''] = request.queues
  if (request.queues.length < 2) return { ...request, group: only }
  const queues = [...new Set(request.queues)].sort()
  return { ...request, queues, group: JSON.stringify(queues) }
}

/** Groups one after the other, in the order of their first claims. */
function grouped(calls: readonly QueuedClaim[]): readonly (readonly QueuedClaim[])[] {
  const groups = new Map<string, QueuedClaim[]>()
  for (const call of calls) {
    const group = groups.get(call.group)
    if (group) group.push(call)
    else groups.set(call.group, [call])
  }
  return [...groups.values()]
}

function valuesOf(calls: readonly QueuedClaim[]): readonly unknown[] {
  const groups = grouped(calls)
  const firstRequests: number[] = []
  const firstQueues: number[] = []
  const queues: string[] = []
  let request = 1
  for (const group of groups) {
    firstRequests.push(request)
    firstQueues.push(queues.length + 1)
    queues.push(...(group[0]?.queues ?? []))
    request += group.length
  }
  const ordered = groups.flat()
  const now = calls.reduce((latest, call) => Math.max(latest, call.now), 0)
  return [now, firstRequests, firstQueues, ordered.map(({ worker }) => worker), ordered.map(({ max }) => max), queues]
}

function byCall(rows: readonly ClaimedRow[], calls: readonly QueuedClaim[]): readonly (readonly Claimed[])[] {
  const ordered = grouped(calls).flat()
  const found = new Map<QueuedClaim, Claimed[]>(ordered.map(call => [call, []]))
  for (const row of rows) {
    const call = ordered[row.request - 1]
    if (call) found.get(call)?.push({ execution: row.execution_id, attempt: attemptFromRow(row) })
  }
  return calls.map(call => found.get(call) ?? [])
}
