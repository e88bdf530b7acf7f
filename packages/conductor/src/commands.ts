/** What the outside tells an execution of Conductor. JSON only: messages between executions carry commands too. */
import type { AttemptId, ChildNews, CommonCommand, ExecutionId, JsonObject, MessageBody, Parent } from '@busbar/kernel'
import type { GateCommand } from './gate/gate-types.js'
import type { Schedule } from './schedule/schedule-types.js'

export type ResultStatus = 'IN_PROGRESS' | 'FAILED' | 'FAILED_WITH_TERMINAL_ERROR' | 'COMPLETED' | 'CANCELED'

export type ConductorCommand =
  | CommonCommand
  | ChildNews
  /** A worker's TaskResult (conductor-semantics.md §6.2), already parsed at the edge. Reply: UpdateReply. */
  | {
      readonly kind: 'update'
      readonly attempt: AttemptId
      readonly status: ResultStatus
      readonly output: JsonObject
      readonly reason: string | null
      readonly worker: string | null
      readonly callbackAfterSeconds: number
      readonly extendLease: boolean
      readonly subWorkflowId: string | null
      /** Where the output is kept, when it is kept outside; then `output` is empty. */
      readonly outputPath?: string
      readonly logs: readonly { readonly log: string; readonly createdTime: number }[]
    }
  /** By reference name; the output is merged. Reply: UpdateReply with `attempt: null` when nothing pending has that name. */
  | {
      readonly kind: 'updateByReference'
      readonly reference: string
      readonly status: ResultStatus
      readonly output: JsonObject
      readonly outputPath?: string
      readonly reason?: string | null
      readonly worker: string | null
    }
  /** In a test run, instead of whoever would do the task. The output is merged. Reply: UpdateReply. */
  | {
      readonly kind: 'mock'
      readonly attempt: AttemptId
      readonly status: ResultStatus
      readonly output: JsonObject
      readonly outputPath?: string
      readonly reason?: string | null
      readonly executionMs: number
      readonly queueWaitMs: number
    }
  /** The engine's own worker did what a task asks for, or could not. */
  | {
      readonly kind: 'effectEnded'
      readonly attempt: AttemptId
      readonly fence: number
      readonly outcome: 'completed' | 'failed' | 'failedFinally'
      readonly output: JsonObject
      readonly outputPath?: string
      readonly reason: string | null
    }
  /** The server that had begun it is gone. */
  | { readonly kind: 'effectReturned'; readonly attempt: AttemptId; readonly fence: number }
  /** To the message of an event: what its handlers made of it, one entry for each action. */
  | {
      readonly kind: 'eventHandled'
      readonly attempt: AttemptId
      readonly fence: number
      readonly actions: readonly JsonObject[]
      readonly sends: readonly EventSend[]
    }
  /** Reply: PushReply. */
  | { readonly kind: 'pushMessage'; readonly id: string; readonly payload: JsonObject }
  /** `appendArray`: lists grow by what is given instead of being replaced. */
  | { readonly kind: 'updateVariables'; readonly variables: JsonObject; readonly appendArray: boolean }
  | {
      readonly kind: 'changeSchedule'
      readonly change:
        | { readonly kind: 'replace'; readonly schedule: Schedule }
        | { readonly kind: 'pause'; readonly reason: string | null }
        | { readonly kind: 'resume' }
    }
  /** To a gate. */
  | GateCommand
  /** From a gate: the task may be claimed. */
  | { readonly kind: 'gateOpened'; readonly attempt: AttemptId; readonly turn: number; readonly isRated: boolean }
  /** From a gate: there is no room for this execution, and it is not to wait. */
  | { readonly kind: 'gateClosed' }
  /** The execution is about to be removed although it has not ended. */
  | { readonly kind: 'leaveGates' }
  | { readonly kind: 'decide' }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'terminate'; readonly reason: string | null; readonly startsFailureWorkflow?: boolean }
  | { readonly kind: 'restart'; readonly useLatestDefinitions: boolean }
  /**
   * `descended`: from a parent whose failed child is to be retried instead of itself. `upTo`: on behalf of this parent,
   * which knows already that its child runs again.
   */
  | { readonly kind: 'retry'; readonly resumeSubworkflowTasks: boolean; readonly descended?: true; readonly upTo?: ExecutionId }
  | {
      readonly kind: 'rerun'
      readonly fromTask: AttemptId | null
      /** The executions that lead from this one to that of the task: its child, the child's child, … */
      readonly path: readonly ExecutionId[]
      readonly workflowInput: JsonObject | null
      readonly taskInput: JsonObject | null
      readonly correlationId: string | null
    }
  | { readonly kind: 'skipTask'; readonly reference: string; readonly taskInput: JsonObject | null; readonly taskOutput: JsonObject | null }
  | { readonly kind: 'resetCallbacks' }
  /** From a parent that ended: its child must not go on. */
  | { readonly kind: 'parentEnded'; readonly reason: string }
  /** From a task that waits for the end of this workflow, which is not its child. */
  | { readonly kind: 'awaitEnd'; readonly waiting: Parent }
  /** From a child that runs again after its end (§9.3): the owning task is open again. */
  | {
      readonly kind: 'childResumed'
      readonly attempt: AttemptId
      readonly child: ExecutionId
      readonly verb: 'restarted' | 'retried' | 'reran'
      readonly title: string
      readonly upTo?: ExecutionId
    }

/** A message that an event's handler sends, in the transaction that ends the event's message. */
export interface EventSend {
  readonly to: ExecutionId
  readonly body: MessageBody
}

export interface PushReply {
  readonly kind: 'pushed' | 'full' | 'notRunning'
  /** The wire status of the workflow. */
  readonly status: string
}

export interface UpdateReply {
  /** The attempt that was meant; null when an update by reference found none. */
  readonly attempt: AttemptId | null
  /** False when it had ended already and the update was ignored. */
  readonly applied: boolean
  /** Its wire status after the update. */
  readonly status: string
}
