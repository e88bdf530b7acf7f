import type { Caller } from '@busbar/engine'
import { isJsonObject, type Json, type JsonObject, Problem } from '@busbar/kernel'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { parseJson } from './json.js'

/** One request, as a handler sees it. What costs (parsing, the abort signal) happens when it is asked for. */
export class Call implements Caller {
  readonly #request: FastifyRequest
  readonly #reply: FastifyReply
  #gone: AbortController | undefined

  constructor(request: FastifyRequest, reply: FastifyReply) {
    this.#request = request
    this.#reply = reply
  }

  /** A parameter of the path, decoded. */
  param(name: string): string {
    return (this.#request.params as Record<string, string>)[name] ?? ''
  }

  /** A query value; several are joined with a comma, as Conductor does. Undefined when absent. */
  query(name: string): string | undefined {
    const value = (this.#request.query as Record<string, string | string[] | undefined>)[name]
    return Array.isArray(value) ? value.join(',') : value
  }

  /** Every value of a repeatable query key. */
  queries(name: string): readonly string[] {
    const value = (this.#request.query as Record<string, string | string[] | undefined>)[name]
    if (value === undefined) return []
    return Array.isArray(value) ? value : [value]
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name]
    return Array.isArray(value) ? value[0] : value
  }

  get method(): string {
    return this.#request.method
  }

  get path(): string {
    return pathOf(this.#request.url)
  }

  /** The body as text; empty when there is none. */
  get text(): string {
    const body = this.#request.body
    return typeof body === 'string' ? body : ''
  }

  json(): Json | undefined {
    return parseJson(this.text)
  }

  object(): JsonObject {
    const value = this.json()
    if (value === undefined) throw new Problem('invalid', 'expected a JSON object as body, found none')
    if (!isJsonObject(value)) throw new Problem('invalid', `expected a JSON object as body, found ${nameOf(value)}`)
    return value
  }

  list(): readonly Json[] {
    const value = this.json()
    if (!Array.isArray(value)) throw new Problem('invalid', `expected a JSON list as body, found ${nameOf(value)}`)
    return value as readonly Json[]
  }

  /** Whether the client has gone away before it was answered. */
  get isGone(): boolean {
    const response = this.#reply.raw
    return !response.writableFinished && (response.destroyed || this.#request.raw.socket.readableEnded)
  }

  /** Calls back when the client goes away before it was answered. Returns how to stop. */
  onGone(callback: () => void): () => void {
    const response = this.#reply.raw
    const { socket } = this.#request.raw
    const stop = () => {
      socket.removeListener('end', leave)
      response.removeListener('close', leave)
    }
    const leave = () => {
      stop()
      if (this.isGone) callback()
    }
    // The end of the client's side is known a round trip before the response is closed.
    socket.on('end', leave)
    response.on('close', leave)
    return stop
  }

  /** The same as a signal, for what takes one. */
  get gone(): AbortSignal {
    this.#gone ??= this.#signalGone()
    return this.#gone.signal
  }

  #signalGone(): AbortController {
    const controller = new AbortController()
    if (this.isGone) controller.abort()
    else this.onGone(() => controller.abort())
    return controller
  }
}

export function pathOf(url: string): string {
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

function nameOf(value: Json | undefined): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}
