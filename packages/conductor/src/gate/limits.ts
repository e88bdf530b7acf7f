import type { TaskDef } from '../definition/types.js'

/** How many tasks of one definition may be at work (conductor-semantics.md §6.3). */
export interface TaskLimits {
  /** Tasks between their admission and their end; null: any number. */
  readonly concurrency: number | null
  /** Tasks begun within any span of `perMs`; null: any number. */
  readonly rate: { readonly max: number; readonly perMs: number } | null
}

/** Null: nothing limits it. */
export function taskLimitsOf(definition: TaskDef | null): TaskLimits | null {
  if (definition === null) return null
  const { concurrentExecLimit, rateLimitPerFrequency, rateLimitFrequencyInSeconds } = definition
  const concurrency = concurrentExecLimit !== null && concurrentExecLimit > 0 ? concurrentExecLimit : null
  const hasRate = rateLimitPerFrequency > 0 && rateLimitFrequencyInSeconds > 0
  const rate = hasRate ? { max: rateLimitPerFrequency, perMs: rateLimitFrequencyInSeconds * 1000 } : null
  return concurrency === null && rate === null ? null : { concurrency, rate }
}
