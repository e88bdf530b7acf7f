/** The cron scheduler's API. A schedule is an execution of its own kind (packages/conductor/src/schedule); lists read the store. */
import { createHash } from 'node:crypto'
import {
  type ConductorCommand,
  type ConductorTypes,
  type Schedule,
  scheduleNamespace,
  scheduleRequest,
  type ScheduleState,
  scheduleToWire,
} from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import { type Execution, type ExecutionId, instant, isRefusal, newExecutionId, nextMoment, parseCron, Problem } from '@busbar/kernel'
import { type Answer, empty, json } from '../http/answer.js'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import { isPassing, throwIfRefused } from '../http/problem.js'
import type { Route } from '../http/route.js'
import { mustText, readFlag, readInteger, readText } from './read-query.js'
import { scheduleOf } from './schedule-request.js'
import { searchRuns, searchSchedules } from './schedule-search.js'
import { violated } from './violations.js'

export function schedulerRoutes(engine: EngineApi): Route[] {
  const route = (
    method: Route['method'],
    path: string,
    scope: Route['scope'],
    summary: string,
    handle: Route['handle'],
    query: Record<string, string> = {},
  ): Route => ({
    method,
    paths: [`/api/scheduler${path}`],
    owner: 'conductor',
    scope,
    summary,
    query,
    handle,
  })
  const search = { start: '0', size: '100', sort: 'field:ASC|DESC', freeText: '' }
  return [
    route('POST', '/schedules', 'define', 'Creates a schedule, or replaces the one of its name', call => put(engine, call)),
    route(
      'GET',
      '/schedules',
      'read',
      'All schedules',
      async call =>
        json(
          200,
          (await matching(engine, call)).map(({ schedule }) => scheduleToWire(schedule)),
        ),
      {
        workflowName: '',
      },
    ),
    route('GET', '/schedules/search', 'read', 'Schedules, a page at a time', async call => json(200, searchSchedules(await matching(engine, call), call)), {
      ...search,
      workflowName: '',
      scheduleName: '',
      paused: '',
    }),
    route('GET', '/schedules/{name}', 'read', 'A schedule', async call => json(200, scheduleToWire((await mustSchedule(engine, call.param('name'))).schedule))),
    route('DELETE', '/schedules/{name}', 'define', 'Removes a schedule', async call => {
      await engine.remove(idOf(call.param('name')))
      return empty(200)
    }),
    route('PUT', '/schedules/{name}/pause', 'operate', 'Pauses a schedule', call => changed(engine, call, pause(readText(call, 'reason'))), { reason: '' }),
    route('PUT', '/schedules/{name}/resume', 'operate', 'Resumes a paused schedule', call => changed(engine, call, { kind: 'resume' })),
    route('PUT', '/bulk/pause', 'operate', 'Pauses schedules', call => changeEach(engine, call, 'pauseSchedules', pause(null))),
    route('PUT', '/bulk/resume', 'operate', 'Resumes paused schedules', call => changeEach(engine, call, 'resumeSchedules', { kind: 'resume' })),
    route('GET', '/nextFewSchedules', 'read', 'The next times of a cron expression, in UTC', nextTimes, {
      cronExpression: 'required',
      scheduleStartTime: 'epoch milliseconds',
      scheduleEndTime: 'epoch milliseconds',
      limit: '5 at most',
    }),
    route('GET', '/search/executions', 'read', 'What was started of late', async call => json(200, searchRuns(await allSchedules(engine), call)), {
      ...search,
      query: '',
    }),
    route('GET', '/admin/requeue', 'admin', 'Looks at all schedules now', async () => done(await changeAll(engine, () => ({ kind: 'decide' })))),
    route('GET', '/admin/pause', 'admin', 'Pauses all schedules that run', async () =>
      done(await changeAll(engine, schedule => (schedule.isPaused ? null : { kind: 'changeSchedule', change: pause(pausedByAdmin) }))),
    ),
    route('GET', '/admin/resume', 'admin', 'Resumes what was paused with all others', async () =>
      done(await changeAll(engine, schedule => (schedule.pausedReason === pausedByAdmin ? { kind: 'changeSchedule', change: { kind: 'resume' } } : null))),
    ),
  ]
}

type Change = Extract<ConductorCommand, { kind: 'changeSchedule' }>['change']

const pausedByAdmin = 'The scheduler is paused'
const pause = (reason: string | null): Change => ({ kind: 'pause', reason })
const done = (_: void): Answer => json(200, { status: 'done' })

// ── Writing ──

/** Derived from the name, so that a name is one schedule on every server. */
function idOf(name: string): ExecutionId {
  const hash = createHash('sha256')
    .update(JSON.stringify(['schedule', name]))
    .digest()
  return newExecutionId(instant(hash.readUIntBE(0, 6)), {
    high12: hash.readUInt16BE(6) & 0xfff,
    low38: hash.readUInt32BE(8) * 64 + (hash.readUInt8(12) & 0x3f),
  })
}

async function put(engine: EngineApi, call: Call): Promise<Answer> {
  const schedule = scheduleOf(call.object(), engine.now())
  const id = idOf(schedule.name)
  const created = await engine.create('conductor', scheduleRequest(schedule), { id })
  if (isRefusal(created)) {
    if (created.code !== 'conflict') throwIfRefused(created)
    throwIfRefused(await engine.send(id, { kind: 'changeSchedule', change: { kind: 'replace', schedule } } as ConductorCommand))
  }
  return json(200, scheduleToWire((await mustSchedule(engine, schedule.name)).schedule))
}

async function changed(engine: EngineApi, call: Call, change: Change): Promise<Answer> {
  await changeOne(engine, call.param('name'), change)
  return empty(200)
}

async function changeOne(engine: EngineApi, name: string, change: Change): Promise<void> {
  await mustSchedule(engine, name)
  throwIfRefused(await engine.send(idOf(name), { kind: 'changeSchedule', change } as ConductorCommand))
}

async function changeEach(engine: EngineApi, call: Call, service: string, change: Change): Promise<Answer> {
  const names = call.list().filter(name => typeof name === 'string')
  if (names.length === 0) throw violated([{ path: `${service}.arg0`, message: 'Schedule names list cannot be null.' }])
  if (names.length > limits.bulkMax)
    throw violated([{ path: `${service}.arg0`, message: `Cannot process more than ${limits.bulkMax} schedules. Please use multiple requests.` }])
  const errors: Record<string, string> = {}
  const successful: string[] = []
  for (const name of names) {
    try {
      await changeOne(engine, name, change)
      successful.push(name)
    } catch (error) {
      if (!(error instanceof Problem) || isPassing(error)) throw error
      errors[name] = error.message
    }
  }
  return json(200, { bulkErrorResults: errors, bulkSuccessfulResults: successful })
}

async function changeAll(engine: EngineApi, commandFor: (schedule: Schedule) => ConductorCommand | null): Promise<void> {
  for (const { schedule } of await allSchedules(engine)) {
    const command = commandFor(schedule)
    if (command !== null) await engine.send(idOf(schedule.name), command)
  }
}

// ── Reading ──

async function mustSchedule(engine: EngineApi, name: string): Promise<ScheduleState> {
  const found = await engine.read(idOf(name))
  const scheduled = found?.dialect === 'conductor' ? found.view.state.scheduled : undefined
  if (scheduled === undefined) throw new Problem('missing', `Schedule '${name}' not found`)
  return scheduled
}

async function allSchedules(engine: EngineApi): Promise<readonly ScheduleState[]> {
  const found: ScheduleState[] = []
  for (let offset = 0, read: number = limits.listMax; read === limits.listMax && offset < limits.schedulesMax; offset += read) {
    const page = await engine.store.list({ dialect: 'conductor', namespace: scheduleNamespace, offset, limit: limits.listMax, order: 'oldest' })
    read = page.executions.length
    for (const execution of page.executions) {
      const { scheduled } = (execution as Execution<unknown, ConductorTypes['state']>).state
      if (scheduled !== undefined) found.push(scheduled)
    }
  }
  return found
}

async function matching(engine: EngineApi, call: Call): Promise<readonly ScheduleState[]> {
  const workflow = readText(call, 'workflowName') ?? ''
  const part = (readText(call, 'scheduleName') ?? '').toLowerCase()
  const paused = (readText(call, 'paused') ?? '') === '' ? null : readFlag(call, 'paused', false)
  return (await allSchedules(engine)).filter(
    ({ schedule }) =>
      (workflow === '' || schedule.request['name'] === workflow) &&
      schedule.name.toLowerCase().includes(part) &&
      (paused === null || schedule.isPaused === paused),
  )
}

const nextTimesMax = 5

function nextTimes(call: Call): Answer {
  const cron = parseCron(mustText(call, 'cronExpression'))
  if (cron === null)
    throw new Problem(
      'invalid',
      `Invalid cron expression: expected six fields or a word such as @daily, found "${mustText(call, 'cronExpression').slice(0, 200)}"`,
    )
  const end = readInteger(call, 'scheduleEndTime', null)
  const limit = Math.min(readInteger(call, 'limit', nextTimesMax), nextTimesMax)
  const times: number[] = []
  // What is over is not told, even when the start lies further back.
  let at = instant(Math.max(readInteger(call, 'scheduleStartTime', 0) - 1, Date.now()))
  while (times.length < limit) {
    const next = nextMoment(cron, 'UTC', at)
    if (next === null || (end !== null && next > end)) break
    times.push(next)
    at = next
  }
  return json(200, times)
}
