/** Jobs: lists, details, logs, and what people do to them. */
import type { EngineApi } from '@busbar/engine'
import { type ExecutionId, type ExecutionStatus, isJsonObject, isRefusal, Problem } from '@busbar/kernel'
import { jobRow, jobToDetail } from '@busbar/stroem'
import { type Answer, json } from '../http/answer.js'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import { throwIfRefused, WireProblem } from '../http/problem.js'
import type { Route } from '../http/route.js'
import type { Health } from '../health.js'
import { jobLog, streamJobLog } from './job-logs.js'
import { countQuery, jobId, mustJob, objectBody, tellJob } from './requests.js'
import type { Workspaces } from './workspaces.js'

export interface JobRouteParts {
  readonly engine: EngineApi
  readonly workspaces: Workspaces
  readonly health: Health
}

export function jobRoutes(parts: JobRouteParts): Route[] {
  const { engine } = parts
  const get = (path: string, summary: string, handle: Route['handle'], query: Record<string, string> = {}): Route => ({
    method: 'GET',
    paths: [path],
    owner: 'stroem',
    scope: 'read',
    summary,
    query,
    handle,
  })
  const post = (path: string, summary: string, handle: Route['handle']): Route => ({
    method: 'POST',
    paths: [path],
    owner: 'stroem',
    scope: 'operate',
    bodyBytesMax: limits.stroemBodyBytesMax,
    summary,
    handle,
  })
  return [
    get('/api/jobs', 'A page of jobs, newest first', call => listJobs(engine, call), {
      workspace: '',
      task_name: 'needs workspace',
      status: '',
      source_type: '',
      search: `at most ${limits.searchLengthMax} characters`,
      limit: '50',
      offset: '0',
    }),
    get('/api/jobs/{job}', 'A job with its steps', call => getJob(parts, call)),
    get('/api/jobs/{job}/logs', 'The log of a job, as JSON lines', async call => json(200, { logs: await jobLog(engine, await mustId(engine, call)) })),
    get('/api/jobs/{job}/steps/{step}/logs', 'The log of one step', async call =>
      json(200, { logs: await jobLog(engine, await mustId(engine, call), call.param('step')) }),
    ),
    get('/api/jobs/{job}/logs/stream', 'The log of a job, and what is added to it', async call =>
      streamJobLog(engine, await mustId(engine, call), call, parts.health.draining),
    ),
    // Artifacts are not built yet: workers are refused when they send some, so a job has none.
    get('/api/jobs/{job}/artifacts', 'The artifacts of a job', async call => {
      await mustId(engine, call)
      return json(200, [])
    }),
    {
      ...get('/api/jobs/{job}/artifacts/{name}', 'An artifact of a job', async call => {
        await mustId(engine, call)
        throw new Problem('missing', 'Artifact not found')
      }),
      slashesIn: 'name',
    },
    post('/api/jobs/{job}/cancel', 'Cancels a job', call => cancel(engine, call)),
    post('/api/jobs/{job}/steps/{step}/approve', 'Answers a step that waits for an approval', call => approve(engine, call)),
  ]
}

async function mustId(engine: EngineApi, call: Call): Promise<ExecutionId> {
  return (await mustJob(engine, jobId(call))).id
}

async function getJob({ engine, workspaces }: JobRouteParts, call: Call): Promise<Answer> {
  const view = await mustJob(engine, jobId(call))
  return json(200, jobToDetail(view, { secrets: name => workspaces.secrets(name), connections: name => workspaces.connections(name) }))
}

// ── The list ──

const wireStatuses = ['pending', 'running', 'completed', 'failed', 'cancelled', 'skipped'] as const
const sourceTypes = ['api', 'trigger', 'webhook', 'task', 'hook', 'user', 'mcp', 'agent_tool', 'event_source', 'retry', 'upload', 'rerun', 'restart'] as const

/** Which of ours a status on the wire can be. */
const statusesOf: Record<(typeof wireStatuses)[number], readonly ExecutionStatus[]> = {
  pending: ['running', 'paused'],
  running: ['running', 'paused'],
  completed: ['completed'],
  failed: ['failed', 'timedOut'],
  cancelled: ['cancelled'],
  // No job ends as skipped here.
  skipped: [],
}

async function listJobs(engine: EngineApi, call: Call): Promise<Answer> {
  const workspace = call.query('workspace')
  const task = call.query('task_name')
  const search = call.query('search')
  if (task !== undefined && workspace === undefined) throw new Problem('invalid', 'task_name filter requires workspace')
  if (task !== undefined && search !== undefined) throw new Problem('invalid', 'Cannot use both task_name and search filters')
  const status = oneOf(call.query('status'), wireStatuses, 'status')
  const source = oneOf(call.query('source_type'), sourceTypes, 'source_type')
  if (search !== undefined && search.length > limits.searchLengthMax)
    throw new Problem('invalid', `Search term must be ${limits.searchLengthMax} characters or fewer`)
  const offset = countQuery(call, 'offset', 0, Number.MAX_SAFE_INTEGER)
  const limit = countQuery(call, 'limit', 50, limits.pageMax)
  const filter = {
    dialect: 'stroem' as const,
    ...(workspace === undefined ? {} : { namespace: workspace }),
    ...(task === undefined ? {} : { name: task }),
    ...(search === undefined ? {} : { text: search }),
    ...(source === undefined ? {} : { source }),
    order: 'newest' as const,
  }
  if (status === undefined) {
    const { executions, total } = await engine.store.list({ ...filter, offset, limit })
    return json(200, { items: executions.map(jobRow), total })
  }
  const statuses = statusesOf[status]
  if (statuses.length === 0) return json(200, { items: [], total: 0 })
  if (status !== 'pending' && status !== 'running') {
    const { executions, total } = await engine.store.list({ ...filter, statuses, offset, limit })
    return json(200, { items: executions.map(jobRow), total })
  }
  // Whether a running job has begun stands in its state, which the store does not look into.
  const { executions } = await engine.store.list({ ...filter, statuses, offset: 0, limit: limits.listMax })
  const rows = executions.map(jobRow).filter(row => row['status'] === status)
  return json(200, { items: rows.slice(offset, offset + limit), total: rows.length })
}

function oneOf<T extends string>(value: string | undefined, allowed: readonly T[], name: string): T | undefined {
  if (value === undefined) return undefined
  const found = allowed.find(one => one === value)
  if (found === undefined) throw new Problem('invalid', `Invalid ${name} filter '${value}'. Must be one of: ${allowed.join(', ')}`)
  return found
}

// ── Verbs ──

/** Without authentication nobody has a name. */
const nobody = 'anonymous'

async function cancel(engine: EngineApi, call: Call): Promise<Answer> {
  const view = await mustJob(engine, jobId(call))
  const reply = await tellJob(engine, view.id, { kind: 'cancel', by: nobody })
  if (isRefusal(reply) && reply.code === 'conflict') throw new Problem('conflict', 'Job is already in a terminal state')
  throwIfRefused(reply)
  return json(200, { status: 'cancelled' })
}

async function approve(engine: EngineApi, call: Call): Promise<Answer> {
  const id = jobId(call)
  const { approved, input, rejection_reason: reason } = objectBody(call)
  if (typeof approved !== 'boolean') throw new WireProblem(422, 'the field "approved": expected true or false')
  if (input !== undefined && input !== null && !isJsonObject(input)) throw new WireProblem(422, 'the field "input": expected an object')
  const view = await mustJob(engine, id)
  const reply = throwIfRefused(
    await tellJob(engine, view.id, {
      kind: 'approve',
      step: call.param('step'),
      approved,
      input: input ?? null,
      reason: typeof reason === 'string' ? reason : null,
      by: nobody,
    }),
  )
  return json(200, { status: reply?.status })
}
