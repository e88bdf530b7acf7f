import type { ConductorCommand } from '@busbar/conductor'
import type { Work } from '@busbar/engine'
import type { JsonObject } from '@busbar/kernel'

export type EffectEnded = Extract<ConductorCommand, { kind: 'effectEnded' }>

export interface EffectEnd {
  readonly outcome: EffectEnded['outcome']
  readonly output: JsonObject
  readonly reason: string | null
}

/** What an execution is told of the effect that it asked for. */
export function effectEnded(work: Work, { outcome, output, reason }: EffectEnd): EffectEnded {
  const { id, fence } = work.attempt
  return { kind: 'effectEnded', attempt: id, fence, outcome, output, reason }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
