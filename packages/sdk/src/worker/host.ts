import { hostname } from 'node:os'
import { type ConductorLogger, DefaultLogger } from '../logger.js'
import { longPollMs, overlay, pollingDefaults, type ResolvedOptions, type WorkerHostOptions, type WorkerProcessOptions } from './options.js'
import { type WorkerChannel, WorkerProcess, type WorkerProcessConfig } from './process.js'
import { noopErrorHandler, type TaskWorker, type WorkerErrorHandler } from './worker.js'

export interface WorkerHostConfig extends Pick<WorkerProcessConfig, 'drainTimeoutMs' | 'extendLeases' | 'stackTraces' | 'clock' | 'random'> {
  logger?: ConductorLogger
  options?: Partial<WorkerHostOptions>
  onError?: WorkerErrorHandler
}

/** All that a host needs of a client. */
export interface WorkerClient {
  readonly taskResource: WorkerChannel
  readonly speaksToBusbar?: boolean
}

const noWorkers = 'No workers supplied to WorkerHost'

/** Runs workers: polls for each, within its concurrency, until it is stopped. */
export class WorkerHost {
  options: ResolvedOptions
  private readonly client: WorkerClient
  private readonly workers: readonly TaskWorker[]
  private readonly config: WorkerHostConfig
  private readonly logger: ConductorLogger
  /** Made by the first start and kept: what was set for a worker later on outlives a stop. */
  private readonly processes = new Map<string, WorkerProcess>()
  /** Whoever sets the time-out means it. */
  private timeoutChosen: boolean
  private polling = false

  constructor(client: WorkerClient, workers: readonly TaskWorker[], config: WorkerHostConfig = {}) {
    if (!workers) throw new Error(`${noWorkers}. Please pass an array of workers.`)
    this.client = client
    this.workers = workers
    this.config = config
    this.logger = config.logger ?? new DefaultLogger()
    this.timeoutChosen = config.options?.batchPollingTimeout !== undefined
    this.options = { workerID: hostname(), domain: undefined, ...pollingDefaults, ...overlay(config.options ?? {}) }
  }

  get isPolling(): boolean {
    return this.polling
  }

  /** A host that polls already goes on as it is. */
  startPolling = (): void => {
    this.sanityCheck()
    if (this.polling) return
    this.polling = true
    for (const worker of this.workers) this.processOf(worker).startPolling()
  }

  /** No new polls; resolves when the running tasks are done and told, at the latest after the drain time-out. A second call ends the wait. */
  stopPolling = async (): Promise<void> => {
    this.polling = false
    await Promise.all([...this.processes.values()].map(process => process.stopPolling()))
  }

  /** For every worker, over its own settings, and for those that start later. */
  updatePollingOptions = (options: Partial<WorkerHostOptions>): void => {
    if (options.batchPollingTimeout !== undefined) this.timeoutChosen = true
    for (const process of this.processes.values()) process.updateOptions(options)
    this.options = { ...this.options, ...overlay(options) }
  }

  updatePollingOptionForWorker = (workerTaskDefName: string, options: Partial<WorkerProcessOptions>): void => {
    const process = this.processes.get(workerTaskDefName)
    if (process) process.updateOptions(options)
    else this.logger.info(`No runner found for worker with taskDefName: ${workerTaskDefName}`)
  }

  sanityCheck = (): void => {
    if (this.workers.length === 0) throw new Error(noWorkers)
    const names = new Set<string>()
    for (const { taskDefName } of this.workers) {
      if (names.has(taskDefName)) throw new Error(`Duplicate worker taskDefName: ${taskDefName}`)
      names.add(taskDefName)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopPolling()
  }

  private processOf(worker: TaskWorker): WorkerProcess {
    const known = this.processes.get(worker.taskDefName)
    if (known) return known
    const { client } = this
    const process = new WorkerProcess({
      ...this.config,
      worker,
      taskResource: client.taskResource,
      options: this.options,
      logger: this.logger,
      onError: this.config.onError ?? noopErrorHandler,
      longPollMs: () => (client.speaksToBusbar && !this.timeoutChosen ? longPollMs : undefined),
    })
    this.processes.set(worker.taskDefName, process)
    return process
  }
}
