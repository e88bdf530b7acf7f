import { mkdir } from 'node:fs/promises'
import { WorkerClient } from './client.js'
import type { WorkerConfig } from './config.js'
import { executeStep } from './executor.js'
import type { WorkerLog } from './log.js'
import { Poller } from './poller.js'
import { RunError } from './runner.js'
import { shellRunner } from './runners/shell.js'
import { WorkspaceCache } from './workspace-cache.js'

export interface RunningWorker {
  readonly id: string
  /** Drains and stops; resolves when every running step is reported. */
  stop(): Promise<void>
}

export interface StartOptions {
  readonly log: WorkerLog
  readonly environment: NodeJS.ProcessEnv
  readonly version: string
  readonly now: () => Date
  /** Stops the worker, also while it still tries to register. */
  readonly signal?: AbortSignal
}

/** Builds the worker's parts and starts them; resolves when the server knows the worker. */
export async function startWorker(config: WorkerConfig, options: StartOptions): Promise<RunningWorker> {
  const { log, environment, version } = options
  await mkdir(config.workspaceCacheDir, { recursive: true })
  const client = new WorkerClient(config)
  const cache = new WorkspaceCache(config.workspaceCacheDir, client, config.retainedRevisionsMax)
  const shell = shellRunner(environment, config.passEnvironment)
  const runner: Parameters<typeof executeStep>[0]['runner'] = step => {
    const kind = step.runner === '' || step.runner === 'none' ? 'local' : step.runner
    if ((step.actionType === 'script' || step.actionType === 'shell') && kind === 'local') return shell
    throw new RunError(`this worker has no runner for actions of type '${step.actionType}' with runner '${kind}': only 'script' in the local shell is built`)
  }
  const parts = { config, client, cache, runner, log, now: () => options.now().toISOString() }
  const poller = new Poller({ config, client, log, version, execute: (workerId, step, stopping) => executeStep(parts, workerId, step, stopping) })
  let stopped: Promise<void> | null = null
  const stop = () => (stopped ??= poller.stop().then(() => client.close()))
  options.signal?.addEventListener('abort', () => void stop(), { once: true })
  await poller.start()
  return { id: poller.workerId, stop }
}
