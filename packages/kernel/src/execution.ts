import type { AttemptId, DefinitionId, ExecutionId } from './ids.js'
import type { Instant } from './time.js'

export type DialectName = 'conductor' | 'stroem'

export type ExecutionStatus = 'running' | 'paused' | 'completed' | 'failed' | 'timedOut' | 'cancelled'

export function isTerminal(status: ExecutionStatus): boolean {
  return status !== 'running' && status !== 'paused'
}

/** What lists and searches know an execution by. Written at creation; the status is kept up to date beside it. */
export interface Label {
  /** Strøm's workspace; empty for Conductor. */
  readonly namespace: string
  /** Name of the definition: workflow name, task name. */
  readonly name: string
  /** Version of the definition, as text; revision for Strøm. */
  readonly version: string
  /** The caller's own handle: Conductor's correlation id, Strøm's source id. Empty when none. */
  readonly handle: string
  /** Where it came from: `api`, `task`, `retry`… Empty when unknown. */
  readonly source: string
}

/** The attempt that started this execution and wants to hear of its end. */
export interface Parent {
  readonly execution: ExecutionId
  readonly attempt: AttemptId
}

/** The row of an execution, without its attempts. */
export interface Execution<Brief = unknown, State = unknown> {
  readonly id: ExecutionId
  readonly dialect: DialectName
  readonly definition: DefinitionId
  readonly label: Label
  readonly parent: Parent | null
  readonly status: ExecutionStatus
  readonly createdAt: Instant
  readonly updatedAt: Instant
  readonly endedAt: Instant | null
  /** What it was started with: large, and rewritten only when an operator replaces it. JSON only. */
  readonly brief: Brief
  /** What changes while it runs: small. JSON only. */
  readonly state: State
}
