import type { AttemptId, ExecutionId } from '@busbar/kernel'
import type { TaskLimits } from './limits.js'

export interface GateState {
  readonly limits: TaskLimits
  /** Admitted and not ended; kept only for a concurrency limit. */
  readonly inside: number
  /** Admitted under the rate and not begun. */
  readonly expected: number
  /** When the places of those that began are free again, in order. */
  readonly returns: readonly number[]
  /** Who left before it was heard that they came, as `attempt#turn`: messages of one sender may overtake each other. */
  readonly early?: readonly string[]
}

/** `turn`: how often the same attempt came before, 0 at first: it may run again after it has left. */
export type GateCommand =
  /**
   * `how`: it waits for its turn (the default), is refused when there is no room, or is inside already and only counts. An
   * execution as a whole asks under its own id, as if that were an attempt's.
   */
  | {
      readonly kind: 'gateEnter'
      readonly attempt: AttemptId
      readonly turn?: number
      readonly limits: TaskLimits
      readonly how?: 'inTurn' | 'orRefuse' | 'atOnce'
    }
  | { readonly kind: 'gateBegun'; readonly attempt: AttemptId; readonly at: number }
  | { readonly kind: 'gateLeave'; readonly attempt: AttemptId; readonly turn?: number }

/** Of an execution whose workflow limits how many of them run. */
export interface Pass {
  /** The gate, which is one for each workflow and key. */
  readonly gate: ExecutionId
  readonly key: string
  readonly state: 'asked' | 'open' | 'left'
  /** How often it came before. */
  readonly turn?: number
}
