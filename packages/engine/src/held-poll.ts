import type { QueueName } from '@busbar/kernel'
import type { PollRequest, Work } from './api.js'

/**
 * A poll that is under way.
 *
 *   looking ──nothing there──► parked ──hand-off under way──► (pending > 0) ──committed──► answered
 *      ▲                         │  ▲                               │
 *      └──── queue restocked ────┘  └───────── refused ─────────────┘      parked ──time-out, abort, stop──► answered
 */
export interface HeldPoll {
  readonly request: PollRequest
  readonly group: Group
  /** Earlier polls are served first. */
  readonly order: number
  readonly max: number
  state: 'looking' | 'parked' | 'answered'
  /** Attempts leased to it by decisions whose commits are under way. */
  pending: number
  works: Work[]
  /** It must not wait any longer: timed out, given up by its caller, or the engine stops. */
  isOver: boolean
  /** Nobody reads the answer: its work goes back. */
  isAbandoned: boolean
  /** Stops its timer and no longer listens to its caller's signal. */
  quit: () => void
  readonly answer: (works: readonly Work[]) => void
  readonly fail: (error: unknown) => void
}

export function roomOf(poll: HeldPoll): number {
  return poll.max - poll.works.length - poll.pending
}

export interface Queue {
  readonly name: QueueName
  stocked: boolean
  restocks: number
  readonly groups: Set<Group>
}

/** Polls that serve the same queues. */
export interface Group {
  readonly key: string
  readonly serves: ((queue: QueueName) => boolean) | null
  readonly queues: Set<Queue>
  /** Waiting, longest first. */
  readonly parked: Set<HeldPoll>
  /** Polls of this group in any state. */
  polls: number
}
