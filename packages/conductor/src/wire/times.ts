import type { ConductorView, Task } from '../decide/task.js'

export interface TaskTimes {
  readonly scheduled: number
  readonly started: number
  readonly ended: number
  readonly updated: number
}

/** The moments of a task, epoch milliseconds; 0: not yet. */
export function taskTimes(task: Task): TaskTimes {
  const { state, data } = task
  const scheduled = data.began?.scheduled ?? task.openedAt
  const started = data.began?.started ?? (task.queue === null ? (data.startAt === undefined ? task.openedAt : 0) : (task.firstClaimedAt ?? 0))
  const ended = state.kind === 'closed' ? state.at : 0
  return { scheduled, started, ended, updated: Math.max(ended, beganAt(task), data.updatedAt ?? 0) }
}

/** A task that only waits, for a worker, for others or as a WAIT, has not been updated yet. */
function beganAt({ state, data, firstClaimedAt }: Task): number {
  if (state.kind === 'leased') return state.since
  if (state.kind === 'held') return data.type === 'WAIT' || data.type === 'JOIN' ? 0 : state.since
  return firstClaimedAt ?? 0
}

/** Of the execution; 0 as long as it has only waited for people, which the original does not count as a change. */
export function updateTimeOf(view: ConductorView): number {
  const { execution, state } = view
  return execution.status === 'running' && state.lastRetriedTime === undefined && state.untouched === true ? 0 : execution.updatedAt
}
