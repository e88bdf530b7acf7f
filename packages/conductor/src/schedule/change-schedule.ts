import { type Instant, refuse, type Refusal } from '@busbar/kernel'
import type { ConductorCommand } from '../commands.js'
import type { ConductorView } from '../decide/task.js'
import { isSchedule } from './schedule.js'
import type { Schedule } from './schedule-types.js'

type Change = Extract<ConductorCommand, { kind: 'changeSchedule' }>

/** What an operator does to a schedule. Resuming one that runs is refused, as in the original. */
export function changeSchedule(view: ConductorView, { change }: Change, now: Instant): Refusal | null {
  const scheduled = isSchedule(view) ? view.state.scheduled : undefined
  if (scheduled === undefined) return refuse('missing', `The execution ${view.id} is no schedule`)
  const { schedule } = scheduled
  const { pausedReason: _, ...plain } = schedule
  switch (change.kind) {
    case 'replace':
      return replace(view, { ...change.schedule, createdAt: schedule.createdAt })
    case 'pause':
      return replace(view, { ...plain, isPaused: true, updatedAt: now, ...(change.reason !== null && { pausedReason: change.reason }) })
    case 'resume':
      if (!schedule.isPaused) return refuse('missing', `Schedule '${schedule.name}' not found`)
      return replace(view, { ...plain, isPaused: false, updatedAt: now })
  }
}

function replace(view: ConductorView, schedule: Schedule): null {
  const { scheduled } = view.state
  if (scheduled !== undefined) view.setState({ ...view.state, scheduled: { ...scheduled, schedule }, replanned: true })
  return null
}
