import type { Task } from '../decide/task.js'

export interface TaskTimes {
  readonly scheduled: number
  readonly started: number
  readonly ended: number
  readonly updated: number
}

/** The moments of a task, epoch milliseconds; 0: not yet. */
export function taskTimes(task: Task): TaskTimes {
  const { state, data } = task
  const scheduled = task.openedAt
  const started = task.queue === null ? (data.startAt === undefined ? task.openedAt : 0) : (task.firstClaimedAt ?? 0)
  const ended = state.kind === 'closed' ? state.at : 0
  const seen = state.kind === 'leased' || state.kind === 'held' ? state.since : scheduled
  return { scheduled, started, ended, updated: Math.max(ended, seen, data.updatedAt ?? 0) }
}
