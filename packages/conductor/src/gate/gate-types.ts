import type { AttemptId } from '@busbar/kernel'
import type { TaskLimits } from './limits.js'

export interface GateState {
  readonly limits: TaskLimits
  /** Admitted and not ended; kept only for a concurrency limit. */
  readonly inside: number
  /** Admitted under the rate and not begun. */
  readonly expected: number
  /** When the places of those that began are free again, in order. */
  readonly returns: readonly number[]
}

export type GateCommand =
  | { readonly kind: 'gateEnter'; readonly attempt: AttemptId; readonly limits: TaskLimits }
  | { readonly kind: 'gateBegun'; readonly attempt: AttemptId; readonly at: number }
  | { readonly kind: 'gateLeave'; readonly attempt: AttemptId }
