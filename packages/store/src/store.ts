/**
 * The store port. It writes whole decisions or nothing, and hands out leases; the rules are elsewhere.
 *
 * S1. `commit` writes a whole change, or nothing: `stale` when the execution's version moved on (also where the change
 *     does not raise it: what others closed meanwhile must not be written over), when an attempt's fence moved on, when the definitions it was decided from were written since, or when an execution of that id exists already (version 0); else `taken` when a message that it
 *     takes was taken or dropped before: that is what makes "exactly once" true whoever carries messages.
 * S2. What a resolved promise said is written: it survives kill -9 and a power cut.
 * S3. `claim` leases each attempt to one caller; the fence is raised by one each time.
 * S4. Calls that arrive while a flush is under way form the next flush: one transaction serves them all. A change that
 *     is refused does not disturb the others of its flush.
 * S5. Every list is bounded and paged.
 * S6. A call sees whatever was answered before it was made. Calls of one user that are under way together take effect in
 *     the order in which they were made where the store has one user; a shared one (`sharing`) keeps that order only
 *     among the commits of one execution and the lines of one log, so that calls of different kinds need not wait for each other's round trip.
 * S7. What fails for reasons of the disk or the connection rejects with a Problem `unavailable`. The key, queue, priority
 *     and lease time of an attempt are those of its opening. Names, labels, queues and sources have no NUL character
 *     (refused as `invalid`): what travels as JSON may hold any text.
 */
import type { Blobs } from './blobs.js'
import type { Facts } from './facts.js'
import type { FoundAttempts, FoundExecutions, SearchRequest } from './search.js'
import type { Sharing } from './sharing.js'
import type { DueExecution, LoadedExecution, StoredDefinition, StoredWorker } from './stored.js'
import type { Transfer } from './transfer.js'
import type {
  Attempt,
  Changes,
  DefinitionId,
  DefinitionKind,
  DialectName,
  Execution,
  ExecutionId,
  ExecutionStatus,
  Instant,
  Message,
  QueueName,
  WorkerId,
} from '@busbar/kernel'

export type * from './stored.js'

export type CommitResult = 'written' | 'stale' | 'taken'

export interface ClaimRequest {
  /** The caller may serve any of these. */
  readonly queues: readonly QueueName[]
  readonly worker: WorkerId
  readonly max: number
  readonly now: Instant
}

export interface Claimed {
  readonly execution: ExecutionId
  readonly attempt: Attempt
}

export interface QueueSize {
  readonly queue: QueueName
  readonly ready: number
  readonly delayed: number
  /** When the earliest delayed one becomes ready. */
  readonly nextAt: Instant | null
}

export interface ListRequest {
  readonly dialect: DialectName
  readonly namespace?: string
  readonly name?: string
  readonly version?: string
  readonly handle?: string
  readonly source?: string
  readonly statuses?: readonly ExecutionStatus[]
  /** Case-insensitive substring of name, namespace, handle or id. */
  readonly text?: string
  readonly createdFrom?: Instant
  readonly createdBefore?: Instant
  readonly offset: number
  readonly limit: number
  readonly order: 'newest' | 'oldest'
}

export interface Listed {
  /** In the order of creation; those of one moment by id. */
  readonly executions: readonly Execution[]
  /** Exact when only dialect and statuses are asked for; else counted to 10,000 beyond the page at most. */
  readonly total: number
}

export interface LogLine {
  /** Order within the execution, from 1; given by the store. */
  readonly position: number
  /** The activity (or attempt id) that said it. */
  readonly source: string
  readonly stream: string
  /** The moment as the sender wrote it. */
  readonly at: string
  readonly text: string
}

export interface LogRequest {
  readonly source?: string
  /** Lines after this position; 0: from the start. */
  readonly after: number
  readonly limit: number
}

export interface WorkerPage {
  readonly workers: readonly StoredWorker[]
  readonly total: number
}

export interface WorkerSighting {
  readonly id: WorkerId
  readonly at: Instant
}

export interface ExecutionHead {
  readonly dialect: DialectName
  readonly status: ExecutionStatus
  readonly version: number
}

export interface Store {
  /** What servers on the same store have beside it; null when the store has one user. */
  readonly sharing: Sharing | null
  readonly transfer: Transfer
  readonly facts: Facts
  /** Beside the executions, where several servers share them; null: they are kept elsewhere. */
  readonly blobs: Blobs | null

  /** Migrates the schema and checks the durability settings; throws a Problem that says what is wrong. */
  open(): Promise<void>
  /** Finishes what was accepted, then closes. Later calls are refused. */
  close(): Promise<void>
  /** Truth for the health route: null when fine, else what is wrong. */
  trouble(): Promise<string | null>

  // Executions
  commit(changes: Changes): Promise<CommitResult>
  load(id: ExecutionId): Promise<LoadedExecution | null>
  list(request: ListRequest): Promise<Listed>
  countByStatus(dialect: DialectName): Promise<ReadonlyMap<ExecutionStatus, number>>
  /** What can be known of an execution without reading its attempts. */
  head(id: ExecutionId): Promise<ExecutionHead | null>
  /** Deletes an execution with its attempts, logs and the messages to it. Messages from it stay: others wait for them. */
  remove(id: ExecutionId): Promise<boolean>

  // Retention: each call does a bounded part of the work and returns what it did; fewer than `limit`: nothing is left.
  /** Deletes executions that ended before a moment, as `remove` does, those that ended first before the others. */
  removeEnded(endedBefore: Instant, limit: number): Promise<readonly ExecutionId[]>
  /** Deletes the logs of executions that ended before a moment; returns of how many executions. */
  removeLogs(endedBefore: Instant, limit: number): Promise<number>
  /** Deletes snapshots that no execution runs by and that nobody put since a moment; returns how many. */
  removeSnapshots(unusedSince: Instant, limit: number): Promise<number>

  // Searches: see search.ts
  searchExecutions(request: SearchRequest): Promise<FoundExecutions>
  searchAttempts(request: SearchRequest): Promise<FoundAttempts>

  // Queues
  /** Higher priority first, within it by the moment from which an attempt may be claimed, then by order of opening. */
  claim(request: ClaimRequest): Promise<readonly Claimed[]>
  /** How many attempts wait in each queue and are due at `now`, with when the earliest later one becomes due. */
  queueSizes(now: Instant): Promise<readonly QueueSize[]>
  /** The open attempts of a queue, waiting or leased, oldest first. */
  openAttempts(queue: QueueName, offset: number, limit: number): Promise<readonly Claimed[]>

  // Timers and messages
  /** Executions whose time has come, earliest first. */
  due(now: Instant, limit: number): Promise<readonly DueExecution[]>
  /** The earliest due time of all, or null. */
  nextDue(): Promise<Instant | null>
  /** Messages that were sent and not taken, in order; for the start of the engine and its safety net. */
  messages(limit: number): Promise<readonly Message[]>
  /** Of these, the ones to a receiver. */
  messagesTo(receiver: ExecutionId, limit: number): Promise<readonly Message[]>
  /** Removes a message whose receiver does not exist (any more). */
  dropMessage(id: Message['id']): Promise<void>

  // Definitions
  /** Stores it, or notes that it was wanted again at `now` (to the hour: most calls write nothing). */
  putSnapshot(id: DefinitionId, text: string, now: Instant): Promise<void>
  snapshot(id: DefinitionId): Promise<string | null>
  putDefinition(definition: StoredDefinition): Promise<void>
  /** Version null: the highest. */
  definition(kind: DefinitionKind, namespace: string, name: string, version: number | null): Promise<StoredDefinition | null>
  /** By name, then by version. */
  definitions(kind: DefinitionKind, namespace: string, name?: string): Promise<readonly StoredDefinition[]>
  deleteDefinition(kind: DefinitionKind, namespace: string, name: string, version: number): Promise<boolean>

  // Workers
  putWorker(worker: StoredWorker): Promise<void>
  /** The latest sign of life counts; who never registered is passed over. */
  seenWorkers(seen: readonly WorkerSighting[]): Promise<void>
  worker(id: WorkerId): Promise<StoredWorker | null>
  /** In the order of registration. */
  workers(offset: number, limit: number): Promise<WorkerPage>

  // Logs
  /**
   * Appends lines; each gets its position. Resolves when they are written. Lines of an execution that does not exist
   * (any more) are dropped.
   */
  appendLogs(execution: ExecutionId, lines: readonly Omit<LogLine, 'position'>[]): Promise<void>
  /** Lines after `after` (0: from the start), oldest first; of one source if given. */
  logs(execution: ExecutionId, request: LogRequest): Promise<readonly LogLine[]>
}
