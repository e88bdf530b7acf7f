/** What the engine offers to the floors above it. `Engine` (engine.ts) implements it; servers and tests use only this. */
import type {
  Answer,
  Attempt,
  DefinitionKind,
  DialectName,
  Execution,
  ExecutionId,
  Instant,
  Json,
  JsonObject,
  Keyed,
  MessageId,
  QueueName,
  Refusal,
  Rules,
  View,
  WorkerId,
} from '@busbar/kernel'
import type { ConductorTypes } from '@busbar/conductor'
import type { StroemTypes } from '@busbar/stroem'
import type { Blobs, LogLine, PollSign, Store, StoredDefinition, StoredWorker } from '@busbar/store'

export type AnyView = { readonly dialect: 'conductor'; readonly view: View<ConductorTypes> } | { readonly dialect: 'stroem'; readonly view: View<StroemTypes> }

/** The rules of both dialects. */
export interface Dialects {
  readonly conductor: Rules<ConductorTypes>
  readonly stroem: Rules<StroemTypes>
}

export interface Work {
  readonly execution: ExecutionId
  readonly attempt: Attempt
  /** What the dialect's `handOut` made for the worker. */
  readonly work: JsonObject
}

/** A rule over the names of queues. Rules of the same key are the same. */
export interface ServiceRule {
  readonly key: string
  readonly serves: (queue: QueueName) => boolean
}

/** Who waits for an answer. Not an AbortSignal: making one costs more than all else that is done for a held poll. */
export interface Caller {
  readonly isGone: boolean
  /** Calls back when it goes away. Returns how to stop. */
  onGone(callback: () => void): () => void
}

export interface PollRequest {
  readonly dialect: DialectName
  /**
   * Exact queues, or a rule over the names of queues (Strøm: abilities and tags). With `key`, polls that serve the same
   * queues share one list.
   */
  readonly queues: readonly QueueName[] | ServiceRule
  readonly worker: WorkerId
  readonly max: number
  /** 0: answer at once. The poll is answered at the first work, never held for more. */
  readonly waitMs: number
  /** When it goes away the poll waits no longer, and hands back what was just leased. */
  readonly caller?: Caller
  /** Told why an attempt that this poll claimed could not be made into work; the poll goes on to other work. */
  readonly onSpoiled?: (reason: string) => void
}

export interface StartResult {
  readonly id: ExecutionId
}

export interface EngineApi {
  /** Loads what must be known, delivers messages left over, and begins the loops. */
  start(): Promise<void>
  /** Takes no new work, answers held polls empty, finishes what is in flight, within `withinMs`. */
  stop(withinMs: number): Promise<void>

  /** Starts an execution; resolved when it is committed and decided. */
  create(dialect: DialectName, request: JsonObject, options?: { readonly id?: ExecutionId }): Promise<StartResult | Refusal>
  /** Sends a command of the execution's dialect; resolved with the dialect's reply when it is committed. Unknown execution: refused as missing. */
  send<Reply>(id: ExecutionId, command: { readonly kind: string }): Promise<Reply | Refusal>
  poll(request: PollRequest): Promise<readonly Work[]>
  /** The newest committed view, for reading only. Null when there is none. */
  read(id: ExecutionId): Promise<AnyView | null>
  /** A view of a row that a search gave, without its attempts: for what needs none of them. */
  glance(execution: Execution): Promise<AnyView>
  /** Resolves at the next commit of this execution, at the time-out, or when the signal says so; on a shared store also now and then. */
  changed(id: ExecutionId, options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<void>
  /** Calls back after each commit of this execution (of another server: as a rule, soon). Returns how to stop. */
  watch(id: ExecutionId, listener: () => void): () => void
  remove(id: ExecutionId): Promise<boolean>

  // Logs
  appendLogs(id: ExecutionId, lines: readonly Omit<LogLine, 'position'>[]): Promise<void>
  /** Existing lines, then new ones as they come, until the signal aborts or, with `untilEnded`, the execution has ended and all was read. */
  followLogs(
    id: ExecutionId,
    options: { readonly source?: string; readonly signal: AbortSignal; readonly untilEnded?: boolean },
  ): AsyncIterable<readonly LogLine[]>

  // Definitions: cached reads, writes that invalidate
  putDefinition(definition: StoredDefinition): Promise<void>
  definition(kind: DefinitionKind, namespace: string, name: string, version: number | null): Promise<StoredDefinition | null>
  definitions(kind: DefinitionKind, namespace: string, name?: string): Promise<readonly StoredDefinition[]>
  deleteDefinition(kind: DefinitionKind, namespace: string, name: string, version: number): Promise<boolean>
  /** Calls back after definitions were written, here or (as a rule, soon) by another server. Returns how to stop. */
  onDefinitions(listener: () => void): () => void

  // Workers
  /** A sign of life. Written behind, in batches. */
  seen(worker: WorkerId, at: Instant): void
  lastSeen(worker: WorkerId): Instant | null
  /** What a worker can take, for rules that ask whether anybody could. Workers of the same `key` serve the same queues. */
  serves(worker: WorkerId, rule: ServiceRule): void
  /** When a queue was last polled, by whom; newest first. */
  pollData(queue?: QueueName): Promise<readonly PollSign[]>

  /** What is known of an idempotency key. */
  keyed(name: string, idempotencyKey: string): Promise<Keyed>
  /** Where the first execution with a key goes. */
  firstKeyed(name: string, idempotencyKey: string): ExecutionId
  /** Where payloads are kept that are too large for a row; null: nowhere. */
  readonly blobs: Blobs | null

  /** Evaluates untrusted code in the sandbox, outside any decision. */
  evaluate(code: string, input: Json): Promise<Answer>

  /** One turn of each loop, for tests: fires what is due at the clock's now, delivers left-over messages. */
  runOnce(): Promise<{ readonly timersFired: number; readonly messagesDelivered: number }>
  /** Resolves when nothing is in flight: no command, no message, no commit. */
  idle(): Promise<void>

  readonly store: Store
  readonly now: () => Instant
}

/** Time that tests move. */
export interface Clock {
  now(): Instant
  /** Calls back once at `at` or soon after; returns how to cancel. */
  wakeAt(at: Instant, callback: () => void): () => void
}

export interface EngineLog {
  info(event: string, fields?: Record<string, unknown>): void
  warn(event: string, fields?: Record<string, unknown>): void
  error(event: string, fields?: Record<string, unknown>): void
}

export type { MessageId }

export interface EngineOptions {
  readonly store: Store
  readonly clock: Clock
  readonly log: EngineLog
  /** Random numbers for ids and jitter: uniform in [0, 1). */
  readonly chance: () => number
  readonly secrets?: (namespace: string) => JsonObject
  readonly connections?: (namespace: string) => JsonObject
  readonly environment?: (name: string) => string | null
  readonly limits?: Partial<EngineLimits>
  /** What the engine's own workers do with the attempts of the reserved queues `system/<kind>`. */
  readonly effects?: Readonly<Record<string, EffectHandler>>
  /** Where payloads are kept that are too large for a row; the default is the store's own place, if it has one. */
  readonly blobs?: Blobs
  /** Where untrusted code runs; the default is a pool of sandboxed threads. */
  readonly evaluator?: Evaluator
  /** What a stored worker can take, for rules that ask whether anybody could; null: nothing anybody asks about. */
  readonly serviceOf?: (worker: StoredWorker) => ServiceRule | null
  /** How long ended executions and their logs are kept; default: for ever. */
  readonly retention?: Partial<Retention>
  /** Tests bring rules of their own. */
  readonly rules?: Partial<Dialects>
}

/** In milliseconds from the end of an execution; null: for ever. */
export interface Retention {
  readonly executionsMs: number | null
  readonly logsMs: number | null
}

/** Does one kind of effect. It may be done twice (after a crash), so what it does should bear that. */
export interface EffectHandler {
  /** Returns the command that tells the execution how it went. Stops early when `signal` says that the work was lost. */
  run(work: Work, signal: AbortSignal): Promise<{ readonly kind: string }>
  /** The command that tells the execution that `run` threw. */
  failed(work: Work, error: unknown): { readonly kind: string }
}

export interface Evaluation {
  /** JavaScript unless said; jq answers the list of all results. */
  readonly language?: 'javascript' | 'jq'
  readonly code: string
  readonly input: Json
}

/** What holds for all evaluations of one decision: they see its time, and draw the same numbers when it is made again. */
export interface EvaluationSetting {
  readonly now: Instant
  /** A number in [0, 1). */
  readonly chance: number
}

export interface Evaluator {
  /** One answer for each run, in their order. Never rejects for what the code does. */
  evaluate(runs: readonly Evaluation[], setting: EvaluationSetting): Promise<readonly Answer[]>
  stop(): Promise<void>
}

/** Every bound of the engine, in one place; the server's configuration documents and fills it. */
export interface EngineLimits {
  /** Executions kept in memory between commands. */
  readonly cachedViewsMax: number
  readonly cachedAttemptsMax: number
  /** Commands that may wait for one execution; more are throttled. */
  readonly commandsPerExecutionMax: number
  /** Commands in flight in all; more are throttled. */
  readonly commandsMax: number
  readonly heldPollsMax: number
  readonly pollWaitMsMax: number
  readonly pollCountMax: number
  /** Rounds of ask and decide in one commit, and attempts opened in one; the rest follows in the next. */
  readonly roundsPerCommitMax: number
  readonly attemptsPerCommitMax: number
  readonly evaluationMsMax: number
  readonly evaluationBytesMax: number
  readonly evaluationThreadsMax: number
  /** Effects that run at the same time. */
  readonly effectsMax: number
  readonly sweepMs: number
  /** On a shared store: how often one of the servers looks for what was left lying. */
  readonly surveyMs: number
  /** On a shared store: how long a caller waits for an answer of the store that does not come. */
  readonly doubtMs: number
}
