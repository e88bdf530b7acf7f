import { type Instant, refuse, type Refusal } from '@busbar/kernel'
import { bookOf, planOf } from '../decide/book.js'
import type { ConductorView } from '../decide/task.js'
import { workflowDeadline } from '../decide/timeouts.js'
import { workflowStatus } from '../wire/status.js'

/** Running tasks go on and may be updated; nothing new is scheduled. */
export function pause(view: ConductorView, now: Instant): Refusal | null {
  if (view.isTerminal) return refuse('conflict', `Workflow ${titleOf(view)} has ended, status cannot be updated.`)
  if (view.status === 'running') view.setStatus('paused', now)
  return null
}

export function resume(view: ConductorView, now: Instant): Refusal | null {
  if (view.status !== 'paused') {
    return refuse('invalid', `The workflow ${view.id} is not PAUSED so cannot resume. Current status is ${workflowStatus(view.status)}`, { status: 500 })
  }
  view.setStatus('running', now)
  const { reran: _reran, ...state } = view.state
  view.setState({ ...state, before: { ...state.before, status: 'paused' }, lastRetriedTime: now })
  view.wakeAt(workflowDeadline({ view }))
  bookOf(view).timersDue = true
  return null
}

/** `name.version/id`. */
export function titleOf(view: ConductorView): string {
  const { def } = planOf(view)
  return `${def.name}.${def.version}/${view.id}`
}
