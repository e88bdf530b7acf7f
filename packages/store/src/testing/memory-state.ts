import type { Attempt, Changes, DefinitionId, Execution, ExecutionId, Instant, Message, MessageId, QueueName, WorkerId } from '@busbar/kernel'
import type { LogLine, StoredDefinition, StoredWorker } from '../store.js'

export interface StoredExecution {
  execution: Execution
  version: number
  due: Instant | null
  lastOrdinal: number
  lastMessage: number
  /** In the order of their ordinals, because they are opened in it. */
  readonly attempts: Map<number, Attempt>
  readonly logs: LogLine[]
}

/** Everything that survives. Maps of plain objects, so that a structured clone is a faithful copy. */
export interface MemoryState {
  readonly executions: Map<ExecutionId, StoredExecution>
  /** The waiting attempts of each queue, by attempt id. */
  readonly waiting: Map<QueueName, Map<string, { readonly execution: ExecutionId; readonly ordinal: number }>>
  /** In the order of sending. */
  readonly messages: Map<MessageId, Message>
  readonly snapshots: Map<DefinitionId, string>
  readonly definitions: Map<string, StoredDefinition>
  readonly workers: Map<WorkerId, StoredWorker>
}

export function emptyState(): MemoryState {
  return { executions: new Map(), waiting: new Map(), messages: new Map(), snapshots: new Map(), definitions: new Map(), workers: new Map() }
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
