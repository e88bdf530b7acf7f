import type { JsonObject } from '@busbar/kernel'

export interface CronOfSchedule {
  readonly expression: string
  readonly zone: string
}

export interface Schedule {
  readonly name: string
  readonly crons: readonly CronOfSchedule[]
  readonly catchesUp: boolean
  readonly isPaused: boolean
  readonly pausedReason?: string
  readonly startsAt?: number
  readonly endsAt?: number
  readonly request: JsonObject
  /** As the API shows it, without what stands above. */
  readonly shown: JsonObject
  readonly createdAt: number
  readonly updatedAt: number
}

/** What became of one due time. */
export interface ScheduledRun {
  readonly executionId: string
  readonly scheduledAt: number
  readonly executedAt: number
  readonly zone: string
  /** Null: it could not be started. */
  readonly workflowId: string | null
  readonly reason?: string
}

export interface ScheduleState {
  readonly schedule: Schedule
  /** When each of its crons is due next; null: never again. */
  readonly due: readonly (number | null)[]
  /** The newest ones, oldest first. */
  readonly runs: readonly ScheduledRun[]
}
