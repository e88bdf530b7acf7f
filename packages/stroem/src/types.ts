import type { Json, JsonObject } from '@busbar/kernel'
import type { StroemCommand } from './commands.js'
import type { Plan } from './plan.js'

/** What a job was started with. */
export interface Brief {
  readonly workspace: string
  readonly revision: string | null
  /** `distributed` or `local`: told, and treated the same. */
  readonly mode: string
  /** As submitted, with those defaults that hold no secret. */
  readonly input: JsonObject
  /** Null: nobody submitted any (the job of a hook). */
  readonly rawInput: JsonObject | null
  /** Input fields whose default names a secret: rendered each time they are used, never stored. */
  readonly secretDefaults: readonly string[]
  readonly sourceType: SourceType
  readonly sourceId: string | null
  readonly sourceJobId: string | null
  /** How many jobs are above this one. */
  readonly depth: number
  /** A worker that gave no sign of life for so long has lost its steps. */
  readonly heartbeatTimeoutMs: number
  /** A step that no active worker could run for so long fails. */
  readonly unmatchedTimeoutMs: number
}

export type SourceType =
  | 'api'
  | 'user'
  | 'trigger'
  | 'webhook'
  | 'hook'
  | 'task'
  | 'mcp'
  | 'agent_tool'
  | 'event_source'
  | 'retry'
  | 'upload'
  | 'rerun'
  | 'restart'

/** How a job ends. */
export type EndStatus = 'completed' | 'failed' | 'cancelled'

export interface State {
  /** Null until the first step begins: the job is `pending` on the wire. */
  readonly startedAt: number | null
  /** The worker that began it, if a worker did. */
  readonly worker: string | null
  readonly output: Json
}

/** What is kept about one try of a step, of a loop or of one item of a loop. Absent means null. */
export type StepData = StepTrace &
  (
    | { readonly role: 'step'; readonly step: string }
    /** The placeholder that stands for all items of a `for_each`. */
    | { readonly role: 'loop'; readonly step: string; readonly items: readonly Json[] }
    | { readonly role: 'item'; readonly step: string; readonly index: number }
  )

interface StepTrace {
  /** As rendered, with secrets masked; absent while the step still waits. */
  readonly input?: JsonObject
  readonly output?: Json
  readonly error?: string
  /** The worker said that it runs: until then a lost worker has done nothing. */
  readonly begun?: true
  /** When this try was due, if it is not the first. */
  readonly retryAt?: number
}

/** The types of the dialect, as the kernel's `View` and `Rules` take them. */
export interface StroemTypes {
  readonly plan: Plan
  readonly brief: Brief
  readonly state: State
  readonly data: StepData
  readonly command: StroemCommand
  readonly reply: StroemReply
}

/** `status` answers an approval or a cancel; every other command is answered with null. */
export type StroemReply = { readonly status: 'approved' | 'rejected' | 'cancelled' } | null
