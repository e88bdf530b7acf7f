/**
 * What a worker shows to prove that it means the claim which it was given: the try of the step, and the fence of its lease.
 * A worker that was away for longer than its lease may find the step in other hands, under the same name.
 */
import { type Refusal, refuse } from '@busbar/kernel'
import { nameOf, type StepAttempt } from './step-attempt.js'

/** Opaque to the worker. */
export function leaseOf({ id, fence }: Pick<StepAttempt, 'id' | 'fence'>): string {
  return `${id}.${fence}`
}

/** Workers of the original name no lease: what they say counts for the newest try, as they expect. */
export function refuseOldLease(newest: StepAttempt | undefined, lease: string | undefined): Refusal | undefined {
  if (lease === undefined || newest === undefined || leaseOf(newest) === lease) return undefined
  return refuse('conflict', `step '${nameOf(newest.data)}' was given to somebody else meanwhile: this lease is over`)
}
