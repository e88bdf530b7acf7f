/** HTTP tasks: the request goes out through the guard, and its answer becomes the output of the task. */
import { STATUS_CODES } from 'node:http'
import type { EffectHandler, Work } from '@busbar/engine'
import { isJsonObject, type Json, type JsonObject } from '@busbar/kernel'
import { parseJson } from '../http/json.js'
import { fetchGuarded, type OutboundAnswer, type OutboundLimits } from '../outbound/fetch-guarded.js'
import { Forbidden, type OutboundGuard } from '../outbound/outbound-guard.js'
import { type EffectEnd, effectEnded, messageOf } from './effect-end.js'
import { httpRequestOf, Incomplete, requestPart } from './http-request.js'

/** Of the body of an answer, what an error tells. */
const shownBodyCharsMax = 400

export function httpEffect(guard: OutboundGuard, limits: OutboundLimits): EffectHandler {
  return {
    run: async (work, signal) => effectEnded(work, await ask(guard, limits, work, signal)),
    failed: (work, error) => effectEnded(work, failure(`Failed to invoke HTTP task due to: ${messageOf(error)}`, {}, error)),
  }
}

async function ask(guard: OutboundGuard, limits: OutboundLimits, work: Work, signal: AbortSignal): Promise<EffectEnd> {
  const stored = storedInput(work)
  const { method = '', uri = '' } = requestPart(stored)
  const place = `${String(method).toUpperCase()} request for "${String(uri)}"`
  try {
    const request = httpRequestOf(isJsonObject(work.work['input']) ? work.work['input'] : {}, stored)
    return endOf(await fetchGuarded(guard, request, limits, signal), place)
  } catch (error) {
    // The lease was lost or the server stops: nobody hears of it, or it is handed back.
    if (signal.aborted) throw error
    if (error instanceof Incomplete) return failure(error.message, {}, error)
    const text =
      error instanceof Forbidden
        ? `${place} was not made: ${error.message}; an operator can allow targets with outbound.allow`
        : `I/O error on ${place}: ${wordsFor(error)}`
    return failure(`Failed to invoke HTTP task due to: ${text}`, { response: text }, error)
  }
}

/** As it is kept: with references to secrets instead of their values. */
function storedInput({ attempt }: Work): JsonObject {
  const { data } = attempt
  const input = isJsonObject(data as Json) ? (data as JsonObject)['input'] : undefined
  return isJsonObject(input) ? input : {}
}

function failure(reason: string, output: JsonObject, error: unknown): EffectEnd {
  return { outcome: error instanceof Forbidden ? 'failedFinally' : 'failed', output, reason }
}

function endOf(answer: OutboundAnswer, place: string): EffectEnd {
  const { status } = answer
  const statusText = answer.statusText === '' ? (STATUS_CODES[status] ?? '') : answer.statusText
  const text = answer.body.toString('utf8')
  if (status >= 400) {
    const error = `${status} ${statusText} on ${place}: ${text === '' ? '[no body]' : `"${text.slice(0, shownBodyCharsMax)}"`}`
    return failure(`Failed to invoke HTTP task due to: ${error}`, { response: error }, null)
  }
  const body = bodyOf(text)
  const response = { statusCode: status, reasonPhrase: statusText, headers: headersOf(answer), body }
  if (status >= 200 && status < 300) return { outcome: 'completed', output: { response }, reason: null }
  return failure(text.slice(0, shownBodyCharsMax) || 'No response from the remote service', { response }, null)
}

/** Objects, lists and numbers as JSON; other scalars, and what is no JSON, as text. */
function bodyOf(text: string): Json {
  let value: Json | undefined
  try {
    value = parseJson(text)
  } catch {
    return text
  }
  if (value === undefined) return null
  return typeof value === 'object' && value !== null ? value : typeof value === 'number' ? value : String(value)
}

function headersOf({ headers }: OutboundAnswer): JsonObject {
  const lists = new Map<string, string[]>()
  for (const [name, value] of headers) {
    const list = lists.get(name)
    if (list === undefined) lists.set(name, [value])
    else list.push(value)
  }
  return Object.fromEntries(lists)
}

/** What went wrong, without the address it went wrong with. */
function wordsFor(error: unknown): string {
  const code = codeOf(error)
  if (code !== null && Object.hasOwn(words, code)) return words[code] ?? code
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'The request took too long in all'
  return code ?? messageOf(error)
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset',
  ENOTFOUND: 'Unknown host',
  EAI_AGAIN: 'Unknown host',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  ETIMEDOUT: 'Connect timed out',
  UND_ERR_CONNECT_TIMEOUT: 'Connect timed out',
  UND_ERR_SOCKET: 'Connection closed by the other side',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'The answer is larger than allowed',
  UND_ERR_HEADERS_OVERFLOW: 'The headers of the answer are larger than allowed',
  ERR_BUFFER_TOO_LARGE: 'The answer is larger than allowed',
}

function codeOf(error: unknown): string | null {
  const causes = error instanceof AggregateError ? error.errors : [error]
  for (const cause of causes) if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code
  return null
}
