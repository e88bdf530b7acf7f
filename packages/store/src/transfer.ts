/**
 * Moving everything from one store to another. The records are the same whatever the store, in an order that is the same
 * too, so a copy can be compared with its original record by record.
 */
import type { Attempt, Execution, ExecutionId, Instant, Message } from '@busbar/kernel'
import type { StoredDefinition, StoredWorker } from './stored.js'

export interface ExecutionRecord {
  readonly execution: Execution
  readonly version: number
  readonly due: Instant | null
  readonly lastOrdinal: number
  readonly lastMessage: number
}

export interface AttemptRecord {
  readonly execution: ExecutionId
  readonly attempt: Attempt
}

/** Consecutive lines of one source, as they were appended. */
export interface LogRecord {
  readonly execution: ExecutionId
  /** Position of the first line. */
  readonly first: number
  readonly source: string
  readonly lines: readonly (readonly [stream: string, at: string, text: string])[]
}

export interface SnapshotRecord {
  readonly id: string
  readonly text: string
}

/** All there is, by kind; a store that is given records in this order is never without what they refer to. */
export interface Records {
  readonly snapshot: SnapshotRecord
  readonly definition: StoredDefinition
  readonly worker: StoredWorker
  readonly execution: ExecutionRecord
  readonly attempt: AttemptRecord
  readonly log: LogRecord
  readonly message: Message
}

export type RecordKind = keyof Records

export const recordKinds = ['snapshot', 'definition', 'worker', 'execution', 'attempt', 'log', 'message'] as const satisfies readonly RecordKind[]

export interface RecordPage<Kind extends RecordKind> {
  readonly records: readonly Records[Kind][]
  /** Where the next page begins; null: this was the last. */
  readonly next: string | null
}

export interface Transfer {
  /** In the order of the records' keys; messages in the order of sending. */
  read<Kind extends RecordKind>(kind: Kind, after: string | null, limit: number): Promise<RecordPage<Kind>>
  /** Adds records to a store that has none of them; all or nothing. */
  write<Kind extends RecordKind>(kind: Kind, records: readonly Records[Kind][]): Promise<void>
  count(kind: RecordKind): Promise<number>
}
