import { type ChildNews, childIdOf, type Context, type Json, type JsonObject, isJsonObject } from '@busbar/kernel'
import { fireEnded, tellHooked } from './hooks.js'
import { type JobView, say, type StepAttempt } from './step-attempt.js'
import { cancelStep } from './steps.js'
import { armTimers } from './deadlines.js'
import type { EndStatus, State } from './types.js'

/** Ends the job once: whoever comes later finds it ended. */
export function endJob(view: JobView, status: EndStatus, output: Json, context: Context): void {
  view.setState({ ...view.state, ...beginning(view), output })
  view.setStatus(status, context.now)
  fireEnded(view, status, context)
  tellHooked(view, status)
  tellParent(view, status, output)
  // Workers may still hold steps of a cancelled job: they report, or are lost.
  armTimers(view, context)
}

/** A worker may hold a step and not have said yet that it began. */
function beginning(view: JobView): Pick<State, 'startedAt' | 'worker'> {
  const { startedAt, worker } = view.state
  if (startedAt !== null) return { startedAt, worker }
  const leases = [...view.openAttempts()].map(({ state }) => state).filter(state => state.kind === 'leased')
  const first = leases.sort((a, b) => a.since - b.since)[0]
  return { startedAt: first?.since ?? null, worker: first?.worker ?? null }
}

/** What waits ends now; what a worker runs ends when the worker reports, or is lost. */
export function cancelJob(view: JobView, context: Context): void {
  say(view, context, 'Job cancelled by user')
  closeUnclaimed(view, context)
  endJob(view, 'cancelled', null, context)
}

export function closeUnclaimed(view: JobView, context: Context): void {
  for (const attempt of view.openAttempts()) {
    if (attempt.state.kind === 'leased') continue
    const isRunning = attempt.data.role === 'loop' || isChild(view, attempt)
    cancelChild(view, attempt)
    cancelStep(view, attempt, isRunning ? 'Job cancelled' : null, context)
  }
}

/** Ends the child job of a step whose own end does not wait for it. */
export function cancelChild(view: JobView, attempt: StepAttempt): void {
  if (isChild(view, attempt)) view.send(childIdOf(attempt.id, 0), { kind: 'command', command: { kind: 'cancel', by: 'parent' } })
}

function isChild(view: JobView, attempt: StepAttempt): boolean {
  return attempt.data.role !== 'loop' && view.plan.byName.get(attempt.data.step)?.action.type === 'task'
}

function tellParent(view: JobView, status: EndStatus, output: Json): void {
  const { parent } = view.execution
  if (parent === null) return
  const news: ChildNews = {
    kind: 'childEnded',
    attempt: parent.attempt,
    child: view.id,
    status,
    output: isJsonObject(output) ? output : null,
    reason: null,
    title: view.plan.snapshot.task,
  }
  view.send(parent.execution, { kind: 'command', command: news as JsonObject })
}
