import type { BlobId } from '../blobs.js'
import type { Attempt, Changes, DefinitionId, Execution, ExecutionId, Instant, Message, MessageId, QueueName, WorkerId } from '@busbar/kernel'
import type { LogChunk } from '../log-chunks.js'
import type { PollSign } from '../sharing.js'
import type { StoredDefinition, StoredWorker } from '../store.js'

export interface StoredChunk extends LogChunk {
  /** Position of the first line. */
  readonly first: number
}

export interface StoredExecution {
  execution: Execution
  version: number
  due: Instant | null
  lastOrdinal: number
  lastMessage: number
  /** The version of the last commit that reworked it (`Changes.reworked`). */
  reworked: number
  /** In the order of their ordinals, because they are opened in it. */
  readonly attempts: Map<number, Attempt>
  logs: StoredChunk[]
}

export interface StoredMessage {
  readonly message: Message
  /** Order of sending. */
  readonly position: number
  readonly sentAt: Instant
}

export interface StoredSnapshot {
  readonly text: string
  readonly usedAt: Instant
}

/** Everything that survives. Maps of plain objects, so that a structured clone is a faithful copy. */
export interface MemoryBlob {
  readonly content: Uint8Array
  readonly putAt: Instant
  readonly users: Set<string>
}

export interface MemoryState {
  readonly executions: Map<ExecutionId, StoredExecution>
  /** The waiting attempts of each queue, by attempt id. */
  readonly waiting: Map<QueueName, Map<string, { readonly execution: ExecutionId; readonly ordinal: number }>>
  /** In the order of sending. */
  readonly messages: Map<MessageId, StoredMessage>
  lastPosition: number
  readonly snapshots: Map<DefinitionId, StoredSnapshot>
  readonly definitions: Map<string, StoredDefinition>
  definitionsEpoch: number
  readonly workers: Map<WorkerId, StoredWorker>
  /** By queue and worker; the latest last. */
  readonly polls: Map<string, PollSign>
  readonly facts: Map<string, string>
  readonly blobs: Map<BlobId, MemoryBlob>
}

export function emptyState(): MemoryState {
  return {
    executions: new Map(),
    waiting: new Map(),
    messages: new Map(),
    lastPosition: 0,
    snapshots: new Map(),
    definitions: new Map(),
    definitionsEpoch: 0,
    workers: new Map(),
    polls: new Map(),
    facts: new Map(),
    blobs: new Map(),
  }
}

export function copyOf<Value>(value: Value): Value {
  return structuredClone(value)
}

/** As `copyOf`, but with what JSON does to values: members that are undefined vanish. */
export function jsonCopyOf<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value
}

export function copyOfChanges(changes: Changes): Changes {
  return jsonCopyOf(changes)
}
