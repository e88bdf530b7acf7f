/** Log lines on Strøm's wire: what workers send, in all its forms, and the JSON lines that readers get. */
import { isJsonObject, type Json } from '@busbar/kernel'
import type { LogLine } from '@busbar/store'
import { serverSource } from '@busbar/stroem'
import type { Call } from '../http/call.js'
import { WireProblem } from '../http/problem.js'
import { requireJsonType } from './requests.js'

/** How the time of a line of ours is stored: in milliseconds. */
const ourTime = /(\.\d{3})Z$/

type NewLine = Omit<LogLine, 'position'>

/** A log request without lines leaves an empty line in the text. */
const blank: NewLine = { source: '', stream: '', at: '', text: '' }

/**
 * Three shapes: `{lines, step_name}`, the bare list of the first worker, and the raw `{chunk}` of the second. `now` is
 * for lines that carry no time.
 */
export function parseLogLines(call: Call, now: string): readonly NewLine[] {
  requireJsonType(call)
  const body = call.json()
  if (Array.isArray(body)) return body.map(line => parseLine(line as Json, ''))
  if (!isJsonObject(body)) throw new WireProblem(422, 'expected {"lines": […]} as body')
  const { lines, step_name: step, chunk } = body
  if (typeof chunk === 'string') return chunkLines(chunk, now)
  if (!Array.isArray(lines)) throw new WireProblem(422, 'the field "lines": expected a list')
  const source = typeof step === 'string' ? step : ''
  return lines.length === 0 ? [blank] : lines.map(line => parseLine(line as Json, source))
}

function parseLine(line: Json, source: string): NewLine {
  if (!isJsonObject(line) || typeof line['ts'] !== 'string' || typeof line['stream'] !== 'string' || typeof line['line'] !== 'string') {
    throw new WireProblem(422, 'a log line: expected {"ts", "stream", "line"} as texts')
  }
  return { source, stream: line['stream'], at: line['ts'], text: line['line'] }
}

function chunkLines(chunk: string, now: string): readonly NewLine[] {
  return chunk
    .replace(/\n$/, '')
    .split('\n')
    .map(text => ({ source: '', stream: 'stdout', at: now, text }))
}

/** A line of the log file, as the original writes it: the order of its keys is part of the format, and its own lines have another. */
export function formatLine({ at, stream, source, text }: NewLine): string {
  if (at === '' && stream === '' && source === '' && text === '') return '\n'
  if (source === serverSource) return `${JSON.stringify({ line: text, step: source, stream, ts: at.replace(ourTime, '$1000+00:00') })}\n`
  return `${JSON.stringify({ ts: at, stream, step: source, line: text })}\n`
}
