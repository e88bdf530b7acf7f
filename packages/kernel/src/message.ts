/**
 * Messages between executions. They are written in the transaction of the decision that sends them (the outbox),
 * applied at once, and removed in the transaction of the execution that takes them: each is taken exactly once.
 */
import type { DialectName, Parent } from './execution.js'
import type { AttemptId, ExecutionId } from './ids.js'
import type { JsonObject } from './std/json.js'

/** Derived from its sender and its number there, so sending it twice is one message. */
export type MessageId = `${ExecutionId}:${number}`

export type MessageBody =
  /**
   * Start the execution `to` unless it exists. `request` is the dialect's start request. With `command`, that is given to it
   * then, whether it was started by this or stood there before: for executions that many send to, such as a gate.
   */
  | { readonly kind: 'start'; readonly dialect: DialectName; readonly request: JsonObject; readonly parent: Parent | null; readonly command?: JsonObject }
  /** A command of the dialect of `to`. */
  | { readonly kind: 'command'; readonly command: JsonObject }

export interface Message {
  readonly id: MessageId
  readonly to: ExecutionId
  readonly body: MessageBody
}

/** What a parent hears of the child that one of its attempts started; every dialect understands it as a command. */
export type ChildNews =
  | { readonly kind: 'childStarted'; readonly attempt: AttemptId; readonly child: ExecutionId }
  /** The child could not be started. */
  | { readonly kind: 'childRefused'; readonly attempt: AttemptId; readonly child: ExecutionId; readonly reason: string }
  | {
      readonly kind: 'childEnded'
      readonly attempt: AttemptId
      readonly child: ExecutionId
      readonly status: 'completed' | 'failed' | 'timedOut' | 'cancelled'
      readonly output: JsonObject | null
      /** Where the output is kept, when it is kept outside the child. */
      readonly outputPath?: string
      readonly reason: string | null
      /** How the child is called, e.g. `name.version`. */
      readonly title: string
    }
