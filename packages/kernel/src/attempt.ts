/**
 * Attempts: one try of an activity. At most one worker holds an attempt.
 *
 *   open() ─► waiting(notBefore) ──lease()──► leased(worker, until) ──close()──► closed(outcome)
 *               ▲      └───────────── close() ─────────┐   │
 *               └──────────── postpone() ──────────────┼───┘
 *   hold() ─► held (a child, a timer, an operator or the engine itself ends it) ──close()──► closed(outcome)
 *
 * L1. Only `lease` hands out a lease; each lease has a higher fence than the one before.
 * L2. A write on behalf of a lease with an old fence is refused, whatever the clock says.
 * L3. The end of a lease (`until`) wakes the dialect, which decides; it does not stop the old holder. L2 does.
 * L4. A closed attempt never changes its outcome. What runs again is a new attempt, or one that was reopened with a
 *     higher fence because an operator said so.
 */
import type { ActivityKey, AttemptId, QueueName, WorkerId } from './ids.js'
import { refuse, type Refusal } from './problem.js'
import { after, earliest, type Instant } from './time.js'

export type Outcome =
  | 'completed'
  /** Failed for good, but the definition says to go on as if it had not. */
  | 'tolerated'
  | 'failed'
  /** Failed in a way that another try cannot mend. */
  | 'failedFinally'
  | 'timedOut'
  | 'cancelled'
  | 'skipped'

export type AttemptState =
  /** Claimable by a worker of its queue from `notBefore` on. */
  | { readonly kind: 'waiting'; readonly notBefore: Instant }
  | { readonly kind: 'leased'; readonly worker: WorkerId; readonly since: Instant; readonly until: Instant | null }
  /** Open, and no worker may claim it. */
  | { readonly kind: 'held'; readonly since: Instant }
  | { readonly kind: 'closed'; readonly at: Instant; readonly outcome: Outcome }

/** `Data` is what the dialect keeps about the attempt: input, output, reason. JSON only. */
export interface Attempt<Data = unknown> {
  readonly id: AttemptId
  /** Order of opening within the execution, from 1. */
  readonly ordinal: number
  readonly key: ActivityKey
  /** Which try of its activity, from 0. */
  readonly number: number
  /** Null: nobody claims it (the engine, a child or an operator closes it). */
  readonly queue: QueueName | null
  /** Higher first; within a priority, by arrival. */
  readonly priority: number
  /** How long a claim holds without a sign of life; null: until the worker itself is lost. */
  readonly leaseMs: number | null
  readonly state: AttemptState
  readonly fence: number
  /** How often it was handed out. */
  readonly claims: number
  readonly openedAt: Instant
  readonly firstClaimedAt: Instant | null
  /** The worker of the last claim; kept after the lease ended. */
  readonly lastWorker: WorkerId | null
  /** When the dialect wants to look at it again whatever happens: a timer, or a time-out counted from its opening. */
  readonly wakeAt: Instant | null
  readonly data: Data
}

export function isOpen(attempt: Attempt): boolean {
  return attempt.state.kind !== 'closed'
}

export function outcomeOf(attempt: Attempt): Outcome | null {
  return attempt.state.kind === 'closed' ? attempt.state.outcome : null
}

/** Who wants to end an attempt. A worker that knows its fence gives it; wires without fences give null. */
export type Closer =
  | { readonly kind: 'worker'; readonly worker: WorkerId | null; readonly fence: number | null }
  | { readonly kind: 'operator' }
  | { readonly kind: 'engine' }

/** Null when `by` may close the attempt; else the refusal. Keeps L2 and L4. */
export function mayClose(attempt: Attempt, by: Closer): Refusal | null {
  if (attempt.state.kind === 'closed') return refuse('conflict', `attempt ${attempt.id} has ended (${attempt.state.outcome}); its outcome stands`)
  if (by.kind !== 'worker' || by.fence === null || by.fence === attempt.fence) return null
  return refuse('conflict', `attempt ${attempt.id} was handed out again: your fence is ${by.fence}, the newest is ${attempt.fence}; drop this work`)
}

/** The next moment at which somebody must look at an open attempt, or null. `now` tells due delays from future ones. */
export function nextLook(attempt: Attempt, now: Instant): Instant | null {
  const { state, wakeAt } = attempt
  switch (state.kind) {
    case 'closed':
      return null
    case 'held':
      return wakeAt
    case 'leased':
      return earliest(state.until, wakeAt)
    case 'waiting': {
      // A claim writes only the attempt's row (V4 in view.ts), so the lease's end must already be covered while it waits.
      const delayed = state.notBefore > now ? state.notBefore : null
      const from = delayed ?? now
      const lease = attempt.queue !== null && attempt.leaseMs !== null ? after(from, attempt.leaseMs) : null
      return earliest(earliest(delayed, lease), wakeAt)
    }
  }
}
