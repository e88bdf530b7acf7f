/** The server's HTTP API as the commands need it: JSON in and out, errors as sentences. */
import { createInterface } from 'node:readline'
import { Agent, request } from 'undici'
import { CliError } from '../cli-error.js'

export const defaultServer = 'http://127.0.0.1:8080'

export interface Answer {
  readonly status: number
  readonly body: unknown
}

const timeoutMs = 60_000

export class Api {
  readonly url: string
  readonly #agent = new Agent({ connections: 8, connectTimeout: 5_000 })

  constructor(url: string) {
    if (!URL.canParse(url) || !/^https?:/.test(url)) throw new CliError(`The server's address must be an http or https URL, found '${url}'.`, 2)
    this.url = url.replace(/\/+$/, '')
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }

  /** Any answer of the server, also an error. */
  async ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Answer> {
    const answer = await this.#send(method, path, body)
    const text = await answer.body.text()
    return { status: answer.statusCode, body: parsed(text) }
  }

  /** The body of a good answer; anything else is an error that says what the server said. */
  async must(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<unknown> {
    const answer = await this.ask(method, path, body)
    if (answer.status >= 200 && answer.status < 300) return answer.body
    throw new CliError(`The server answered ${answer.status}: ${reasonIn(answer.body)}`)
  }

  /** The lines of an endless answer, as they come. */
  async *lines(path: string, signal: AbortSignal): AsyncGenerator<string> {
    const answer = await this.#send('GET', path, undefined, signal, 'application/x-ndjson')
    if (answer.statusCode !== 200) throw new CliError(`The server answered ${answer.statusCode}: ${reasonIn(parsed(await answer.body.text()))}`)
    for await (const line of createInterface({ input: answer.body })) if (line !== '') yield line
  }

  async #send(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body: unknown, signal?: AbortSignal, accept = 'application/json') {
    try {
      return await request(this.url + path, {
        method,
        dispatcher: this.#agent,
        headers: { accept, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        body: body === undefined ? null : JSON.stringify(body),
        headersTimeout: timeoutMs,
        bodyTimeout: signal ? 0 : timeoutMs,
        ...(signal ? { signal } : {}),
      })
    } catch (cause) {
      if (signal?.aborted) throw cause
      const { code, message } = cause as NodeJS.ErrnoException
      if (code === 'ECONNREFUSED')
        throw new CliError(`No server answers at ${this.url}: start one with "busbar server", or name another with --server or BUSBAR_URL.`)
      throw new CliError(`The server at ${this.url} could not be asked: ${message}`)
    }
  }
}

/** Both protocols' error bodies: `{message}` and `{error}`. */
export function reasonIn(body: unknown): string {
  if (typeof body === 'string') return body.trim() || 'no reason given'
  if (typeof body !== 'object' || body === null) return 'no reason given'
  const { message, error, validationErrors } = body as Record<string, unknown>
  const details = Array.isArray(validationErrors)
    ? validationErrors.map(one => (one as { message?: unknown }).message).filter(one => typeof one === 'string')
    : []
  const said = typeof message === 'string' ? message : typeof error === 'string' ? error : JSON.stringify(body)
  return details.length > 0 ? `${said} ${details.join('; ')}` : said
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
