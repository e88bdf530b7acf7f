/** What Strøm workers call, of every generation. */
import { randomUUID } from 'node:crypto'
import type { EngineApi } from '@busbar/engine'
import { type ExecutionId, isRefusal, type JsonObject, Problem, type Refusal, type WorkerId } from '@busbar/kernel'
import { forLegacyWorker, isMisshapen, leaseOf, noWork, parseClaim, parseRegistration, type StroemCommand, serviceOf } from '@busbar/stroem'
import { type Answer, bytes, empty, json } from '../http/answer.js'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import { throwIfRefused, WireProblem } from '../http/problem.js'
import type { Route } from '../http/route.js'
import type { Health } from '../health.js'
import { parseLogLines } from './log-lines.js'
import { findJob, isUuid, type JobView, objectBody, optionalObjectBody, tellJob, textField, workerJobId } from './requests.js'
import type { WorkerDetail } from './worker-detail.js'
import type { Workspaces } from './workspaces.js'

export interface WorkerRouteParts {
  readonly engine: EngineApi
  readonly workspaces: Workspaces
  readonly health: Health
}

export function workerRoutes(parts: WorkerRouteParts): Route[] {
  const { engine } = parts
  const post = (path: string, summary: string, handle: Route['handle']): Route => ({
    method: 'POST',
    paths: [path],
    owner: 'stroem',
    scope: 'work',
    credential: 'workerToken',
    bodyBytesMax: limits.stroemBodyBytesMax,
    summary,
    handle,
  })
  const get = (path: string, summary: string, handle: Route['handle']): Route => ({ ...post(path, summary, handle), method: 'GET' })
  return [
    post('/worker/register', 'A worker registers; answers its id', call => register(engine, call)),
    post('/worker/heartbeat', 'A worker is alive', call => heartbeat(engine, call)),
    post('/worker/jobs/claim', 'Claims a step; waits for one with wait_secs', call => claim(engine, call)),
    post('/worker/jobs/{job}/steps/{step}/start', 'A worker begins a step', call => begin(engine, call)),
    post('/worker/jobs/{job}/steps/{step}/complete', 'A worker reports a step', call => complete(engine, call)),
    post('/worker/jobs/{job}/logs', 'A worker sends log lines', call => appendLogs(engine, call)),
    get('/worker/jobs/{job}/cancelled', 'Whether a job was cancelled; waits for its end with wait_secs', call => cancelled(parts, call)),
    post('/worker/jobs/{job}/complete', 'Ends a whole job', call => completeJob(engine, call)),
    get('/worker/workspace/{file}', 'The archive of a workspace: {workspace}.tar.gz', call => archive(parts.workspaces, call)),
  ]
}

const ok = json(200, { status: 'ok' })

async function register(engine: EngineApi, call: Call): Promise<Answer> {
  const { name, skills, version, isLegacy } = throwIfUnreadable(parseRegistration(objectBody(call)))
  // As a UUID it names one worker, whatever it calls itself.
  const id = randomUUID() as string as WorkerId
  const now = engine.now()
  const detail: WorkerDetail = { abilities: skills.abilities, tags: skills.tags, exclusive: skills.exclusive, version, isLegacy }
  await engine.store.putWorker({ id, name, lastSeen: now, registeredAt: now, detail: JSON.stringify(detail) })
  engine.seen(id, now)
  engine.serves(id, serviceOf(skills))
  return json(200, { worker_id: id })
}

function heartbeat(engine: EngineApi, call: Call): Answer {
  engine.seen(workerIdOf(textField(objectBody(call), 'worker_id')), engine.now())
  return ok
}

function workerIdOf(text: string): WorkerId {
  if (!isUuid(text)) throw new Problem('invalid', 'Invalid worker ID')
  return text.toLowerCase() as WorkerId
}

/** A body without the expected form was refused by the original's framework, with a status of its own. */
function throwIfUnreadable<T>(value: T | Refusal): T {
  if (isRefusal(value) && isMisshapen(value)) throw new WireProblem(422, value.message)
  return throwIfRefused(value)
}

// ── Claims ──

const nothing = json(200, noWork)

async function claim(engine: EngineApi, call: Call): Promise<Answer> {
  const body = objectBody(call)
  const { worker, skills, isLegacy } = throwIfUnreadable(parseClaim(body))
  engine.seen(worker, engine.now())
  const waitMs = waitMsOf(body)
  let trouble: string | null = null
  const onSpoiled = (reason: string) => {
    trouble ??= reason
  }
  const [work] = await engine.poll({ dialect: 'stroem', queues: serviceOf(skills), worker, max: 1, waitMs, caller: call, onSpoiled })
  if (waitMs > 0) engine.seen(worker, engine.now())
  // Who waits asks for work, not for the reason why there is none.
  else if (!work && trouble !== null) throw new Problem('invalid', trouble, { details: { status: 422 } })
  if (!work) return nothing
  // Only a worker of ours asks to be held, and it shows the lease again with what it reports.
  const answer = waitMs > 0 ? { ...work.work, lease: leaseOf(work.attempt) } : work.work
  return json(200, isLegacy ? forLegacyWorker(answer) : answer)
}

/** An addition of ours: a claim that may be held until there is work. */
function waitMsOf(body: JsonObject): number {
  const { wait_secs: seconds } = body
  if (typeof seconds !== 'number' || !(seconds > 0)) return 0
  return Math.min(seconds * 1000, limits.claimWaitMsMax)
}

// ── Steps ──

/** Unknown jobs and steps are answered like known ones: a worker can do nothing about them. */
async function tell(engine: EngineApi, job: ExecutionId, command: StroemCommand): Promise<Answer> {
  if ((await findJob(engine, job)) === null) return ok
  const reply = await tellJob(engine, job, command)
  const isOldLease = isRefusal(reply) && reply.code === 'conflict' && 'lease' in command
  if (isRefusal(reply) && (isOldLease || (reply.code !== 'missing' && reply.code !== 'conflict'))) throwIfRefused(reply)
  return ok
}

/** Who names its lease hears when it is over. */
function leaseIn({ lease }: JsonObject): { readonly lease?: string } {
  return typeof lease === 'string' ? { lease } : {}
}

async function begin(engine: EngineApi, call: Call): Promise<Answer> {
  const job = workerJobId(call)
  const body = optionalObjectBody(call)
  const { worker_id: worker } = body
  return tell(engine, job, {
    kind: 'begin',
    step: call.param('step'),
    ...leaseIn(body),
    worker: typeof worker === 'string' && isUuid(worker) ? (worker.toLowerCase() as WorkerId) : null,
  })
}

async function complete(engine: EngineApi, call: Call): Promise<Answer> {
  const job = workerJobId(call)
  const body = objectBody(call)
  const { exit_code: exitCode, output, error } = body
  if (exitCode !== undefined && exitCode !== null && typeof exitCode !== 'number')
    throw new WireProblem(422, 'the field "exit_code": expected a number or null')
  if (error !== undefined && error !== null && typeof error !== 'string') throw new WireProblem(422, 'the field "error": expected a text or null')
  const report = { exitCode: exitCode ?? null, output: output ?? null, error: error ?? null }
  return tell(engine, job, { kind: 'complete', step: call.param('step'), ...leaseIn(body), ...report })
}

async function completeJob(engine: EngineApi, call: Call): Promise<Answer> {
  const job = workerJobId(call)
  const { output } = objectBody(call)
  return tell(engine, job, { kind: 'completeJob', output: output ?? null })
}

/** With wait_secs, an addition of ours, the answer is held until the job has ended, cancelled or otherwise. */
async function cancelled({ engine, health }: WorkerRouteParts, call: Call): Promise<Answer> {
  const job = workerJobId(call)
  const waitMs = waitMsOf({ wait_secs: Number(call.query('wait_secs')) })
  const view = waitMs === 0 ? await findJob(engine, job) : await whenEnded(engine, job, waitMs, [call.gone, health.draining])
  return json(200, { cancelled: view?.status === 'cancelled' })
}

/** The job as it is when it has ended, when the wait is over, or when one of the signals says so. */
async function whenEnded(engine: EngineApi, job: ExecutionId, waitMs: number, leave: readonly AbortSignal[]): Promise<JobView | null> {
  const until = engine.now() + waitMs
  const answered = new AbortController()
  const signal = AbortSignal.any([...leave, answered.signal])
  try {
    for (;;) {
      // Watched before the look, so that no commit falls between the two.
      const changed = engine.changed(job, { timeoutMs: Math.max(until - engine.now(), 0), signal })
      const view = await findJob(engine, job)
      if (view === null || view.isTerminal || signal.aborted || engine.now() >= until) return view
      await changed
    }
  } finally {
    answered.abort()
  }
}

async function appendLogs(engine: EngineApi, call: Call): Promise<Answer> {
  const job = workerJobId(call)
  const lines = parseLogLines(call, new Date(engine.now()).toISOString())
  // The original keeps lines of jobs nobody knows; nobody could read them.
  if ((await findJob(engine, job)) !== null) await engine.appendLogs(job, lines)
  return ok
}

// ── The workspace ──

const suffix = '.tar.gz'

async function archive(workspaces: Workspaces, call: Call): Promise<Answer> {
  const file = call.param('file')
  const name = file.endsWith(suffix) ? file.slice(0, -suffix.length) : file
  const entry = workspaces.find(name)
  if (!file.endsWith(suffix) || !entry) throw new Problem('missing', `Workspace '${name}' not found`)
  const revision = call.query('revision') ?? entry.loaded?.revision
  if (revision === undefined) throw new Problem('missing', `Workspace '${name}' not found`)
  const etag = `"${revision}"`
  if (call.header('if-none-match') === etag) return empty(304)
  const content = await workspaces.archive(name, revision)
  if (!content) throw new Problem('missing', `Revision '${revision}' no longer available for workspace '${name}'`)
  return bytes('application/gzip', content, { etag, 'x-revision': revision })
}
