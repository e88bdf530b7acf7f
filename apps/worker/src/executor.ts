/**
 * One step from claim to report (strom-worker.md §7): fetch the workspace, say that it begins, run it, stream its log,
 * and report how it ended. Whatever goes wrong on the way, the server hears of an end.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ClaimedStep, holdSecs, type StepReport, type WorkerClient } from './client.js'
import type { WorkerConfig } from './config.js'
import type { WorkerLog } from './log.js'
import { LogStream } from './log-stream.js'
import { OutputCollector } from './outputs.js'
import { RunError, type Runner, type RunResult } from './runner.js'
import type { WorkspaceCache } from './workspace-cache.js'

export interface ExecutorParts {
  readonly config: WorkerConfig
  readonly client: WorkerClient
  readonly cache: WorkspaceCache
  readonly runner: (step: ClaimedStep) => Runner
  readonly log: WorkerLog
  readonly now: () => string
}

type Ending = { readonly why: 'cancelled' | 'timeout' | 'stopping' }

const cancelCheckMs = 5_000
const stderrKeptBytesMax = 64 * 1024

/** Runs the step to its report. `stopping` aborts when the worker may wait no longer. */
export async function executeStep(parts: ExecutorParts, workerId: string, step: ClaimedStep, stopping: AbortSignal): Promise<void> {
  const { client, log } = parts
  const lines = new LogStream(
    batch => client.logs(step.jobId, step.stepName, batch),
    parts.now,
    (error, dropped) => log.warn(dropped > 0 ? 'logs dropped' : 'logs failed', { job: step.jobId, step: step.stepName, dropped, error: String(error) }),
  )
  const report = await runToReport(parts, workerId, step, stopping, lines)
  await lines.end()
  try {
    await client.complete(step, report, error => log.warn('report failed', { job: step.jobId, step: step.stepName, error: String(error) }))
    log.info('step finished', { job: step.jobId, step: step.stepName, exitCode: report.exit_code })
  } catch {
    // Said by the line above each time; the server's own time-outs end the step.
  }
}

async function runToReport(parts: ExecutorParts, workerId: string, step: ClaimedStep, stopping: AbortSignal, lines: LogStream): Promise<StepReport> {
  const fail = (error: string): StepReport => {
    lines.add('stderr', error)
    return { exit_code: -1, output: null, error }
  }
  let checkout: Awaited<ReturnType<WorkspaceCache['checkout']>>
  try {
    checkout = await parts.cache.checkout(step.workspace, step.revision, stopping)
  } catch (error) {
    return fail(`Failed to download workspace: ${chain(error)}`)
  }
  const scratch = await mkdtemp(join(tmpdir(), 'busbar-step-'))
  try {
    await parts.client.begin(step, workerId)
    return await runWatched(parts, step, checkout.path, scratch, stopping, lines)
  } catch (error) {
    return fail(error instanceof RunError ? error.message : chain(error))
  } finally {
    checkout.release()
    await rm(scratch, { recursive: true, force: true })
  }
}

/** Runs the code while watching for cancellation, the step's time-out and the worker's own end. */
async function runWatched(
  parts: ExecutorParts,
  step: ClaimedStep,
  workspaceDir: string,
  scratch: string,
  stopping: AbortSignal,
  lines: LogStream,
): Promise<StepReport> {
  const { config } = parts
  const end = new AbortController()
  const abort = (why: Ending['why']) => end.abort({ why } satisfies Ending)
  const onStopping = () => abort('stopping')
  stopping.addEventListener('abort', onStopping, { once: true })
  const watch = new AbortController()
  void watchCancel(parts, step, watch.signal, () => abort('cancelled'))
  const timer = step.timeoutSecs === null ? null : setTimeout(() => abort('timeout'), step.timeoutSecs * 1000)
  const outputs = new OutputCollector()
  const stderr = new Tail(stderrKeptBytesMax)
  try {
    const result = await parts.runner(step).run({
      step,
      workspaceDir,
      environment: await variables(step, scratch),
      onLine: (stream, line) => {
        if (stream === 'stdout') outputs.see(line)
        else stderr.add(line)
        lines.add(stream, line)
      },
      room: () => lines.room(),
      signal: end.signal,
      killGraceMs: config.killGraceMs,
    })
    return reportOf(result, end.signal, step, outputs.value, stderr, lines)
  } finally {
    watch.abort()
    stopping.removeEventListener('abort', onStopping)
    if (timer) clearTimeout(timer)
  }
}

function reportOf(result: RunResult, end: AbortSignal, step: ClaimedStep, output: unknown, stderr: Tail, lines: LogStream): StepReport {
  if (!end.aborted)
    return { exit_code: result.exitCode, output, error: result.exitCode === 0 ? null : `Exit code: ${result.exitCode}\nStderr: ${stderr.text()}` }
  const { why } = end.reason as Ending
  if (why === 'timeout') {
    const error = `Step timed out after ${step.timeoutSecs}s`
    lines.add('stderr', error)
    return { exit_code: -1, output, error }
  }
  stderr.add(why === 'cancelled' ? 'Job cancelled' : 'The worker was stopped while the step ran')
  return { exit_code: -1, output, error: `Exit code: -1\nStderr: ${stderr.text()}` }
}

/** What every step finds in its environment (strom-worker.md §9), and its input as data rather than as code. */
async function variables(step: ClaimedStep, scratch: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {
    STROEM_JOB_ID: step.jobId,
    STROEM_TASK_NAME: step.taskName,
    STROEM_STEP_NAME: step.stepName,
    STROEM_WORKSPACE: step.workspace,
  }
  for (const [name, folder] of [
    ['STATE_DIR', 'state'],
    ['STATE_OUT_DIR', 'state-out'],
    ['GLOBAL_STATE_DIR', 'global-state'],
    ['GLOBAL_STATE_OUT_DIR', 'global-state-out'],
    ['ARTIFACTS_DIR', 'artifacts'],
  ] as const) {
    found[name] = join(scratch, folder)
    await mkdir(found[name])
  }
  found['BUSBAR_INPUT_FILE'] = join(scratch, 'input.json')
  await writeFile(found['BUSBAR_INPUT_FILE'], JSON.stringify(step.input), { mode: 0o600 })
  if (typeof step.input === 'object' && step.input !== null && !Array.isArray(step.input)) {
    for (const [name, value] of Object.entries(step.input)) {
      if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) found[`BUSBAR_INPUT_${name.toUpperCase()}`] = typeof value === 'string' ? value : JSON.stringify(value)
    }
  }
  return found
}

/** Our server holds the question until the job is cancelled; another answers at once, and is asked again later. */
async function watchCancel(parts: ExecutorParts, step: ClaimedStep, signal: AbortSignal, cancelled: () => void): Promise<void> {
  while (!signal.aborted) {
    const asked = performance.now()
    try {
      if (await parts.client.cancelled(step.jobId, signal)) {
        cancelled()
        return
      }
    } catch {
      // Asked again below; a server that is gone cannot cancel anything.
    }
    const held = performance.now() - asked > (holdSecs * 1000) / 2
    if (!held) await sleep(cancelCheckMs, undefined, { signal }).catch(() => undefined)
  }
}

/** The end of a text that may be long. */
class Tail {
  #lines: string[] = []
  #bytes = 0
  readonly #bytesMax: number
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }
  add(line: string): void {
    this.#lines.push(line)
    this.#bytes += line.length + 1
    while (this.#bytes > this.#bytesMax && this.#lines.length > 1) this.#bytes -= (this.#lines.shift()?.length ?? 0) + 1
  }
  text(): string {
    return this.#lines.join('\n')
  }
}

function chain(error: unknown): string {
  const parts: string[] = []
  for (let at: unknown = error; at instanceof Error && parts.length < 5; at = at.cause) parts.push(at.message)
  return parts.join(': ') || String(error)
}
