import { ConductorError } from '../http/conductor-error.js'
import type { HttpRequest, HttpResponse } from '../http/transport.js'
import { targetOf } from '../http/transport-error.js'

/** The server answered, and the answer is no. `body` is the text as it came. */
export class ApiException<T = string> extends ConductorError {
  readonly code: number
  readonly body: T
  readonly headers: { readonly [name: string]: string }

  constructor(code: number, message: string, body: T, headers: { readonly [name: string]: string }) {
    super(message)
    this.code = code
    this.body = body
    this.headers = headers
  }
}

export function apiException(request: HttpRequest, response: HttpResponse): ApiException {
  const said = messageIn(response.text)
  const message = `${request.method} ${targetOf(request)} answered ${response.status}${said === '' ? '' : `: ${said}`}`
  return new ApiException(response.status, message, response.text, response.headers)
}

const messageLengthMax = 1000

/** Conductor puts it under `message`, Strøm under `error`; a proxy in between answers with a page. */
function messageIn(body: string): string {
  const parsed = parse(body)
  const said = isRecord(parsed) ? (parsed['message'] ?? parsed['error']) : undefined
  const text = typeof said === 'string' ? said : body.trim().replace(/\s+/g, ' ')
  return text.length > messageLengthMax ? `${text.slice(0, messageLengthMax)}…` : text
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
