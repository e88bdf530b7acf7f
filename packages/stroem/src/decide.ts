import { after, type Ask, type Context, type Json, type JsonObject, outcomeOf } from '@busbar/kernel'
import { endJob } from './job-end.js'
import { expandLoop, itemEnded } from './loops.js'
import type { PlannedStep } from './plan.js'
import { Progress } from './progress.js'
import { renderFor } from './render.js'
import type { JobView } from './step-attempt.js'
import { failAtOnce, openStep, skipStep } from './steps.js'
import { isTruthyCondition } from './template/outcomes.js'
import { jobInput, variablesOf } from './variables.js'

/**
 * Draws the consequences of what ended, then decides about the steps whose turn that made it, until neither is left.
 * Every turn ends or opens a step and every piece of news ends one for good, so this comes to an end.
 */
export function decide(view: JobView, context: Context): readonly Ask[] {
  const progress = Progress.of(view)
  if (view.isTerminal) {
    progress.news.clear()
    return []
  }
  const { timeoutSecs } = view.plan.task
  if (timeoutSecs !== null) view.wakeAt(after(view.execution.createdAt, timeoutSecs * 1000))
  for (;;) {
    const ended = progress.news.shift()
    if (ended !== undefined) {
      takeIn(view, progress, ended, context)
      continue
    }
    const position = progress.turn.shift()
    if (position === undefined) break
    takeTurn(view, progress, position, context)
  }
  if (progress.isOver) endJob(view, progress.hasFailed ? 'failed' : 'completed', progress.hasFailed ? null : outputOf(view), context)
  return []
}

function takeIn(view: JobView, progress: Progress, ordinal: number, context: Context): void {
  const attempt = view.attempt(ordinal)
  const planned = attempt && view.plan.byName.get(attempt.data.step)
  const outcome = attempt && outcomeOf(attempt)
  if (!planned || !outcome) return
  if (attempt.data.role === 'item') itemEnded(view, planned, attempt, context)
  else progress.ended(planned.position, outcome)
}

function takeTurn(view: JobView, progress: Progress, position: number, context: Context): void {
  const planned = view.plan.steps[position]
  if (planned === undefined || !progress.isPending(position)) return
  const fate = progress.fateOf(position)
  if (fate === 'wait') return
  progress.opened(position)
  if (fate === 'skip') return skipStep(view, planned, context)
  const variables = variablesOf(view, context, { input: jobInput(view, context), each: null, sees: 'ended' })
  const condition = conditionOf(planned, variables, context)
  if (condition.kind === 'broken') return failAtOnce(view, planned, { role: 'step', step: planned.name }, `when condition error: ${condition.message}`, context)
  if (condition.kind === 'no') return skipStep(view, planned, context)
  if (planned.isLoop) return expandLoop(view, planned, variables, context)
  openStep(view, planned, { role: 'step', step: planned.name }, context)
}

type Condition = { readonly kind: 'yes' } | { readonly kind: 'no' } | { readonly kind: 'broken'; readonly message: string }

function conditionOf(planned: PlannedStep, variables: ReturnType<typeof variablesOf>, context: Context): Condition {
  if (planned.step.when === null) return { kind: 'yes' }
  const rendered = renderFor(context, planned.step.when, variables)
  if (!rendered.ok) return { kind: 'broken', message: rendered.message }
  return { kind: isTruthyCondition(rendered.text) ? 'yes' : 'no' }
}

/** What the steps that nobody depends on gave; null when none of them gave anything. */
function outputOf(view: JobView): JsonObject | null {
  const outputs: [string, Json][] = []
  for (const planned of view.plan.steps) {
    if (planned.dependants.length > 0) continue
    const attempt = view.newest(planned.key)
    const output = attempt && outcomeOf(attempt) === 'completed' ? attempt.data.output : undefined
    if (output !== undefined && output !== null) outputs.push([planned.name, output])
  }
  return outputs.length > 0 ? Object.fromEntries(outputs) : null
}
