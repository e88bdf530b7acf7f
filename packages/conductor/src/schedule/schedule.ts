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
import type { Schedule } from './schedule-types.js'

/** Lists of workflows leave it out. */
export const scheduleNamespace = 'schedule'

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
