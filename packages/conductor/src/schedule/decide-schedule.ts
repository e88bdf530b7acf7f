/** What a schedule does when it was changed, and when one of its due times has come. */
import { type Ask, type AttemptId, childIdOf, type Context, type Instant, instant, isJsonObject, type JsonObject, nextMoment, parseCron } from '@busbar/kernel'
import type { ConductorView } from '../decide/task.js'
import type { CronOfSchedule, Schedule, ScheduledRun, ScheduleState } from './schedule-types.js'

const runsKept = 10
/** Due times of one decision when it catches up; the others follow in the next. */
const startsMax = 100

export function decideSchedule(view: ConductorView, context: Context): readonly Ask[] {
  if (view.state.replanned === true) plan(view, context.now)
  const { scheduled } = view.state
  if (scheduled === undefined || scheduled.schedule.isPaused) return []
  const { schedule } = scheduled
  const isDue = scheduled.due.some(due => due !== null && due <= context.now)
  if (isDue) {
    const ask = definitionAsk(schedule)
    if (ask !== null && !context.answers.has(ask.key)) return [ask]
    start(view, scheduled, { context, exists: ask === null || isThere(context, ask) })
  }
  wake(view, context.now)
  return []
}

/** Every cron counts anew from now on. */
function plan(view: ConductorView, now: Instant): void {
  const { replanned: _, scheduled, ...state } = view.state
  if (scheduled === undefined) return
  const due = scheduled.schedule.crons.map(cron => dueAfter(scheduled.schedule, cron, now))
  view.setState({ ...state, scheduled: { ...scheduled, due } })
}

function dueAfter(schedule: Schedule, { expression, zone }: CronOfSchedule, after: number): number | null {
  const cron = parseCron(expression)
  if (cron === null) return null
  const from = Math.max(after, (schedule.startsAt ?? 0) - 1)
  const next = nextMoment(cron, zone, instant(from))
  return next === null || (schedule.endsAt !== undefined && next > schedule.endsAt) ? null : next
}

/** What is due still is more than one decision may start: it goes on at once, in the next. */
function wake(view: ConductorView, now: Instant): void {
  for (const due of view.state.scheduled?.due ?? []) if (due !== null) view.wakeAt(instant(Math.max(due, now)))
}

// ── Starting ──

function definitionAsk({ request }: Schedule): Ask | null {
  if (isJsonObject(request['workflowDef'])) return null
  const name = String(request['name'])
  const version = typeof request['version'] === 'number' && request['version'] > 0 ? request['version'] : null
  return { key: `workflow:${name}:${version}`, kind: 'definition', of: 'workflow', namespace: '', name, version }
}

function isThere({ answers }: Context, ask: Ask): boolean {
  const answer = answers.get(ask.key)
  return answer?.ok === true && answer.value !== null
}

interface Moment {
  readonly context: Context
  readonly exists: boolean
}

function start(view: ConductorView, { schedule, due, runs }: ScheduleState, { context, exists }: Moment): void {
  const { now } = context
  const made: ScheduledRun[] = []
  const next = schedule.crons.map((cron, index) => {
    let at = due[index] ?? null
    while (at !== null && at <= now && made.length < startsMax) {
      made.push(startOne(view, { schedule, cron, index, at, now, exists }))
      at = dueAfter(schedule, cron, schedule.catchesUp ? at : Math.max(at, now))
    }
    return at
  })
  view.setState({ ...view.state, scheduled: { schedule, due: next, runs: [...runs, ...made].slice(-runsKept) } })
}

interface Due {
  readonly schedule: Schedule
  readonly cron: CronOfSchedule
  readonly index: number
  readonly at: number
  readonly now: Instant
  readonly exists: boolean
}

/** The id of the workflow is derived from the schedule and the due time (S1). */
function startOne(view: ConductorView, { schedule, cron, index, at, now, exists }: Due): ScheduledRun {
  const id = childIdOf(view.id as string as AttemptId, at, `schedule:${index}`)
  const executionId = childIdOf(view.id as string as AttemptId, at, `schedule-run:${index}`)
  const run = { executionId, scheduledAt: at, executedAt: now, zone: cron.zone }
  const { request } = schedule
  if (!exists)
    return { ...run, workflowId: null, reason: `No such workflow defined. name=${String(request['name'])}, version=${String(request['version'] ?? null)}` }
  const input: JsonObject = {
    ...(isJsonObject(request['input']) ? request['input'] : {}),
    _startedByScheduler: schedule.name,
    _scheduledTime: at,
    _executedTime: now,
    _executionId: executionId,
    _schedulerCron: `${cron.expression} ${cron.zone}`,
  }
  view.send(id, { kind: 'start', dialect: 'conductor', request: { ...request, input }, parent: null })
  return { ...run, workflowId: id }
}
