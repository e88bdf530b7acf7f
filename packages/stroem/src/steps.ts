/** How steps begin and end. Everything that ends for good is told to the decider as news. */
import { after, afterFailure, type ActivityKey, childIdOf, type Context, type Json, type Outcome } from '@busbar/kernel'
import { firstLook } from './deadlines.js'
import { fireSuspended } from './hooks.js'
import { maskingFor } from './masking.js'
import type { PlannedStep } from './plan.js'
import { Progress } from './progress.js'
import { fillInput, renderFor, renderStepInput } from './render.js'
import { childRequest } from './start-request.js'
import { type JobView, nameOf, say, type StepAttempt } from './step-attempt.js'
import type { StepData } from './types.js'
import { eachOf, jobInput, variablesOf } from './variables.js'

/** What a new try is opened with. */
function freshData(data: StepData): StepData {
  return data.role === 'item' ? { role: 'item', step: data.step, index: data.index } : { role: 'step', step: data.step }
}

// ── Beginning ──

/** The job runs from the first step that begins, whoever runs it. */
export function markStarted(view: JobView, worker: string | null, context: Context): void {
  if (view.state.startedAt === null) view.setState({ ...view.state, startedAt: context.now, worker })
}

export function openStep(view: JobView, planned: PlannedStep, data: StepData, context: Context): void {
  switch (planned.action.type) {
    case 'approval':
      return askForApproval(view, planned, planned.action.message, data, context)
    case 'task':
      return startChild(view, planned, planned.action.task, data, context)
    default:
      openForWorkers(view, planned, data, context)
  }
}

function openForWorkers(view: JobView, planned: PlannedStep, data: StepData, context: Context): void {
  const { now } = context
  view.open({ key: keyOf(data), number: 0, queue: planned.queue, data }, now)
  view.wakeAt(firstLook(view, now))
}

function askForApproval(view: JobView, planned: PlannedStep, template: string, data: StepData, context: Context): void {
  const { now } = context
  const scope = { input: jobInput(view, context), each: eachOf(view, planned, data), sees: 'ended' } as const
  const input = renderStepInput(planned, variablesOf(view, context, scope), context)
  if (!input.ok) return failAtOnce(view, planned, data, input.message, context)
  const own = Object.keys(input.value).length > 0 ? { ...scope, input: input.value } : scope
  const message = renderFor(context, template, variablesOf(view, context, own))
  const name = nameOf(data)
  if (!message.ok) return failAtOnce(view, planned, data, `Failed to render approval message for step '${name}': ${message.message}`, context)
  const mask = maskingFor(view, context)
  const asked = { ...data, input: mask(input.value), output: { approval_message: mask(message.text) } }
  const attempt = view.open({ key: keyOf(data), number: 0, queue: null, data: asked }, now)
  if (planned.step.timeoutSecs !== null) view.wakeAt(after(now, planned.step.timeoutSecs * 1000))
  markStarted(view, null, context)
  say(view, context, `[approval] Step '${name}' waiting for approval`)
  fireSuspended(view, attempt, mask(message.text), context)
}

function startChild(view: JobView, planned: PlannedStep, task: string, data: StepData, context: Context): void {
  const { now } = context
  const scope = { input: jobInput(view, context), each: eachOf(view, planned, data), sees: 'ended' } as const
  const given = renderStepInput(planned, variablesOf(view, context, scope), context)
  const input = given.ok ? fillInput(view, planned, given.value, context) : given
  if (!input.ok) return failAtOnce(view, planned, data, input.message, context)
  const mask = maskingFor(view, context)
  const attempt = view.open({ key: keyOf(data), number: 0, queue: null, data: { ...data, input: mask(input.value) } }, now)
  const request = childRequest(view.brief, view.plan.snapshot, task, input.value, { type: 'task', id: `${view.id}/${nameOf(data)}` })
  view.send(childIdOf(attempt.id, 0), { kind: 'start', dialect: 'stroem', request, parent: { execution: view.id, attempt: attempt.id } })
  if (planned.step.timeoutSecs !== null) view.wakeAt(after(now, planned.step.timeoutSecs * 1000))
  markStarted(view, null, context)
}

function keyOf(data: StepData): ActivityKey {
  return nameOf(data) as ActivityKey
}

// ── Ending ──

export function completeStep(view: JobView, attempt: StepAttempt, output: Json, context: Context): void {
  const { output: _before, ...data } = attempt.data
  close(view, attempt, 'completed', output === null ? data : { ...data, output }, context)
}

/** A failed try: another one follows if the step has tries left and the job still runs. */
export function failStep(view: JobView, attempt: StepAttempt, error: string, context: Context): void {
  const planned = view.plan.byName.get(attempt.data.step)
  if (planned === undefined) return
  const data = withError(view, attempt.data, error, context)
  if (view.isTerminal) return close(view, attempt, view.status === 'cancelled' ? 'cancelled' : 'failed', data, context)
  const { retriesMax } = planned.retry
  const next = afterFailure(planned.retry, attempt.number, { retryable: true }, context.now, spread(context.chance, attempt.ordinal))
  const tries = `${next.kind === 'retry' ? attempt.number + 1 : retriesMax}/${retriesMax}`
  if (next.kind === 'giveUp') {
    if (retriesMax > 0) say(view, context, `[retry] Step '${nameOf(data)}' retries exhausted (${tries})`)
    return close(view, attempt, failureOf(planned), data, context)
  }
  say(view, context, `[retry] Step '${nameOf(data)}' attempt ${tries} failed, retrying in ${Math.round((next.at - context.now) / 1000)}s`)
  view.close(attempt.ordinal, 'failed', { kind: 'engine' }, context.now, data)
  view.open(
    { key: attempt.key, number: attempt.number + 1, queue: attempt.queue, notBefore: next.at, data: { ...freshData(data), retryAt: next.at } },
    context.now,
  )
  view.wakeAt(firstLook(view, next.at))
}

export function cancelStep(view: JobView, attempt: StepAttempt, error: string | null, context: Context): void {
  close(view, attempt, 'cancelled', error === null ? attempt.data : { ...attempt.data, error }, context)
}

/** A step that never began: skipped. */
export function skipStep(view: JobView, planned: PlannedStep, context: Context): void {
  settleUnopened(view, { role: 'step', step: planned.name }, 'skipped', context)
}

/** A step that cannot begin: there is nothing to try again. */
export function failAtOnce(view: JobView, planned: PlannedStep, data: StepData, error: string, context: Context): void {
  settleUnopened(view, withError(view, data, error, context), failureOf(planned), context)
}

function settleUnopened(view: JobView, data: StepData, outcome: Outcome, context: Context): void {
  const attempt = view.open({ key: keyOf(data), number: 0, queue: null, data }, context.now)
  close(view, attempt, outcome, data, context)
}

export function close(view: JobView, attempt: StepAttempt, outcome: Outcome, data: StepData, context: Context): void {
  // Built before the change, or it would know of the end already and hear of it twice.
  const { news } = Progress.of(view)
  if (view.close(attempt.ordinal, outcome, { kind: 'engine' }, context.now, data) === null) news.push(attempt.ordinal)
}

/** A failure that the step's definition tolerates is not the job's. */
export function failureOf(planned: PlannedStep): 'tolerated' | 'failed' {
  return planned.step.continueOnFailure ? 'tolerated' : 'failed'
}

/** The message of an approval stays; any other output of a failed try is dropped. */
function withError(view: JobView, data: StepData, error: string, context: Context): StepData {
  const { output, ...rest } = data
  const kept = view.plan.byName.get(data.step)?.action.type === 'approval' && data.role !== 'loop' && output !== undefined ? { ...rest, output } : rest
  return { ...kept, error: maskingFor(view, context)(error) }
}

/** One chance per attempt from the one of the decision: retries that begin together do not come back together. */
function spread(chance: number, ordinal: number): number {
  return (chance + ordinal * 0.618_033_988_749_895) % 1
}
