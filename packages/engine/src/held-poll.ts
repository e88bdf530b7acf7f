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
  /** Drops its deadline and no longer listens to its caller. */
  quit: () => void
  readonly answer: (works: readonly Work[]) => void
  readonly fail: (error: unknown) => void
}

export function roomOf(poll: HeldPoll): number {
  return poll.max - poll.works.length - poll.pending
}

/** Nearly always it is the newest; one that looked in vain, or whose work came to nothing, gets its old place. */
export function park(poll: HeldPoll): void {
  const { group } = poll
  const later = poll.order < group.latestParked ? [...group.parked].filter(({ order }) => order > poll.order) : []
  for (const other of later) group.parked.delete(other)
  for (const each of [poll, ...later]) group.parked.add(each)
  group.latestParked = Math.max(group.latestParked, poll.order)
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
  /** The latest of those that were ever parked. */
  latestParked: number
  /** Polls of this group in any state. */
  polls: number
}
