import { after, type Attempt, attemptIdOf, type Instant, invariant, isOpen, type QueueName } from '@busbar/kernel'
import type { Claimed, ClaimRequest, QueueSize } from '../store.js'
import { jsonCopyOf, type MemoryState, type StoredExecution } from './memory-state.js'

export function putAttempt(state: MemoryState, row: StoredExecution, attempt: Attempt): void {
  unqueue(state, row.attempts.get(attempt.ordinal))
  row.attempts.set(attempt.ordinal, attempt)
  if (attempt.state.kind !== 'waiting' || attempt.queue === null) return
  let queue = state.waiting.get(attempt.queue)
  if (!queue) state.waiting.set(attempt.queue, (queue = new Map()))
  queue.set(attempt.id, { execution: row.execution.id, ordinal: attempt.ordinal })
}

export function dropAttempt(state: MemoryState, row: StoredExecution, ordinal: number): void {
  unqueue(state, row.attempts.get(ordinal))
  row.attempts.delete(ordinal)
}

function unqueue(state: MemoryState, attempt: Attempt | undefined): void {
  if (attempt?.state.kind !== 'waiting' || attempt.queue === null) return
  const queue = state.waiting.get(attempt.queue)
  queue?.delete(attempt.id)
  if (queue?.size === 0) state.waiting.delete(attempt.queue)
}

export function claim(state: MemoryState, { queues, worker, max, now }: ClaimRequest): readonly Claimed[] {
  const ready = [...new Set(queues)]
    .flatMap(queue => waitingIn(state, queue))
    .filter(({ attempt }) => notBefore(attempt) <= now)
    .sort(byTurn)
  return ready.slice(0, max).map(({ execution, attempt }) => {
    const leased: Attempt = {
      ...attempt,
      state: { kind: 'leased', worker, since: now, until: attempt.leaseMs === null ? null : after(now, attempt.leaseMs) },
      fence: attempt.fence + 1,
      claims: attempt.claims + 1,
      firstClaimedAt: attempt.firstClaimedAt ?? now,
      lastWorker: worker,
    }
    const row = state.executions.get(execution)
    invariant(row, `a waiting attempt belongs to the unknown execution ${execution}`)
    putAttempt(state, row, leased)
    return { execution, attempt: jsonCopyOf(leased) }
  })
}

/** Higher priority first; within a priority by arrival: the moment, then the order of opening. */
function byTurn(a: Claimed, b: Claimed): number {
  return b.attempt.priority - a.attempt.priority || notBefore(a.attempt) - notBefore(b.attempt) || (a.attempt.id < b.attempt.id ? -1 : 1)
}

function notBefore({ state }: Attempt): Instant {
  invariant(state.kind === 'waiting', 'only waiting attempts are in a queue')
  return state.notBefore
}

function waitingIn(state: MemoryState, queue: QueueName): Claimed[] {
  return [...(state.waiting.get(queue)?.values() ?? [])].map(({ execution, ordinal }) => {
    const attempt = state.executions.get(execution)?.attempts.get(ordinal)
    invariant(attempt, `queue ${queue} names the unknown attempt ${attemptIdOf(execution, ordinal)}`)
    return { execution, attempt }
  })
}

/** Whether something could have been claimed from a queue since a moment. */
export function waitingSince(state: MemoryState, queue: QueueName, moment: Instant): boolean {
  return waitingIn(state, queue).some(({ attempt }) => notBefore(attempt) <= moment)
}

export function queueSizes(state: MemoryState, now: Instant): readonly QueueSize[] {
  return [...state.waiting.keys()].sort().map(queue => {
    const later = waitingIn(state, queue)
      .map(({ attempt }) => notBefore(attempt))
      .filter(at => at > now)
    const all = state.waiting.get(queue)?.size ?? 0
    const nextAt = later.reduce<Instant | null>((least, at) => (least === null || at < least ? at : least), null)
    return { queue, ready: all - later.length, delayed: later.length, nextAt }
  })
}

export function openAttempts(state: MemoryState, queue: QueueName, offset: number, limit: number): readonly Claimed[] {
  const open: Claimed[] = []
  for (const [execution, row] of state.executions) {
    for (const attempt of row.attempts.values()) if (attempt.queue === queue && isOpen(attempt)) open.push({ execution, attempt })
  }
  open.sort((a, b) => (a.attempt.id < b.attempt.id ? -1 : 1))
  return jsonCopyOf(open.slice(offset, offset + limit))
}
