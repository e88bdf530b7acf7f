/** Schedules as the API shows them (conductor-api.md §4.14). */
import type { JsonObject } from '@busbar/kernel'
import type { Schedule, ScheduledRun } from '../schedule/schedule-types.js'

export function scheduleToWire(schedule: Schedule): JsonObject {
  return {
    ...schedule.shown,
    paused: schedule.isPaused,
    pausedReason: schedule.pausedReason,
    runCatchupScheduleInstances: schedule.catchesUp,
    scheduleStartTime: schedule.startsAt,
    scheduleEndTime: schedule.endsAt,
    startWorkflowRequest: schedule.request,
    createTime: schedule.createdAt,
    updatedTime: schedule.updatedAt,
    createdBy: '',
    updatedBy: '',
  }
}

export function scheduledRunToWire(schedule: Schedule, run: ScheduledRun): JsonObject {
  return {
    executionId: run.executionId,
    scheduleName: schedule.name,
    scheduledTime: run.scheduledAt,
    executionTime: run.executedAt,
    workflowName: schedule.request['name'],
    workflowId: run.workflowId ?? undefined,
    reason: run.reason,
    startWorkflowRequest: schedule.request,
    state: run.workflowId === null ? 'FAILED' : 'EXECUTED',
    zoneId: run.zone,
  }
}
