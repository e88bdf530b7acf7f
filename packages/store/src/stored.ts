/** What a store gives back as it was put in. */
import type { Attempt, DefinitionKind, Execution, ExecutionId, Instant, WorkerId } from '@busbar/kernel'

export interface LoadedExecution {
  readonly execution: Execution
  readonly version: number
  readonly due: Instant | null
  readonly lastOrdinal: number
  readonly lastMessage: number
  readonly attempts: readonly Attempt[]
}

export interface DueExecution {
  readonly id: ExecutionId
  readonly at: Instant
}

export interface StoredDefinition {
  readonly kind: DefinitionKind
  readonly namespace: string
  readonly name: string
  /** 0 for kinds without versions. */
  readonly version: number
  /** JSON text, as the dialect stores it. */
  readonly body: string
  readonly createdAt: Instant
  readonly updatedAt: Instant
}

export interface StoredWorker {
  readonly id: WorkerId
  readonly name: string
  readonly lastSeen: Instant
  readonly registeredAt: Instant
  /** What the dialect keeps: abilities, tags, version. JSON text. */
  readonly detail: string
}
