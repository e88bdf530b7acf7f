/** When somebody must look at a job again. */
import { after, type Context, earliest, type Instant, instant } from '@busbar/kernel'
import type { JobView, StepAttempt } from './step-attempt.js'

/** A worker enforces the time-out itself, waits for the process to die and reports: it comes first unless it is lost. */
const graceMs = 30_000
/** A step that waits long is looked at ever more seldom; a claim that was lost with its server is found at the next look. */
const waitingLookMsMax = 15 * 60_000

/** Sets `due` anew from all that is open. */
export function armTimers(view: JobView, context: Context): void {
  view.rearm(context.now)
  let look = view.isTerminal ? null : jobDeadline(view)
  for (const attempt of view.openAttempts()) look = earliest(look, nextLook(view, attempt, context))
  view.wakeAt(look)
}

export function jobDeadline(view: JobView): Instant | null {
  const { timeoutSecs } = view.plan.task
  return timeoutSecs === null ? null : after(view.execution.createdAt, timeoutSecs * 1000)
}

/** When a step that runs, or waits for a person, has taken too long. A loop has no time-out of its own: its items have. */
export function stepDeadline(view: JobView, { state, data }: StepAttempt): Instant | null {
  const timeoutSecs = view.plan.byName.get(data.step)?.step.timeoutSecs ?? null
  if (timeoutSecs === null || data.role === 'loop') return null
  if (state.kind === 'leased') return after(state.since, timeoutSecs * 1000 + graceMs)
  return state.kind === 'held' ? after(state.since, timeoutSecs * 1000) : null
}

/** When the worker that holds a step has been silent for too long. */
export function lostAt(view: JobView, attempt: StepAttempt, context: Context): Instant {
  if (attempt.state.kind !== 'leased') return Number.POSITIVE_INFINITY as Instant
  const seen = context.lastSeen(attempt.state.worker) ?? attempt.state.since
  return after(Math.max(seen, attempt.state.since) as Instant, view.brief.heartbeatTimeoutMs)
}

/** A step that waits for a worker may wait for nobody, and a worker that claims it may be lost (V4 of the view). */
export function firstLook(view: JobView, readySince: Instant): Instant {
  return after(readySince, firstLookMs(view))
}

function firstLookMs({ brief }: JobView): number {
  return Math.min(brief.heartbeatTimeoutMs, brief.unmatchedTimeoutMs)
}

/** Whether a step has been ready for too long without a worker that could run it. */
export function isUnmatched(view: JobView, { state, queue }: StepAttempt, context: Context): boolean {
  if (state.kind !== 'waiting' || queue === null || after(state.notBefore, view.brief.unmatchedTimeoutMs) > context.now) return false
  return !context.canServe(queue, instant(Math.max(0, context.now - view.brief.heartbeatTimeoutMs)))
}

function nextLook(view: JobView, attempt: StepAttempt, context: Context): Instant | null {
  switch (attempt.state.kind) {
    case 'leased':
      return earliest(stepDeadline(view, attempt), lostAt(view, attempt, context))
    case 'held':
      return stepDeadline(view, attempt)
    case 'waiting': {
      const first = firstLook(view, attempt.state.notBefore)
      const waitedMs = Math.min(context.now - attempt.state.notBefore, waitingLookMsMax)
      return first > context.now ? first : after(context.now, Math.max(waitedMs, firstLookMs(view)))
    }
    case 'closed':
      return null
  }
}
