/**
 * One worker: asks for tasks, runs them, tells what came of them.
 *
 *   idle ──startPolling──► polling ──stopPolling──► draining ──last task done, or no more patience──► idle
 *                             ▲──────startPolling──────┘
 *
 * P1. There is one loop at most; starting while it drains makes it go on.
 * P2. `running` is the only truth about free slots: a task is in it from the moment it came until its result is delivered or given up.
 * P3. A poll that is under way is never cut off: the server may have leased tasks to it already. What it brings after the end is handed back.
 * P4. Nothing that user code throws, in `execute` or in `onError`, costs a slot.
 */
import { type ConductorLogger, noopLogger } from '../logger.js'
import type { Task, TaskResult } from '../models/task.js'
import { Bell } from './bell.js'
import { type Clock, systemClock } from '../clock.js'
import { Lease } from './lease.js'
import { overlay, pollingDefaults, type ResolvedOptions, sameOptions, type WorkerProcessOptions } from './options.js'
import { asError, idsOf, reasonOf, resultOfFailure, resultOfReturn } from './outcome.js'
import { delayAfterFailedPoll, delayAfterFailedUpdate } from './persistence.js'
import { noopErrorHandler, type TaskWorker, type WorkerErrorHandler, type WorkerInterface } from './worker.js'

/** All that a worker needs of a client. */
export interface WorkerChannel {
  batchPoll(tasktype: string, workerid?: string, domain?: string, count?: number, timeout?: number): Promise<Task[]>
  updateTask(taskResult: TaskResult): Promise<unknown>
}

export interface WorkerProcessConfig {
  worker: WorkerInterface | TaskWorker
  taskResource: WorkerChannel
  options: Partial<WorkerProcessOptions>
  logger?: ConductorLogger
  onError?: WorkerErrorHandler
  /** How long `stopPolling` waits for running tasks. Default 30 000. */
  drainTimeoutMs?: number
  /** Keeps the lease of long tasks. Default true. */
  extendLeases?: boolean
  /** Sends the stack of what `execute` threw to the task's log. Default false. */
  stackTraces?: boolean
  /** Instead of `batchPollingTimeout`, as long as it returns one. */
  longPollMs?: () => number | undefined
  clock?: Clock
  random?: () => number
}

interface Running {
  readonly task: Task
  readonly abort: AbortController
}

/** Saturation is told after so many poll intervals without a free slot. */
const saturatedIntervals = 100

export class WorkerProcess {
  readonly worker: WorkerInterface | TaskWorker
  readonly taskResource: WorkerChannel
  readonly errorHandler: WorkerErrorHandler
  private readonly config: WorkerProcessConfig
  private readonly logger: ConductorLogger
  private readonly clock: Clock
  private readonly random: () => number
  private readonly running = new Set<Running>()
  /** Rings when a slot frees, when the options change, and when the state does. */
  private readonly bell = new Bell()
  private options: ResolvedOptions
  private state: 'idle' | 'polling' | 'draining' = 'idle'
  private loop: Promise<void> | undefined
  private draining: Promise<void> | undefined
  private failedPolls = 0

  constructor(config: WorkerProcessConfig) {
    this.config = config
    this.worker = config.worker
    this.taskResource = config.taskResource
    this.errorHandler = config.onError ?? noopErrorHandler
    this.logger = config.logger ?? noopLogger
    this.clock = config.clock ?? systemClock
    this.random = config.random ?? Math.random
    const { domain, pollInterval, concurrency } = config.worker
    const own = overlay<WorkerProcessOptions>({ domain, pollInterval, concurrency } as Partial<WorkerProcessOptions>)
    this.options = { workerID: '', domain: undefined, ...pollingDefaults, ...overlay(config.options, own) }
  }

  get isPolling(): boolean {
    return this.state === 'polling'
  }

  get getOptions(): WorkerProcessOptions {
    return { ...this.options }
  }

  startPolling = (): void => {
    if (this.state === 'polling') throw new Error('Runner is already started')
    this.state = 'polling'
    this.bell.ring()
    this.loop ??= this.pollUntilStopped().finally(() => {
      this.loop = undefined
      this.bell.ring()
    })
    this.logger.info(`TaskWorker ${this.worker.taskDefName} initialized with ${this.describeOptions()}`)
  }

  /** Resolves when the running tasks are done and told, at the latest after the drain time-out; a second call ends the wait. */
  stopPolling = (): Promise<void> => {
    if (this.state === 'polling') {
      this.state = 'draining'
      this.bell.ring()
      this.draining = this.drain()
    } else if (this.state === 'draining') {
      this.abandon('asked twice to stop')
    }
    return this.draining ?? Promise.resolve()
  }

  updateOptions(options: Partial<WorkerProcessOptions>): void {
    const updated: ResolvedOptions = { ...this.options, ...overlay(options) }
    if (sameOptions(this.options, updated)) return
    this.options = updated
    this.bell.ring()
    this.logger.info(`TaskWorker ${this.worker.taskDefName} configuration updated with ${this.describeOptions()}`)
  }

  handleUnknownError = (unknown: unknown): void => {
    this.logger.error('Unexpected error in a worker', unknown)
  }

  private describeOptions(): string {
    return `concurrency of ${this.options.concurrency} and poll interval of ${this.options.pollInterval}`
  }

  // ── Asking ──

  private async pollUntilStopped(): Promise<void> {
    while (this.isPolling) {
      const free = this.options.concurrency - this.running.size
      if (free > 0) await this.pollAndRest(free)
      else await this.untilSlotFrees()
    }
  }

  private async pollAndRest(free: number): Promise<void> {
    const askedAt = this.clock.now()
    try {
      const tasks = await this.poll(free)
      this.failedPolls = 0
      for (const task of tasks) this.take(task)
      // A channel that never leaves this turn of the event loop must not starve the rest of the program.
      await new Promise(setImmediate)
      if (tasks.length === 0) await this.rest(this.options.pollInterval - (this.clock.now() - askedAt))
    } catch (error) {
      this.failedPolls++
      this.logger.error(`Error polling for tasks: ${reasonOf(error)}`)
      const told = { failures: this.failedPolls, pollIntervalMs: this.options.pollInterval, now: this.clock.now(), chance: this.random() }
      await this.rest(delayAfterFailedPoll(error, told))
    }
  }

  private async poll(free: number): Promise<Task[]> {
    const { workerID, domain, batchPollingTimeout } = this.options
    const timeout = this.config.longPollMs?.() ?? batchPollingTimeout
    return (await this.taskResource.batchPoll(this.worker.taskDefName, workerID, domain, free, timeout)) ?? []
  }

  private async rest(delayMs: number): Promise<void> {
    if (delayMs > 0 && this.isPolling) await this.bell.wait(this.clock, delayMs)
  }

  private async untilSlotFrees(): Promise<void> {
    const how = await this.bell.wait(this.clock, this.options.pollInterval * saturatedIntervals)
    if (how === 'rung') return
    this.logger.info(`TaskWorker ${this.worker.taskDefName} has been busy with ${this.running.size} tasks for a while: its concurrency may be too low`)
  }

  // ── Working ──

  private take(task: Task): void {
    if (this.state === 'idle') {
      this.handBack(task)
      return
    }
    const running = { task, abort: new AbortController() }
    this.running.add(running)
    void this.perform(running)
      .catch(this.handleUnknownError)
      .finally(() => {
        this.running.delete(running)
        this.bell.ring()
      })
  }

  private async perform({ task, abort }: Running): Promise<void> {
    const lease = this.leaseOf(task, abort)
    const outcome = await this.execute(task, abort.signal)
    lease.end()
    const delivered = await this.deliver(task, outcome.result, lease.heldUntil)
    if (outcome.failed) {
      this.tell(outcome.error, task)
      this.logger.error(`Error executing ${task.taskId}`, outcome.error)
    } else if (delivered) {
      this.logger.debug(`Task has executed successfully ${task.taskId}`)
    }
  }

  private async execute(
    task: Task,
    signal: AbortSignal,
  ): Promise<{ result: TaskResult; failed: false } | { result: TaskResult; failed: true; error: unknown }> {
    const logs: { log: string; taskId: string; createdTime: number }[] = []
    const log = (message: string) => void logs.push({ log: message, taskId: task.taskId ?? '', createdTime: this.clock.now() })
    try {
      const returned = (await this.worker.execute(task, { signal, log })) ?? undefined
      if (returned instanceof Error) throw returned
      return { result: resultOfReturn(task, returned, logs), failed: false }
    } catch (error) {
      if (this.config.stackTraces && error instanceof Error && error.stack) log(error.stack)
      return { result: resultOfFailure(task, error, logs), failed: true, error }
    }
  }

  private leaseOf(task: Task, abort: AbortController): Lease {
    const extended = this.config.extendLeases ?? true
    return new Lease({
      clock: this.clock,
      leaseMs: extended ? (task.responseTimeoutSeconds ?? 0) * 1000 : 0,
      extend: () => this.taskResource.updateTask({ ...idsOf(task), status: 'IN_PROGRESS', extendLease: true, workerId: this.options.workerID }),
      onLost: why => abort.abort(why),
      onTrouble: error => this.logger.error(`Unable to extend the lease of task ${task.taskId}: ${reasonOf(error)}`),
    })
  }

  /** To the queue, for others. If even that fails the server finds out by its response time-out. */
  private handBack(task: Task): void {
    const result: TaskResult = { ...idsOf(task), status: 'IN_PROGRESS', callbackAfterSeconds: 0, workerId: this.options.workerID }
    this.taskResource.updateTask(result).catch(error => this.logger.error(`Unable to hand back task ${task.taskId}: ${reasonOf(error)}`))
  }

  // ── Telling ──

  updateTaskWithRetry = async (task: Task, taskResult: TaskResult): Promise<void> => {
    await this.deliver(task, taskResult, this.clock.now() + (task.responseTimeoutSeconds ?? 0) * 1000)
  }

  private async deliver(task: Task, taskResult: TaskResult, leaseUntil: number): Promise<boolean> {
    const startedAt = this.clock.now()
    for (let tried = 1; ; tried++) {
      try {
        await this.taskResource.updateTask({ ...taskResult, workerId: this.options.workerID })
        return true
      } catch (error) {
        this.tell(error, task)
        this.logger.error(`Error updating task ${taskResult.taskId} on retry ${tried - 1}: ${reasonOf(error)}`)
        const delayMs = delayAfterFailedUpdate(error, { tried, startedAt, leaseUntil, now: this.clock.now(), chance: this.random() })
        if (delayMs === undefined) return this.giveUp(taskResult, tried)
        await new Promise<void>(resolve => this.clock.later(delayMs, resolve))
      }
    }
  }

  private giveUp(taskResult: TaskResult, tried: number): false {
    this.logger.error(`Unable to update task ${taskResult.taskId} after ${tried} retries`)
    this.logger.error(`The result of task ${taskResult.taskId} is lost: ${taskResult.status}, ${Object.keys(taskResult.outputData ?? {}).length} output values`)
    return false
  }

  private tell(thrown: unknown, task: Task): void {
    try {
      this.errorHandler(asError(thrown), task)
    } catch (error) {
      this.logger.error('The error handler itself has failed', error)
    }
  }

  // ── Stopping ──

  private async drain(): Promise<void> {
    const cancel = this.clock.later(this.config.drainTimeoutMs ?? 30_000, () => this.abandon('the time to stop is over'))
    while (this.state === 'draining' && (this.loop !== undefined || this.running.size > 0)) await this.bell.wait(this.clock, drainLookMs)
    cancel()
    if (this.state === 'draining') this.state = 'idle'
  }

  private abandon(why: string): void {
    if (this.state !== 'draining') return
    this.state = 'idle'
    if (this.running.size > 0) this.logger.error(`TaskWorker ${this.worker.taskDefName} stops with ${this.running.size} tasks unfinished: ${why}`)
    for (const { abort } of this.running) abort.abort(new Error(`The worker stops: ${why}.`))
    this.bell.ring()
  }
}

/** The bell wakes a drain; this only bounds the wait. */
const drainLookMs = 60_000
