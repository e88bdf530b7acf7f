/** What templates see. Values are looked up when a template asks for them, so a flow of thousands of steps costs nothing. */
import { type Attempt, type Context, type Json, type JsonObject, outcomeOf, type View } from '@busbar/kernel'
import { findConnection } from './connections.js'
import { lookUp } from './definition/types.js'
import type { PlannedStep } from './plan.js'
import { renderDefault } from './input-fields.js'
import type { VariableSource } from './template/render.js'
import type { StepData, StroemTypes } from './types.js'

/** What a loop offers to each of its items. */
type Each = { readonly item: Json; readonly index: number; readonly total: number }

interface Scope {
  readonly input: JsonObject
  readonly each: Each | null
  /** Whether a step that did not complete can be seen: yes when the flow is decided, no in the work of a step. */
  readonly sees: 'completed' | 'ended'
  /** Whose secrets are told; the job's workspace if not said. */
  readonly owner?: string
}

export function variablesOf(view: View<StroemTypes>, context: Context, scope: Scope): VariableSource {
  const secrets = context.secrets(scope.owner ?? view.brief.workspace)
  return {
    get: name => {
      if (name === 'input') return scope.input
      if (name === 'each' && scope.each) return scope.each
      if (name === 'secret' && Object.keys(secrets).length > 0) return secrets
      const planned = view.plan.byVariable.get(name)
      return planned && resultOf(view.newest(planned.key), scope.sees)
    },
    *names() {
      yield 'input'
      if (scope.each) yield 'each'
      if (Object.keys(secrets).length > 0) yield 'secret'
      for (const [name, planned] of view.plan.byVariable) if (resultOf(view.newest(planned.key), scope.sees)) yield name
    },
  }
}

function resultOf(attempt: Attempt<StepData> | undefined, sees: Scope['sees']): JsonObject | undefined {
  if (attempt === undefined) return undefined
  const { data } = attempt
  switch (outcomeOf(attempt)) {
    case 'completed':
      // A step that gave nothing is no variable to the work of others.
      return data.output !== undefined || sees === 'ended' ? { output: data.output ?? null } : undefined
    case 'skipped':
      return sees === 'ended' ? { output: null } : undefined
    case 'failed':
    case 'failedFinally':
    case 'tolerated':
    case 'timedOut':
      return sees === 'ended' ? { output: null, error: data.error ?? null } : undefined
    case 'cancelled':
      return undefined
    case null:
      return sees === 'ended' && isSuspended(attempt) ? { output: null } : undefined
  }
}

/** Held without items: an approval that waits, or a child job that runs. Only the first has a message already. */
function isSuspended(attempt: Attempt<StepData>): boolean {
  return attempt.state.kind === 'held' && attempt.data.output !== undefined
}

/** The input of the job, with the defaults and the connections that are never stored. */
export function jobInput(view: View<StroemTypes>, context: Pick<Context, 'secrets' | 'connections' | 'now' | 'chance'>): JsonObject {
  const { brief, plan } = view
  if (brief.secretDefaults.length === 0 && plan.connectionFields.length === 0) return brief.input
  const input: Record<string, Json | undefined> = { ...brief.input }
  for (const name of brief.secretDefaults) {
    const field = lookUp(plan.task.input, name)
    const rendered = field && renderDefault(field, context.secrets(brief.workspace), context)
    if (rendered?.ok) input[name] = rendered.value
  }
  for (const name of plan.connectionFields) {
    const field = lookUp(plan.task.input, name)
    const found = field && Object.hasOwn(input, name) ? findConnection(name, field, input[name] ?? null, context.connections(brief.workspace)) : null
    if (found?.ok) input[name] = found.value
  }
  return input
}

export function eachOf(view: View<StroemTypes>, planned: PlannedStep, data: StepData): Each | null {
  if (data.role !== 'item') return null
  const loop = view.newest(planned.key)?.data
  if (loop?.role !== 'loop') return null
  return { item: loop.items[data.index] ?? null, index: data.index, total: loop.items.length }
}
