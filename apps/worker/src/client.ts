/**
 * The wire to a Strøm server of any generation (strom-worker.md §1, §5, §6). Registration finds out which generation
 * answers; from then on the same claim bodies serve all of them, because each ignores the keys it does not know.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import type { WorkerConfig } from './config.js'

export interface ClaimedStep {
  readonly jobId: string
  readonly workspace: string
  readonly taskName: string
  readonly stepName: string
  readonly actionName: string
  readonly actionType: string
  readonly runner: string
  readonly actionSpec: Readonly<Record<string, unknown>>
  readonly input: unknown
  readonly timeoutSecs: number | null
  readonly revision: string | null
  /** What our server wants to see again with each report; others give none. */
  readonly lease: string | null
}

export interface WireLogLine {
  readonly ts: string
  readonly stream: 'stdout' | 'stderr'
  readonly line: string
}

export interface StepReport {
  readonly exit_code: number | null
  readonly output: unknown
  readonly error: string | null
}

export class ServerError extends Error {
  override readonly name = 'ServerError'
  readonly status: number
  constructor(call: string, status: number, body: string) {
    super(`${call} answered ${status}: ${body.slice(0, 500)}`)
    this.status = status
  }
}

/** Our server holds a question for work, or for cancellation, so long. Others answer at once and ignore the wish. */
export const holdSecs = 20
const downloadTimeoutMs = 600_000
const reportTriesMax = 12
const reportDelayMsMax = 30_000

type Generation = 'abilities' | 'shell'

export class WorkerClient {
  readonly #config: WorkerConfig
  readonly #pool: Pool
  readonly #prefix: string
  readonly #headers: Record<string, string>
  #generation: Generation = 'abilities'

  constructor(config: WorkerConfig) {
    const url = new URL(config.serverUrl)
    this.#config = config
    this.#prefix = url.pathname === '/' ? '' : url.pathname
    this.#headers = { authorization: `Bearer ${config.workerToken}` }
    this.#pool = new Pool(url.origin, { connections: Math.min(config.maxConcurrent + 8, 128), connectTimeout: config.connectTimeoutMs, pipelining: 1 })
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }

  /** A server before 0.6 knows the ability `shell` only, and answers 400 or 422 to the new body. */
  async register(version: string, signal: AbortSignal): Promise<string> {
    const { workerName: name, capabilities, tags, exclusive } = this.#config
    try {
      this.#generation = 'abilities'
      return await this.#register({ name, capabilities, tags, exclusive, version }, signal)
    } catch (error) {
      if (!(error instanceof ServerError) || (error.status !== 400 && error.status !== 422)) throw error
      this.#generation = 'shell'
      return this.#register({ name, capabilities: ['shell'], tags: tags.length > 0 ? tags : null, version }, signal)
    }
  }

  async #register(body: object, signal: AbortSignal): Promise<string> {
    const answer = await this.#call('POST', '/worker/register', { body, signal })
    const id = (answer as { worker_id?: unknown } | null)?.worker_id
    if (typeof id !== 'string') throw new Error(`register: expected a worker_id, found ${JSON.stringify(answer)}`)
    return id
  }

  async heartbeat(workerId: string, signal: AbortSignal): Promise<void> {
    await this.#call('POST', '/worker/heartbeat', { body: { worker_id: workerId }, signal })
  }

  /** Null when there is no work: 204, or 200 with nulls. */
  async claim(workerId: string, signal: AbortSignal): Promise<ClaimedStep | null> {
    const { capabilities, tags, exclusive, requestTimeoutMs } = this.#config
    const who =
      this.#generation === 'shell'
        ? { worker_id: workerId, capabilities: ['shell'], tags: tags.length > 0 ? tags : null }
        : { worker_id: workerId, capabilities, tags, exclusive }
    const answer = await this.#call('POST', '/worker/jobs/claim', {
      body: { ...who, wait_secs: holdSecs },
      signal,
      timeoutMs: requestTimeoutMs + holdSecs * 1000,
    })
    return readClaim(answer)
  }

  async begin(step: ClaimedStep, workerId: string): Promise<void> {
    await this.#call('POST', `${stepPath(step)}/start`, { body: { worker_id: workerId, ...leaseOf(step) } })
  }

  /** The report that must not get lost: tried again until the server has it, or refuses it for good. */
  async complete(step: ClaimedStep, report: StepReport, failed: (error: unknown) => void): Promise<void> {
    for (let tried = 1; ; tried++) {
      try {
        await this.#call('POST', `${stepPath(step)}/complete`, { body: { ...report, ...leaseOf(step) } })
        return
      } catch (error) {
        failed(error)
        if (error instanceof ServerError && error.status < 500 && error.status !== 429) throw error
        if (tried === reportTriesMax) throw error
        await sleep(Math.min(250 * 2 ** tried, reportDelayMsMax))
      }
    }
  }

  async logs(jobId: string, stepName: string, lines: readonly WireLogLine[]): Promise<void> {
    await this.#call('POST', `/worker/jobs/${jobId}/logs`, { body: { lines, step_name: stepName } })
  }

  /** Held by our server until the job is cancelled or the wait is over; answered at once by others. */
  async cancelled(jobId: string, signal: AbortSignal): Promise<boolean> {
    const answer = await this.#call('GET', `/worker/jobs/${jobId}/cancelled?wait_secs=${holdSecs}`, {
      signal,
      timeoutMs: this.#config.requestTimeoutMs + holdSecs * 1000,
    })
    return (answer as { cancelled?: unknown } | null)?.cancelled === true
  }

  /** The workspace as a gzip tar. Without a revision: the live one. */
  async workspace(name: string, revision: string | null, signal: AbortSignal): Promise<{ revision: string; body: AsyncIterable<Uint8Array> }> {
    const query = revision === null ? '' : `?revision=${encodeURIComponent(revision)}`
    const path = `${this.#prefix}/worker/workspace/${encodeURIComponent(name)}.tar.gz${query}`
    const answer = await this.#pool.request({
      method: 'GET',
      path,
      headers: this.#headers,
      signal,
      headersTimeout: downloadTimeoutMs,
      bodyTimeout: downloadTimeoutMs,
    })
    if (answer.statusCode !== 200) throw new ServerError(`GET workspace ${name}`, answer.statusCode, await answer.body.text())
    const named = answer.headers['x-revision']
    const found = revision ?? (typeof named === 'string' ? named : '')
    if (found === '') {
      await answer.body.dump()
      throw new Error(`the server sent workspace ${name} without a revision`)
    }
    return { revision: found, body: answer.body }
  }

  async #call(method: 'GET' | 'POST', path: string, options: { body?: object; signal?: AbortSignal; timeoutMs?: number } = {}): Promise<unknown> {
    const timeoutMs = options.timeoutMs ?? this.#config.requestTimeoutMs
    const answer = await this.#pool.request({
      method,
      path: this.#prefix + path,
      headers: options.body ? { ...this.#headers, 'content-type': 'application/json' } : this.#headers,
      body: options.body ? JSON.stringify(options.body) : null,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      ...(options.signal ? { signal: options.signal } : {}),
    })
    const text = await answer.body.text()
    if (answer.statusCode < 200 || answer.statusCode > 299) throw new ServerError(`${method} ${path.split('?')[0]}`, answer.statusCode, text)
    return text === '' ? null : JSON.parse(text)
  }
}

/** Names go into the path encoded: instances of a loop contain brackets. */
function stepPath(step: ClaimedStep): string {
  return `/worker/jobs/${step.jobId}/steps/${encodeURIComponent(step.stepName)}`
}

function leaseOf({ lease }: ClaimedStep): { lease?: string } {
  return lease === null ? {} : { lease }
}

function readClaim(answer: unknown): ClaimedStep | null {
  if (typeof answer !== 'object' || answer === null) return null
  const claim = answer as Record<string, unknown>
  if (typeof claim['job_id'] !== 'string' || typeof claim['step_name'] !== 'string') return null
  const text = (key: string) => (typeof claim[key] === 'string' ? (claim[key] as string) : '')
  const spec = claim['action_spec']
  return {
    jobId: claim['job_id'],
    stepName: claim['step_name'],
    workspace: text('workspace'),
    taskName: text('task_name'),
    actionName: text('action_name'),
    actionType: text('action_type'),
    runner: text('runner'),
    actionSpec: typeof spec === 'object' && spec !== null ? (spec as Record<string, unknown>) : {},
    input: claim['input'] ?? null,
    timeoutSecs: typeof claim['timeout_secs'] === 'number' && claim['timeout_secs'] > 0 ? claim['timeout_secs'] : null,
    revision: typeof claim['revision'] === 'string' && claim['revision'] !== '' ? claim['revision'] : null,
    lease: typeof claim['lease'] === 'string' ? claim['lease'] : null,
  }
}
