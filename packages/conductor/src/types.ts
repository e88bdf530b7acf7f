import type { AttemptId, ExecutionId, ExecutionStatus, Json, JsonObject, Parent } from '@busbar/kernel'
import type { ConductorCommand, PushReply, UpdateReply } from './commands.js'
import type { Plan } from './plan.js'
import type { GateState, Pass } from './gate/gate-types.js'
import type { ScheduleState } from './schedule/schedule-types.js'

/** The types of the dialect, as the kernel's `View` and `Rules` take them. */
export interface ConductorTypes {
  readonly plan: Plan
  readonly brief: Brief
  readonly state: State
  readonly data: TaskData
  readonly command: ConductorCommand
  readonly reply: ConductorReply
}

/** An update answers what became of the task; the verbs answer nothing. */
export type ConductorReply = UpdateReply | PushReply | null

/** What an execution was started with. Absent: the default of the wire (none, 0, {}). */
export interface Brief {
  readonly input: JsonObject
  /** Where the input is kept, when it is kept outside; then `input` is empty. */
  readonly inputPath?: string
  readonly correlationId?: string
  readonly priority?: number
  readonly taskToDomain?: Domains
  readonly event?: string
  readonly idempotencyKey?: string
  /** A run with mocked results: nothing is done outside, and no worker gets its tasks. */
  readonly isTest?: true
  /** The classifier of its definition, when that is not `workflow`: searches ask for it. */
  readonly classifier?: string
  /** A snapshot that took the place of the first one (a restart with the latest definitions). */
  readonly definition?: string
}

export interface QueuedMessage {
  readonly id: string
  readonly payload: JsonObject
  readonly receivedAt: number
}

/** Task type (or `*`) → comma-separated domains. */
export type Domains = Readonly<Record<string, string>>

export interface State {
  /** The first task was scheduled. Until then a decision begins at the top of the definition. */
  readonly begun?: true
  /** All its tasks wait for people: see `noteOpening`. */
  readonly untouched?: true
  readonly variables: JsonObject
  readonly output?: JsonObject
  /** Where the output is kept, when it is kept outside. */
  readonly outputPath?: string
  readonly reason?: string
  readonly failedRefs?: readonly string[]
  readonly failedNames?: readonly string[]
  /** The last resume, retry or rerun: the workflow's time-out counts from here. */
  readonly lastRetriedTime?: number
  /** That was a rerun, which the wire does not show as a retry. */
  readonly reran?: true
  /** The state it was in before it ran again; when it had ended then is shown until it ends once more, but not after a restart. */
  readonly before?: { readonly status: ExecutionStatus; readonly endedAt?: number }
  /** The sequence of tasks that were forgotten with a new beginning: those of now are counted from here. */
  readonly forgotten?: number
  /** Of a schedule, which has no tasks. */
  readonly scheduled?: ScheduleState
  /** Of a gate, whose attempts are the tasks that stand before it. */
  readonly gate?: GateState
  /** How often listeners were told of it. */
  readonly told?: number
  /** Tasks of others that wait for its end, beside its parent. */
  readonly awaitedBy?: readonly Parent[]
  /** Its workflow limits how many of its executions run. */
  readonly pass?: Pass
  /** The schedule was changed: its due times are to be found anew. */
  readonly replanned?: true
  /** Pushed from outside and not pulled yet, oldest first. */
  readonly messages?: readonly QueuedMessage[]
}

/**
 * What is kept of one task. The reference name is the attempt's key, the retry count its number, the sequence its
 * ordinal; the definition is found in the plan. Absent: false, 0, {} or none.
 */
export interface TaskData {
  readonly type: string
  /** The name of its task definition, when that is not the type. */
  readonly name?: string
  readonly input?: JsonObject
  /** Where the input or the output is kept, when it is kept outside. */
  readonly inputPath?: string
  readonly outputPath?: string
  /** Kept for loops and open joins only when it cannot be derived from their tasks; see `outputOf`. */
  readonly output?: JsonObject
  readonly reason?: string
  /** `__2`, or `__2__1` for a loop in a loop: what the reference name has beyond the name in the definition. */
  readonly suffix?: string
  /** The iteration it belongs to; of a loop, its newest iteration. */
  readonly iteration?: number
  readonly retryOf?: AttemptId
  /** Another attempt has taken its place. */
  readonly retried?: true
  /** Its successors exist. */
  readonly executed?: true
  readonly child?: ExecutionId
  /** A workflow that it waits for and that somebody else started: an idempotency key led there. It is no child. */
  readonly awaits?: ExecutionId
  readonly domain?: string
  readonly callbackAfterSeconds?: number
  readonly startDelay?: number
  /** Of the first attempt, when this is a later one. */
  readonly firstScheduledTime?: number
  /** Who reported on it last, when it was not the worker that polled it; empty: somebody without a name. */
  readonly workerId?: string
  /** The last sign of life of its worker, when it is later than the poll. */
  readonly updatedAt?: number
  /** A system task that begins later. */
  readonly startAt?: number
  /** A child that runs again made its joins look again. */
  readonly changed?: true
  /** Skipped by an operator: listed before all others. */
  readonly skipped?: true
  /** Of a mocked task: when it would have been scheduled and begun. */
  readonly began?: { readonly scheduled: number; readonly started: number }
  /** Of a loop: how many iterations its output shows, when that is not the rule of `outputOf`. */
  readonly shown?: number
  /** Of a list loop: the item of the newest iteration. */
  readonly item?: Json
  /** Its definition limits how many of its tasks may be at work. `notBefore`: when it could be claimed but for that. */
  readonly gate?: {
    readonly name: string
    readonly state: 'asked' | 'open' | 'begun' | 'left' | 'gone'
    readonly notBefore: number
    readonly turn: number
    readonly rated?: true
  }
  /** Of an entry of a gate: it was let in, and its place of the rate counts from its beginning. */
  readonly admitted?: 'expected' | 'begun'
  /** What it does outside is done; it waits for an update. */
  readonly sent?: true
}
