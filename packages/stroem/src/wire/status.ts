import { type ActivityKey, type Attempt, type Execution, type Outcome, type View } from '@busbar/kernel'
import type { State, StepData, StroemTypes } from '../types.js'

export type JobStatus = 'pending' | 'running' | 'completed' | 'failed' | 'cancelled'
export type StepStatus = 'pending' | 'ready' | 'running' | 'suspended' | 'completed' | 'failed' | 'skipped' | 'cancelled'

const jobStatuses = {
  running: 'running',
  // Nothing pauses a job.
  paused: 'running',
  completed: 'completed',
  failed: 'failed',
  timedOut: 'failed',
  cancelled: 'cancelled',
} satisfies Record<Execution['status'], JobStatus>

/** A job is pending until its first step begins. */
export function jobStatus(job: Pick<Execution<unknown, State>, 'status' | 'state'>): JobStatus {
  return job.status === 'running' && job.state.startedAt === null ? 'pending' : jobStatuses[job.status]
}

const endings = {
  completed: 'completed',
  tolerated: 'failed',
  failed: 'failed',
  failedFinally: 'failed',
  timedOut: 'failed',
  cancelled: 'cancelled',
  skipped: 'skipped',
} satisfies Record<Outcome, StepStatus>

/** The status of a step, a loop or an item of one, by its name on the wire. */
export function stepStatus(view: View<StroemTypes>, name: string): StepStatus {
  const attempt = view.newest(name as ActivityKey)
  if (attempt) return attemptStatus(attempt)
  return view.status === 'cancelled' ? 'cancelled' : 'pending'
}

export function attemptStatus({ state, data }: Attempt<StepData>): StepStatus {
  switch (state.kind) {
    case 'waiting':
      return 'ready'
    case 'leased':
      return 'running'
    case 'held':
      // An approval has its message as output from the beginning; a loop or a child has none before its end.
      return data.output === undefined ? 'running' : 'suspended'
    case 'closed':
      return endings[state.outcome]
  }
}
