/** Claims: several that wait for the same queues are one statement. */
import { attemptFromRow, type AttemptRow } from '../rows.js'
import type { Claimed, ClaimRequest } from '../store.js'
import type { Reader } from './connection.js'
import type { LaneWork } from './lane.js'

interface ClaimedRow extends AttemptRow {
  /** Which of the claims it belongs to, from 1. */
  readonly request: number
}

const columns =
  'execution_id, ordinal, key, number, queue, priority, lease_ms, state, state_at, until, outcome, fence, claims, opened_at, first_claimed_at, last_worker, wake_at, data'

export const claimStatement = {
  name: 'claim',
  text: `SELECT request, ${columns} FROM busbar_claim_v1($1, $2, $3, $4, $5::text[], $6::bigint, $7::text[], $8::int[]) ORDER BY turn`,
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

export function claimWork(reader: Reader): LaneWork<ClaimRequest, readonly Claimed[]> {
  return {
    groupOf: ({ queues }) => (queues.length === 1 ? (queues[0] ?? '') : JSON.stringify(queues)),
    statement: () => claimStatement,
    values: calls => [calls[0]?.queues ?? [], Math.max(...calls.map(({ now }) => now)), calls.map(({ worker }) => worker), calls.map(({ max }) => max)],
    results: (rows, calls) => byRequest(rows as readonly ClaimedRow[], calls),
    async recovered(noted, calls) {
      const leases = noted === '' ? [] : noted.split(' ').map(lease => lease.split(':'))
      const column = (index: number) => leases.map(lease => lease[index])
      return byRequest(await reader.query<ClaimedRow>(claimedStatement, [column(0), column(1), column(2), column(3)]), calls)
    },
  }
}

function byRequest(rows: readonly ClaimedRow[], calls: readonly ClaimRequest[]): readonly (readonly Claimed[])[] {
  const found: Claimed[][] = calls.map(() => [])
  for (const row of rows) found[row.request - 1]?.push({ execution: row.execution_id, attempt: attemptFromRow(row) })
  return found
}

/** In one order, each once: the same queues are the same group however they are named. */
export function normalized(request: ClaimRequest): ClaimRequest {
  return request.queues.length < 2 ? request : { ...request, queues: [...new Set(request.queues)].sort() }
}

