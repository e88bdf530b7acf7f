/** Reading a schedule that somebody sent. What the original stores and never runs is refused here. */
import { type CronOfSchedule, type Schedule, withoutInnerFields } from '@busbar/conductor'
import { isJsonObject, isZone, type Json, type JsonObject, parseCron, Problem } from '@busbar/kernel'

const nameLengthMax = 255
const cronsMax = 50

export function scheduleOf(body: JsonObject, now: number): Schedule {
  const { name, cronExpression, zoneId, cronSchedules, paused, pausedReason, runCatchupScheduleInstances, scheduleStartTime, scheduleEndTime, description } =
    body
  if (typeof name !== 'string' || name === '' || name.length > nameLengthMax) {
    throw new Problem('invalid', `the name of a schedule: expected a text of 1 to ${nameLengthMax} characters`)
  }
  const zone = zoneOf(zoneId)
  const listed = cronsOf(cronSchedules)
  const single = cronExpression === undefined || cronExpression === null ? [] : [{ expression: expressionOf(cronExpression), zone }]
  const startsAt = timeOf(scheduleStartTime, 'scheduleStartTime')
  const endsAt = timeOf(scheduleEndTime, 'scheduleEndTime')
  return {
    name,
    crons: listed.length > 0 ? listed : single,
    catchesUp: runCatchupScheduleInstances === true,
    isPaused: paused === true,
    ...(typeof pausedReason === 'string' && { pausedReason }),
    ...(startsAt !== null && { startsAt }),
    ...(endsAt !== null && { endsAt }),
    request: startRequestOf(body['startWorkflowRequest']),
    shown: {
      name,
      ...(typeof cronExpression === 'string' && { cronExpression }),
      zoneId: zone,
      cronSchedules: listed.map(({ expression, zone: ofCron }) => ({ cronExpression: expression, zoneId: ofCron })),
      ...(typeof description === 'string' && { description }),
    },
    createdAt: now,
    updatedAt: now,
  }
}

function cronsOf(value: Json | undefined): readonly CronOfSchedule[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value) || value.length > cronsMax)
    throw new Problem('invalid', `cronSchedules: expected a list of at most ${cronsMax} {cronExpression, zoneId}`)
  return (value as readonly Json[]).map(one => {
    if (!isJsonObject(one)) throw new Problem('invalid', 'cronSchedules: expected a list of {cronExpression, zoneId}')
    return { expression: expressionOf(one['cronExpression'] ?? null), zone: zoneOf(one['zoneId']) }
  })
}

function expressionOf(value: Json): string {
  if (typeof value === 'string' && parseCron(value) !== null) return value
  const found = JSON.stringify(value).slice(0, 200)
  throw new Problem('invalid', `Invalid cron expression: expected six fields (second minute hour day month weekday) or a word such as @daily, found ${found}`)
}

function zoneOf(value: Json | undefined): string {
  if (value === undefined || value === null || value === '') return 'UTC'
  if (typeof value === 'string' && value.length <= 100 && isZone(value)) return value
  throw new Problem('invalid', `Unknown time-zone ID: ${String(value).slice(0, 100)}`)
}

function timeOf(value: Json | undefined, field: string): number | null {
  if (value === undefined || value === null || value === 0) return null
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value
  throw new Problem('invalid', `${field}: expected epoch milliseconds, found ${JSON.stringify(value).slice(0, 100)}`)
}

/** With the defaults that the original fills in. */
function startRequestOf(value: Json | undefined): JsonObject {
  if (!isJsonObject(value)) throw new Problem('invalid', 'startWorkflowRequest: expected what is to be started, found none')
  const { name, workflowDef } = value
  if ((typeof name !== 'string' || name === '') && !isJsonObject(workflowDef))
    throw new Problem('invalid', 'startWorkflowRequest.name: expected the name of a workflow')
  const kept = Object.entries(withoutInnerFields(value)).filter(([, field]) => field !== null)
  return { priority: 0, taskToDomain: {}, input: {}, ...Object.fromEntries(kept) }
}
