/**
 * What a dialect is to the engine: six pure functions. The engine holds one switch over the two dialects; neither
 * knows the other, and no function here reads a clock, makes an id, draws a random number or runs user code in a
 * language that can loop without end. It asks instead, and is called again with the answer.
 */
import type { Attempt } from './attempt.js'
import type { DialectTypes } from './dialect-types.js'
import type { DialectName, Label, Parent } from './execution.js'
import type { DefinitionId, ExecutionId, QueueName, WorkerId } from './ids.js'
import type { Refusal } from './problem.js'
import type { Json, JsonObject } from './std/json.js'
import type { Instant } from './time.js'
import type { View } from './view.js'

/** A question that only the engine can answer. The same key in one decision is the same question. */
export type Ask =
  /** The value of the last expression; of jq the list of all results. */
  | { readonly key: string; readonly kind: 'evaluate'; readonly language: 'javascript' | 'jq'; readonly code: string; readonly input: Json }
  /** A stored definition; version null: the latest. Answered with its JSON, or null when there is none. */
  | {
      readonly key: string
      readonly kind: 'definition'
      readonly of: DefinitionKind
      readonly namespace: string
      readonly name: string
      readonly version: number | null
    }
  /** When each of these queues was last asked for work; answered with a list of epoch milliseconds or nulls. */
  | { readonly key: string; readonly kind: 'lastPolls'; readonly queues: readonly QueueName[] }
  | PayloadAsk
  /** The newest execution that was started with an idempotency key; answered with a `Keyed`. */
  | { readonly key: string; readonly kind: 'keyed'; readonly name: string; readonly idempotencyKey: string }

/** About values that are kept outside the rows of an execution because of their size. */
export type PayloadAsk =
  /** Answered with the value, or null when there is none of that name. */
  | { readonly key: string; readonly kind: 'payload'; readonly path: string }
  /** Keeps the value as long as the execution is kept; answered with its path. The same value asked again has the same path. */
  | { readonly key: string; readonly kind: 'keepPayload'; readonly execution: ExecutionId; readonly value: JsonObject }
  /** Another execution refers to it too from now on; answered with its size in bytes, or null when there is none of that name. */
  | { readonly key: string; readonly kind: 'usePayload'; readonly execution: ExecutionId; readonly path: string }

/** What is known of an idempotency key: where the next execution with it goes, and the newest there is. */
export type Keyed = { readonly free: ExecutionId; readonly newest: { readonly id: ExecutionId; readonly isTerminal: boolean } | null }

export type DefinitionKind = 'workflow' | 'task'

export type Answer =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly why: 'error' | 'timeout' | 'limit'; readonly message: string; readonly line: number | null }

export type Answers = ReadonlyMap<string, Answer>

export interface Context {
  readonly now: Instant
  readonly answers: Answers
  /** A number in [0, 1) for jitter, the same each time this decision is made. */
  readonly chance: number
  /** The last sign of life of a worker, or null when it was never seen. */
  readonly lastSeen: (worker: WorkerId) => Instant | null
  /** Whether a worker that gave a sign of life since then may take work of this queue. Yes while nobody can know. */
  readonly canServe: (queue: QueueName, since: Instant) => boolean
  /** The secrets of a namespace: for what is handed to a worker only, never for what is stored. */
  readonly secrets: (namespace: string) => JsonObject
  /** The named connections of a namespace, in the dialect's own form; they may hold secrets, so the same holds for them. */
  readonly connections: (namespace: string) => JsonObject
  /** A variable of the server's environment that definitions may read, or null. */
  readonly environment: (name: string) => string | null
}

/** What a start request becomes once the questions it raises are answered. */
export type StartPlan<T extends DialectTypes> =
  | { readonly kind: 'ask'; readonly asks: readonly Ask[] }
  | {
      readonly kind: 'create'
      readonly label: Label
      /** The snapshot to run by, as canonical JSON text: the engine stores it once by its content. */
      readonly definition: string
      readonly brief: T['brief']
      readonly state: T['state']
    }
  | Refusal

/** What a worker gets for a claimed attempt. */
export type HandOut =
  | { readonly kind: 'work'; readonly work: JsonObject }
  /** The attempt cannot be worked on; the dialect has closed it, and the engine decides and looks for another. */
  | { readonly kind: 'spoiled'; readonly reason?: string }

export interface Rules<T extends DialectTypes> {
  readonly name: DialectName

  /** Parses a snapshot. Called once per definition id; the result is shared by all executions of it. */
  compile(definition: string): T['plan']

  /** `id` is the execution to be; `parent` set when another execution starts it. */
  planStart(request: JsonObject, id: ExecutionId, parent: Parent | null, context: Context): StartPlan<T>

  /** Takes one command into the view. A refusal leaves the view as it was. `tick` is a command of every dialect. */
  apply(
    view: View<T>,
    command: T['command'],
    context: Context,
  ): { readonly kind: 'applied'; readonly reply: T['reply'] } | { readonly kind: 'ask'; readonly asks: readonly Ask[] } | Refusal

  /**
   * Makes true what must become true; returns the questions that stand in the way of the rest (none: done).
   * Deciding again without news changes nothing. The cost follows what changed, not the size of the execution.
   */
  decide(view: View<T>, context: Context): readonly Ask[]

  /** The work of an attempt that was just leased. May store what it rendered, or close the attempt as spoiled. */
  handOut(view: View<T>, attempt: Attempt<T['data']>, context: Context): HandOut
}

/** What every dialect's command union includes. */
export type CommonCommand =
  /** A timer of the execution went off. */
  { readonly kind: 'tick' }

export interface Snapshot {
  readonly id: DefinitionId
  readonly text: string
}
