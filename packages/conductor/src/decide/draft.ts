import type { Instant, JsonObject, Outcome, QueueName } from '@busbar/kernel'
import type { Node } from '../plan.js'
import type { TaskData } from '../types.js'

/** A task that is to be opened. Nothing changes before all drafts of a round are complete. */
export interface Draft {
  readonly key: string
  readonly number: number
  readonly node: Node | null
  readonly data: TaskData
  readonly how: 'worker' | 'engine' | 'effect'
  /** Of an effect. */
  readonly queue: QueueName | null
  /** Closed in the same breath. */
  readonly closed: Outcome | null
  /** Not claimable earlier. */
  readonly delayMs: number
  /** Tasks of the engine: look again then. */
  readonly wakeAt: Instant | null
}

/** Where a task stands: which node, in which iteration. */
export interface Place {
  readonly node: Node
  /** Empty outside loops. */
  readonly suffix: string
}

export interface DraftParts {
  readonly type: string
  readonly name?: string
  readonly input: JsonObject
  readonly output?: JsonObject
  readonly how: 'worker' | 'engine' | 'effect'
  readonly queue?: QueueName
  readonly closed?: Outcome
  readonly domain?: string | null
  readonly startDelay?: number
  readonly wakeAt?: Instant | null
  readonly more?: Partial<TaskData>
}

export function draftOf(place: Place, parts: DraftParts): Draft {
  const { node, suffix } = place
  const startDelay = parts.startDelay ?? 0
  const data: TaskData = {
    type: parts.type,
    ...(parts.name !== undefined && parts.name !== parts.type && { name: parts.name }),
    ...(isFilled(parts.input) && { input: parts.input }),
    ...(parts.output !== undefined && isFilled(parts.output) && { output: parts.output }),
    ...(suffix !== '' && { suffix, iteration: lastIteration(suffix) }),
    ...(parts.domain != null && { domain: parts.domain }),
    ...(startDelay > 0 && { startDelay, callbackAfterSeconds: startDelay }),
    ...parts.more,
  }
  return {
    key: node.ref + suffix,
    number: 0,
    node,
    data,
    how: parts.how,
    queue: parts.queue ?? null,
    closed: parts.closed ?? null,
    delayMs: startDelay * 1000,
    wakeAt: parts.wakeAt ?? null,
  }
}

export function lastIteration(suffix: string): number {
  return Number(suffix.slice(suffix.lastIndexOf('__') + 2))
}

function isFilled(map: JsonObject): boolean {
  for (const _ in map) return true
  return false
}
