/** Shows an execution while it runs: each step when it begins and ends, each line of log as it comes. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from './api/api.js'
import { type ExecutionState, readAgain, type StepState } from './api/executions.js'
import { durationText } from './terminal/duration.js'
import { harmless, paint, statusText } from './terminal/paint.js'

export type Say = (line: string) => void

const lookMsMin = 40
const lookMsMax = 400
const outputCharactersMax = 120

/** Resolves with the ended execution; rejects when the signal aborts. */
export async function follow(api: Api, start: Pick<ExecutionState, 'kind' | 'id'>, say: Say, signal: AbortSignal): Promise<ExecutionState> {
  const done = new AbortController()
  const logs = start.kind === 'job' ? followLogs(api, start.id, say, AbortSignal.any([signal, done.signal])) : Promise.resolve()
  const seen = new Map<string, string>()
  let pauseMs = lookMsMin
  for (;;) {
    signal.throwIfAborted()
    const now = await readAgain(api, start)
    const news = now.steps.filter(step => seen.get(step.key) !== step.status && isWorthALine(step))
    for (const step of news) {
      seen.set(step.key, step.status)
      say(stepLine(step))
    }
    if (now.ended) {
      // The stream ends by itself once the job has ended and all is read.
      await Promise.race([logs, sleep(5_000, undefined, { signal, ref: false })])
      done.abort()
      await logs
      say(endLine(now))
      return now
    }
    pauseMs = news.length > 0 ? lookMsMin : Math.min(pauseMs * 1.5, lookMsMax)
    await sleep(pauseMs, undefined, { signal })
  }
}

async function followLogs(api: Api, id: string, say: Say, signal: AbortSignal): Promise<void> {
  try {
    for await (const line of api.lines(logStreamPath(id), signal)) say(logLine(line))
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** The lines of a job's log as they come; with `until_ended` the answer ends with the job. */
export function logStreamPath(id: string, step?: string): string {
  const only = step === undefined ? '' : `&step=${encodeURIComponent(step)}`
  return `/api/jobs/${encodeURIComponent(id)}/logs/stream?until_ended=true${only}`
}

/** One line of a job's log as the server keeps it: JSON with ts, stream, step and line. */
export function logLine(jsonLine: string): string {
  const { step, stream, line } = JSON.parse(jsonLine) as { step: string; stream: string; line: string }
  return `    ${paint('accent', step.padEnd(12))} ${paint('quiet', '│')} ${stream === 'stderr' ? paint('bad', harmless(line)) : harmless(line)}`
}

/** Steps that only wait for their turn are no news. */
function isWorthALine(step: StepState): boolean {
  return !['pending', 'ready', 'SCHEDULED'].includes(step.status)
}

function stepLine(step: StepState): string {
  const took = step.endedAt !== null && step.startedAt !== null ? paint('quiet', ` ${durationText(step.endedAt - step.startedAt)}`) : ''
  const output = hasContent(step.output) && step.endedAt !== null ? paint('quiet', `  → ${shortJson(step.output)}`) : ''
  const reason = step.reason ? paint('bad', `  ${harmless(step.reason.split('\n')[0] ?? '')}`) : ''
  return `  ${statusText(step.status)}  ${step.name} ${paint('quiet', `(${step.kind})`)}${took}${output}${reason}`
}

function endLine(execution: ExecutionState): string {
  const took = execution.createdAt !== null && execution.endedAt !== null ? ` in ${durationText(execution.endedAt - execution.createdAt)}` : ''
  const reason = execution.reason ? `\n  ${paint('bad', harmless(execution.reason))}` : ''
  const output = hasContent(execution.output) ? `\n  ${paint('strong', 'result')} ${harmless(JSON.stringify(execution.output))}` : ''
  return `${statusText(execution.status)} ${paint('strong', execution.name)}${took}${reason}${output}`
}

function hasContent(value: unknown): boolean {
  return value !== null && value !== undefined && JSON.stringify(value) !== '{}'
}

function shortJson(value: unknown): string {
  const text = harmless(JSON.stringify(value))
  return text.length > outputCharactersMax ? `${text.slice(0, outputCharactersMax - 1)}…` : text
}
