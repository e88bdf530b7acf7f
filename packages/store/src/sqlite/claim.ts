/** Hands out leases: the only statement that does (S3). */
import type { ExecutionId, Instant, QueueName, WorkerId } from '@busbar/kernel'
import type { Claimed, ClaimRequest } from '../store.js'
import type { Database } from './driver.js'
import { attemptFromRow, type AttemptRow } from '../rows.js'

interface Candidate {
  readonly row: number
  readonly priority: number
  readonly at: Instant
  readonly execution: ExecutionId
  readonly ordinal: number
}

export function prepareClaim(database: Database): (request: ClaimRequest) => readonly Claimed[] {
  const ready = prepareReady(database)
  const lease = prepareLease(database)
  return ({ queues, worker, max, now }) => {
    const [only, ...others] = new Set(queues)
    if (only === undefined) return []
    const candidates = others.length === 0 ? ready(only, now, max) : [only, ...others].flatMap(queue => ready(queue, now, max)).sort(byTurn)
    return candidates.slice(0, max).flatMap(candidate => lease(candidate, worker, now))
  }
}

/** Higher priority first; within a priority by arrival: the moment, then the order of opening. */
function byTurn(a: Candidate, b: Candidate): number {
  return b.priority - a.priority || a.at - b.at || (a.execution === b.execution ? a.ordinal - b.ordinal : a.execution < b.execution ? -1 : 1)
}

/**
 * The ready attempts of a queue in their order. One priority after the other, so that the delayed ones of a priority,
 * which stand behind its ready ones in the index, are skipped by a seek and not by reading them all.
 */
function prepareReady(database: Database): (queue: QueueName, now: Instant, max: number) => readonly Candidate[] {
  const highest = database.prepare<{ priority: number }>(`
    SELECT priority FROM attempts INDEXED BY attempts_waiting WHERE state = 'waiting' AND queue = ? ORDER BY priority DESC LIMIT 1`)
  const nextHighest = database.prepare<{ priority: number }>(`
    SELECT priority FROM attempts INDEXED BY attempts_waiting WHERE state = 'waiting' AND queue = ? AND priority < ? ORDER BY priority DESC LIMIT 1`)
  const select = database.prepare<Candidate>(`
    SELECT rowid AS row, priority, state_at AS at, execution_id AS execution, ordinal FROM attempts INDEXED BY attempts_waiting
    WHERE state = 'waiting' AND queue = ? AND priority = ? AND state_at <= ?
    ORDER BY state_at, execution_id, ordinal LIMIT ?`)
  return (queue, now, max) => {
    const found: Candidate[] = []
    let level = highest.get(queue)
    while (level && found.length < max) {
      found.push(...select.all(queue, level.priority, now, max - found.length))
      if (found.length < max) level = nextHighest.get(queue, level.priority)
    }
    return found
  }
}

function prepareLease(database: Database): (candidate: Candidate, worker: WorkerId, now: Instant) => readonly Claimed[] {
  const update = database.prepare<AttemptRow>(`
    UPDATE attempts SET state = 'leased', state_at = ?1, until = ?1 + lease_ms, fence = fence + 1, claims = claims + 1,
      first_claimed_at = coalesce(first_claimed_at, ?1), last_worker = ?2
    WHERE rowid = ?3
    RETURNING execution_id, ordinal, key, number, queue, priority, lease_ms, state, state_at, until, outcome, fence, claims, opened_at,
      first_claimed_at, last_worker, wake_at, data`)
  return ({ row }, worker, now) => update.all(now, worker, row).map(leased => ({ execution: leased.execution_id, attempt: attemptFromRow(leased) }))
}
