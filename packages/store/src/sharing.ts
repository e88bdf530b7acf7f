/**
 * What several servers on one store do for each other. Nothing here makes anything true: commits and claims are safe
 * without it. It saves them from asking again and again.
 *
 * H1. `tell` is a hint. It may be lost, come late, or twice; a lost one costs time until the next survey, never truth.
 * H2. A hint comes after the write it speaks of: who hears it and reads sees that write.
 * H3. After hints may have been lost (the connection broke, this server was just opened) listeners hear `lost`.
 */
import type { ExecutionId, Instant, Message, QueueName, WorkerId } from '@busbar/kernel'
import type { DueExecution, LoadedExecution, StoredWorker } from './stored.js'

export interface ChangedExecution {
  readonly id: ExecutionId
  readonly ended: boolean
}

/** What a server tells the others. Every part may be left out. */
export interface News {
  /** Queues in which something claimable was left. */
  readonly stocked?: readonly QueueName[]
  /** Executions that were committed. */
  readonly changed?: readonly ChangedExecution[]
  /** Executions that got new lines of log. */
  readonly logged?: readonly ExecutionId[]
  /** A worker registered, or came back. */
  readonly workers?: true
  /** A definition was written or deleted. */
  readonly definitions?: true
  /** The teller has just made a survey: nobody else needs one for a while. */
  readonly surveyed?: true
}

export type Heard = { readonly kind: 'news'; readonly news: News } | { readonly kind: 'lost' }

/** What was left lying: somebody has died, or a hint was lost. */
export interface Survey {
  /** The earliest due time of all. */
  readonly nextDue: Instant | null
  /** Queues with an attempt that could have been claimed for a while (`leftAfterMs`). */
  readonly stocked: readonly QueueName[]
  /** Messages that were sent so long ago and not taken, oldest first; a page of them. */
  readonly messages: readonly Message[]
}

/** An execution as a server keeps it in memory. */
export interface KnownExecution {
  readonly id: ExecutionId
  readonly version: number
  readonly lastOrdinal: number
  /** Ordinals of the attempts that are open in it. */
  readonly open: readonly number[]
}

export interface PollSign {
  readonly queue: QueueName
  readonly worker: WorkerId
  readonly at: Instant
}

export interface Sharing {
  /** The one clock of all servers: the store's. */
  clock(): Promise<Instant>
  /** Passes news on to the other servers, soon and without waiting; never fails. */
  tell(news: News): void
  /** Calls back with what other servers told (not with one's own). Returns how to stop. */
  hear(listener: (heard: Heard) => void): () => void
  /** One round trip. `leftAfterMs`: what is younger is on its way, and somebody's business. */
  survey(now: Instant, leftAfterMs: number): Promise<Survey>
  /** Queues with something that can be claimed. */
  stocked(now: Instant): Promise<readonly QueueName[]>
  /**
   * Executions whose time has come, earliest first. Each is named to one caller only: its due time moves to `until`,
   * when it is named again unless a commit has moved it meanwhile. `at` is the due time as it was.
   */
  takeDue(now: Instant, until: Instant, limit: number): Promise<readonly DueExecution[]>
  /**
   * What others wrote since: the execution as it is, with those of its open and newer attempts that changed, in order; its
   * brief is null. `reworked`: something else changed too (`Changes.reworked`), so it must be loaded. Null: it is gone.
   * The cost follows what is open and new, not the size of the execution.
   */
  loadChanges(known: KnownExecution): Promise<LoadedExecution | 'reworked' | null>
  /** A number that every write of a definition raises: what was read under the same number is still true. */
  definitionsEpoch(): Promise<number>
  /** Writes down who polled what, the latest moment for each; bounded: the oldest are forgotten. */
  putPolls(polls: readonly PollSign[]): Promise<void>
  /** Latest first; of these queues, or of all. */
  polls(queues: readonly QueueName[] | null, limit: number): Promise<readonly PollSign[]>
  /** Workers that gave a sign of life since a moment. */
  workersSince(at: Instant, limit: number): Promise<readonly StoredWorker[]>
}
