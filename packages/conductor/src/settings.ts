/** What an operator may set for this dialect. The engine knows nothing of it: the rules are made with it. */
import type { Context } from '@busbar/kernel'

export interface Settings {
  readonly payloads: PayloadSettings
  readonly listeners: ListenerSettings
}

/** In bytes of JSON (conductor-semantics.md §13.5). */
export interface PayloadSettings {
  readonly workflowKeptOutsideAbove: number
  readonly workflowMax: number
  readonly taskKeptOutsideAbove: number
  readonly taskMax: number
  readonly variablesMax: number
}

/** Who hears of workflows that ask for it (conductor-semantics.md §14). */
export interface ListenerSettings {
  /** To the event queues `_callbackSuccessQueue`, `_callbackFailureQueue` and `_callbackFinalizeQueue`. */
  readonly publishesToQueues: boolean
  /** Where every change of a workflow is posted to, or null. */
  readonly webhook: string | null
}

const kib = 1024

export const defaultSettings: Settings = {
  payloads: {
    workflowKeptOutsideAbove: 5120 * kib,
    workflowMax: 10_240 * kib,
    taskKeptOutsideAbove: 3072 * kib,
    taskMax: 10_240 * kib,
    variablesMax: 256 * kib,
  },
  listeners: { publishesToQueues: false, webhook: null },
}

/** What the engine gives, and what this dialect was made with. */
export interface ConductorContext extends Context {
  readonly settings?: Settings
}

export function settingsOf(context: ConductorContext): Settings {
  return context.settings ?? defaultSettings
}
