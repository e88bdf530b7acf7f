/**
 * The worker's life: register, heartbeat, ask for work while there is a free place, drain, stop (strom-worker.md §3, §4).
 * One claim is under way at a time while there is nothing to do; while work flows, several, so that short steps start as
 * fast as their shells do.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type ClaimedStep, holdSecs, ServerError, type WorkerClient } from './client.js'
import type { WorkerConfig } from './config.js'
import type { WorkerLog } from './log.js'

export interface PollerParts {
  readonly config: WorkerConfig
  readonly client: WorkerClient
  readonly log: WorkerLog
  readonly version: string
  /** Runs a step to its report; never rejects. */
  readonly execute: (workerId: string, step: ClaimedStep, stopping: AbortSignal) => Promise<void>
}

const heartbeatMs = 30_000
const claimsAtOnceMax = 4
const registerDelaySecsMax = 60
/** This many claims in a row refused as a server error: the server may have forgotten us, so register again. */
const strangerAfter = 3

export class Poller {
  readonly #parts: PollerParts
  /** No new work from here on. */
  readonly #closing = new AbortController()
  /** Running steps end now. */
  readonly #ending = new AbortController()
  /** Each running step, and the name under which it was claimed. */
  readonly #running = new Map<Promise<void>, string>()
  #workerId = ''
  /** A claim went unanswered: the server may have handed a step to our name that we never heard of. */
  #isInDoubt = false
  #claiming = 0
  #idleRounds = 0
  #serverErrors = 0
  #loops: Promise<unknown> | null = null
  #wake: (() => void) | null = null

  constructor(parts: PollerParts) {
    this.#parts = parts
  }

  get workerId(): string {
    return this.#workerId
  }

  get busy(): number {
    return this.#running.size
  }

  /** Resolves when registered; tries until it succeeds or `stop` is called. */
  async start(): Promise<void> {
    await this.#register()
    if (this.#closing.signal.aborted) return
    this.#loops = Promise.all([this.#heartbeats(), this.#claims()])
  }

  /** Takes no new work; waits for what runs, then ends it. Resolves when all is reported. */
  async stop(): Promise<void> {
    const { config, log } = this.#parts
    this.#closing.abort()
    this.#wake?.()
    if (this.#running.size > 0) log.info('draining', { steps: this.#running.size, seconds: config.drainMs / 1000 })
    const deadline = setTimeout(() => this.#ending.abort(), config.drainMs)
    while (this.#running.size > 0) await Promise.race(this.#running.keys())
    clearTimeout(deadline)
    this.#ending.abort()
    await this.#loops
    log.info('stopped')
  }

  async #register(): Promise<void> {
    const { client, config, log, version } = this.#parts
    for (let tried = 1; !this.#closing.signal.aborted; tried++) {
      try {
        this.#workerId = await client.register(version, this.#closing.signal)
        this.#serverErrors = 0
        log.info('worker registered', { worker: this.#workerId, name: config.workerName, server: config.serverUrl, places: config.maxConcurrent })
        return
      } catch (error) {
        if (this.#closing.signal.aborted) return
        const seconds = Math.min(2 ** tried, registerDelaySecsMax)
        log.warn('registration failed', { error: String(error), nextTrySecs: seconds })
        await this.#pause(seconds * 1000)
      }
    }
  }

  /** Goes on while draining: a worker that still works must not be taken for lost. */
  async #heartbeats(): Promise<void> {
    const { client, log } = this.#parts
    while (!this.#ending.signal.aborted) {
      for (const id of new Set([this.#workerId, ...this.#running.values()])) {
        await client.heartbeat(id, this.#ending.signal).catch(error => {
          if (!this.#ending.signal.aborted) log.warn('heartbeat failed', { error: String(error) })
        })
      }
      await sleep(heartbeatMs, undefined, { signal: this.#ending.signal }).catch(() => undefined)
    }
  }

  async #claims(): Promise<void> {
    const { config } = this.#parts
    const underWay = new Set<Promise<void>>()
    while (!this.#closing.signal.aborted) {
      const places = config.maxConcurrent - this.#running.size - this.#claiming
      const wanted = this.#idleRounds > 0 ? 1 : claimsAtOnceMax
      if (places > 0 && this.#claiming < wanted) {
        this.#claiming += 1
        const one = this.#claimOnce().finally(() => {
          this.#claiming -= 1
          underWay.delete(one)
          this.#wake?.()
        })
        underWay.add(one)
        continue
      }
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
    await Promise.all(underWay)
  }

  async #claimOnce(): Promise<void> {
    const { client, log } = this.#parts
    const asked = performance.now()
    try {
      if (this.#isInDoubt) await this.#renew()
      const step = await client.claim(this.#workerId, this.#closing.signal)
      this.#serverErrors = 0
      if (step) {
        this.#idleRounds = 0
        this.#run(step)
        return
      }
      this.#idleRounds += 1
      // A server that held the question has waited for us already.
      if (performance.now() - asked > (holdSecs * 1000) / 2) return
    } catch (error) {
      if (this.#closing.signal.aborted) return
      // The server picked a step and could not render it; it has failed that one, so the next may be fine.
      if (error instanceof ServerError && error.status === 422) return
      this.#idleRounds += 1
      this.#isInDoubt ||= mayHaveArrived(error)
      log.warn('claim failed', { error: String(error) })
      if (error instanceof ServerError && error.status >= 500 && ++this.#serverErrors >= strangerAfter) await this.#register()
    }
    await this.#pause(this.#idleMs())
  }

  /** Under a new name nobody keeps the unheard step alive: the server finds it lost, and gives it to somebody. */
  async #renew(): Promise<void> {
    const { client, config, log, version } = this.#parts
    this.#workerId = await client.register(version, this.#closing.signal)
    this.#isInDoubt = false
    log.info('worker registered', { worker: this.#workerId, name: config.workerName, server: config.serverUrl, places: config.maxConcurrent })
  }

  /** The pause grows to four times the interval, as every generation's worker does. */
  #idleMs(): number {
    return this.#parts.config.pollIntervalMs * Math.min(2 ** Math.max(this.#idleRounds - 1, 0), 4)
  }

  #run(step: ClaimedStep): void {
    const { execute, log } = this.#parts
    log.info('step claimed', { job: step.jobId, step: step.stepName, workspace: step.workspace })
    const id = this.#workerId
    const run = execute(id, step, this.#ending.signal).finally(() => {
      this.#running.delete(run)
      this.#wake?.()
    })
    this.#running.set(run, id)
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closing.signal }).catch(() => undefined)
  }
}

/** A refused connection carried nothing, and an answer was an answer; anything else may have been heard. */
function mayHaveArrived(error: unknown): boolean {
  return !(error instanceof ServerError) && (error as NodeJS.ErrnoException).code !== 'ECONNREFUSED'
}
