/** What may arrive in the mailbox of an execution. */
import type { Attempt, DialectName, Instant, JsonObject, MessageId, Parent } from '@busbar/kernel'

export type LetterBody =
  /** A command of the dialect; with `message`, it came by the outbox and is taken in the same commit. */
  | { readonly kind: 'command'; readonly command: { readonly kind: string }; readonly message: MessageId | null }
  | {
      readonly kind: 'start'
      readonly dialect: DialectName
      readonly request: JsonObject
      readonly parent: Parent | null
      readonly message: MessageId | null
      /** Given to the execution whether it was started by this or not. */
      readonly command?: { readonly kind: string } | undefined
    }
  /** The store leased an attempt to a worker. Answered with `Work`, with `Spoiled`, or null when it is held no more. */
  | { readonly kind: 'claimed'; readonly attempt: Attempt }
  /** Leased work that was not delivered goes back to its queue. Answered with a boolean: it was still leased. */
  | { readonly kind: 'release'; readonly ordinal: number; readonly fence: number; readonly delayMs: number }
  /** A sign of life of the engine's own worker. Answered like `release`. */
  | { readonly kind: 'extend'; readonly ordinal: number; readonly fence: number; readonly until: Instant }
  /** Deletes the execution. Answered with a boolean: there was one. */
  | { readonly kind: 'remove' }

export interface Letter {
  readonly body: LetterBody
  /** Called once, after the commit that holds what the letter asked for. */
  settle(answer: unknown): void
  /** Called instead when that did not come about. */
  fail(error: unknown): void
}

/** The answer to a letter that carried a message which somebody else took or dropped meanwhile. */
export const takenBefore = Symbol('taken before')

/** The answer to a letter whose execution does not exist. */
export const nobody = Symbol('nobody')
