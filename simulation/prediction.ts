/** What a model says about a run, and what it is told about it. */
import type { ExecutionId, ExecutionStatus, Json, JsonObject } from '@busbar/kernel'
import type { Report, Try } from './behaviour.js'

/** How a try ended. Which of several possible ends it was (a worker that was late, say) is checked elsewhere. */
export type Fate =
  | Report
  /** `output`: what its worker said before it fell silent. */
  | { readonly outcome: 'timedOut'; readonly output: JsonObject }

/** What is known of a run besides its definition. */
export interface Facts {
  readonly fateOf: (one: Try) => Fate
  /** Null: there is no such execution. */
  readonly statusOf: (path: string) => ExecutionStatus | null
  readonly idOf: (path: string) => ExecutionId | null
}

export interface ExpectedExecution {
  /** More than one: it depends on what happens first. */
  readonly statuses: ReadonlySet<ExecutionStatus>
  /** All that is expected must have happened; else nothing more than it. */
  readonly isExact: boolean
  /** Undefined: not predicted. */
  readonly output: Json | undefined
  readonly variables: Json | undefined
}

export interface Prediction {
  /** By path. */
  readonly executions: Map<string, ExpectedExecution>
  /** How many tries each activity has, by `<path>/<key>`. */
  readonly tries: Map<string, number>
  /** Of these nothing is left once all has happened. */
  readonly forgotten: Set<string>
}

export function emptyPrediction(): Prediction {
  return { executions: new Map(), tries: new Map(), forgotten: new Set() }
}

/** Stands in a prediction where something must be that nobody can know, such as the words of an error. */
export const anything = '<anything>'
