import { Readable } from 'node:stream'
import type { EngineApi } from '@busbar/engine'
import { type ExecutionId, Problem } from '@busbar/kernel'
import type { LogLine } from '@busbar/store'
import { type Answer, stream } from '../http/answer.js'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import { formatLine } from './log-lines.js'

/** The whole log so far, or that of one step, as JSON lines. */
export async function jobLog(engine: EngineApi, job: ExecutionId, step?: string): Promise<string> {
  const parts: string[] = []
  let after = 0
  for (let read = 0; read < limits.logLinesMax; read += limits.logLinesPerRead) {
    const lines = await engine.store.logs(job, { ...(step === undefined ? {} : { source: step }), after, limit: limits.logLinesPerRead })
    for (const line of lines) parts.push(formatLine(line))
    after = lines.at(-1)?.position ?? after
    if (lines.length < limits.logLinesPerRead) break
  }
  return parts.join('')
}

/** Existing lines, then new ones as they come, until the job has ended, the reader goes away or the server stops. */
export function streamJobLog(engine: EngineApi, job: ExecutionId, call: Call, draining: AbortSignal): Answer {
  if (call.header('upgrade') !== undefined) {
    throw new Problem('unsupported', 'the log stream over WebSocket is not built yet: read the same path as text/event-stream or application/x-ndjson')
  }
  const asEvents = (call.header('accept') ?? '').includes('text/event-stream')
  const write = asEvents ? asEvent : formatLine
  const lines = engine.followLogs(job, { signal: AbortSignal.any([call.gone, draining]), untilEnded: true })
  return stream(asEvents ? 'text/event-stream' : 'application/x-ndjson', Readable.from(chunks(lines, write), { objectMode: false }))
}

async function* chunks(batches: AsyncIterable<readonly LogLine[]>, write: (line: LogLine) => string): AsyncGenerator<string> {
  for await (const lines of batches) if (lines.length > 0) yield lines.map(write).join('')
}

function asEvent(line: LogLine): string {
  return `id: ${line.position}\ndata: ${formatLine(line)}\n`
}
