/**
 * Schedules: a cron expression and the workflow that it starts. A schedule is kept as an execution without tasks in a
 * namespace of its own, so its due times are timers like all others, and what follows from one is one decision.
 *
 * S1. A due time is taken off and its start sent in the same commit, under an id that is derived from both: whichever
 *     server decides, and however often, a due time starts one workflow.
 * S2. Of the due times that nobody was there for, one is made up for; all of them, one by one, when the schedule asks to
 *     catch up.
 */
import { isJsonObject, type JsonObject, type StartPlan } from '@busbar/kernel'
import { parseWorkflowDef } from '../definition/parse-workflow-def.js'
import { snapshotOf } from '../definition/snapshot.js'
import type { WorkflowDef } from '../definition/types.js'
import type { ConductorView } from '../decide/task.js'
import type { ConductorTypes } from '../types.js'

/** Lists of workflows leave it out. */
export const scheduleNamespace = 'schedule'

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

export function isSchedule(view: ConductorView): boolean {
  return view.execution.label.namespace === scheduleNamespace
}

const requestKey = '_schedule'

export function scheduleRequest(schedule: Schedule): JsonObject {
  return { [requestKey]: { ...schedule, crons: schedule.crons.map(cron => ({ ...cron })) } }
}

/** Null: the request is that of a workflow. */
export function planSchedule(request: JsonObject): StartPlan<ConductorTypes> | null {
  const given = request[requestKey]
  if (!isJsonObject(given)) return null
  // The edge made it (`scheduleRequest`).
  const schedule = given as unknown as Schedule
  return {
    kind: 'create',
    label: { namespace: scheduleNamespace, name: schedule.name, version: '1', handle: '', source: 'schedule' },
    definition: snapshot(),
    brief: { input: {} },
    state: { variables: {}, scheduled: { schedule, due: schedule.crons.map(() => null), runs: [] }, replanned: true },
  }
}

let text: string | undefined

/** The same for all: it has no tasks. */
function snapshot(): string {
  text ??= snapshotOf(parseWorkflowDef({ name: 'schedule', version: 1, tasks: [] }) as WorkflowDef, new Map())
  return text
}
