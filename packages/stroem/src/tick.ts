/** What time does to a job: time-outs of steps, approvals and the job, and workers that fell silent. */
import type { Context } from '@busbar/kernel'
import { armTimers, isUnmatched, jobDeadline, lostAt, stepDeadline } from './deadlines.js'
import { cancelChild, cancelJob } from './job-end.js'
import { type JobView, nameOf, say, type StepAttempt } from './step-attempt.js'
import { failStep } from './steps.js'

export function onTick(view: JobView, context: Context): void {
  const deadline = jobDeadline(view)
  if (!view.isTerminal && deadline !== null && deadline <= context.now) {
    say(view, context, '[recovery] Job timed out, cancelling')
    cancelJob(view, context)
  }
  for (const attempt of view.openAttempts()) expire(view, attempt, context)
  armTimers(view, context)
}

function expire(view: JobView, attempt: StepAttempt, context: Context): void {
  const deadline = stepDeadline(view, attempt)
  if (deadline !== null && deadline <= context.now) return timeOut(view, attempt, context)
  if (isUnmatched(view, attempt, context)) {
    say(
      view,
      context,
      `[recovery] Step '${nameOf(attempt.data)}' has been ready for ${Math.round(view.brief.unmatchedTimeoutMs / 1000)}s with no matching worker, failing`,
    )
    return failStep(view, attempt, 'No active worker with required capability/tags to run this step', context)
  }
  if (attempt.state.kind !== 'leased' || lostAt(view, attempt, context) > context.now) return
  // The answer to its claim never arrived, or its worker died before it began: nothing has run, so nothing has failed.
  if (attempt.data.begun !== true && !view.isTerminal) return view.postpone(attempt.ordinal, context.now, context.now)
  failStep(view, attempt, `Worker heartbeat timeout (worker ${attempt.state.worker} unresponsive)`, context)
}

function timeOut(view: JobView, attempt: StepAttempt, context: Context): void {
  const name = nameOf(attempt.data)
  if (view.plan.byName.get(attempt.data.step)?.action.type === 'approval') {
    say(view, context, `[recovery] Approval step '${name}' timed out, marking as failed`)
    return failStep(view, attempt, 'Approval timed out', context)
  }
  say(view, context, `[recovery] Step '${name}' timed out, marking as failed`)
  cancelChild(view, attempt)
  failStep(view, attempt, 'Step timed out (server-side enforcement)', context)
}
