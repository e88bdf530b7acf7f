/** Keep-alive agents of Node. Global `fetch` would cost about ten times as much for each call. */
import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, type RequestOptions, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, type AgentOptions, request as httpsRequest } from 'node:https'
import { type HttpRequest, type HttpResponse, type Transport, type TransportLimits, transportLimits } from './transport.js'
import { TransportError } from './transport-error.js'

export interface NodeTransportOptions extends Partial<TransportLimits> {
  /** Certificates and the like, as `node:https` takes them. */
  readonly tls?: AgentOptions
}

export function nodeTransport(options: NodeTransportOptions = {}): Transport {
  const limits = { ...transportLimits, ...options }
  const agentOptions = { keepAlive: true, maxSockets: limits.connectionsMax, scheduling: 'lifo' as const }
  const http = new HttpAgent(agentOptions)
  const https = new HttpsAgent({ ...agentOptions, ...options.tls })
  const targets = new Map<string, Target>()

  function targetOf(request: HttpRequest): Target {
    const known = targets.get(request.origin)
    if (known) return known
    if (targets.size >= targetsMax) targets.clear()
    const target = parseTarget(request, { http, https })
    targets.set(request.origin, target)
    return target
  }

  return {
    send: async request => {
      const target = targetOf(request)
      try {
        return await exchange(request, target, limits.responseBytesMax)
      } catch (error) {
        if (!closedWhileIdle(error) || !request.repeatable) throw error
        return exchange(request, target, limits.responseBytesMax)
      }
    },
    close: () => {
      http.destroy()
      https.destroy()
    },
  }
}

/** A client talks to one server, a program that changes its URL to a few. */
const targetsMax = 64

interface Target {
  readonly secure: boolean
  readonly options: RequestOptions
}

function parseTarget(request: HttpRequest, agents: { readonly http: HttpAgent; readonly https: HttpsAgent }): Target {
  const url = parseOrigin(request)
  const secure = url.protocol === 'https:'
  const hostname = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
  const auth = url.username === '' ? null : `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  return { secure, options: { hostname, port: url.port === '' ? (secure ? 443 : 80) : Number(url.port), auth, agent: secure ? agents.https : agents.http } }
}

function parseOrigin(request: HttpRequest): URL {
  const url = URL.canParse(request.origin) ? new URL(request.origin) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  const reason = 'the server URL must begin with http:// or https:// and name a host; set serverUrl or CONDUCTOR_SERVER_URL'
  throw new TransportError(request, 'misconfigured', reason)
}

class IdleConnectionClosed extends TransportError {}

/** The server closed a kept connection in the moment we used it: nothing of ours was looked at, in all likelihood. */
function closedWhileIdle(error: unknown): boolean {
  return error instanceof IdleConnectionClosed
}

function exchange(request: HttpRequest, target: Target, bytesMax: number): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const { signal } = request
    if (signal?.aborted) return reject(signal.reason)
    const outgoing = (target.secure ? httpsRequest : httpRequest)({ ...target.options, method: request.method, path: request.path, headers: request.headers })
    let answered = false

    const settle = (finish: () => void) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      finish()
    }
    const fail = (error: unknown) => {
      settle(() => reject(error))
      outgoing.destroy()
    }
    const onAbort = () => fail(signal?.reason)
    const timer = setTimeout(() => fail(timedOut(request, outgoing)), request.timeoutMs)

    signal?.addEventListener('abort', onAbort, { once: true })
    outgoing.on('error', error => fail(faultOf(request, outgoing, error, answered)))
    outgoing.on('response', incoming => {
      answered = true
      read(incoming, bytesMax, {
        done: text => settle(() => resolve({ status: incoming.statusCode ?? 0, headers: flatten(incoming), text })),
        tooLarge: () => fail(new TransportError(request, 'tooLarge', `the answer is longer than ${bytesMax} bytes`)),
        broken: error => fail(new TransportError(request, 'broken', 'the connection broke in the middle of the answer', error)),
      })
    })
    outgoing.end(request.body)
  })
}

interface Reading {
  readonly done: (text: string) => void
  readonly tooLarge: () => void
  readonly broken: (error: Error | undefined) => void
}

function read(incoming: IncomingMessage, bytesMax: number, on: Reading): void {
  const chunks: Buffer[] = []
  let bytes = 0
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > bytesMax) return on.tooLarge()
    chunks.push(chunk)
  })
  incoming.on('end', () => on.done(chunks.length === 1 ? String(chunks[0]) : Buffer.concat(chunks).toString()))
  incoming.on('error', on.broken)
  incoming.on('aborted', () => on.broken(undefined))
}

function flatten(incoming: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return headers
}

function timedOut(request: HttpRequest, outgoing: ClientRequest): TransportError {
  const connecting = outgoing.socket === null || outgoing.socket.connecting
  const reason = connecting ? `no connection within ${request.timeoutMs} ms` : `nothing came within ${request.timeoutMs} ms`
  return new TransportError(request, 'timeout', reason)
}

const unreachableCodes = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL'])

function faultOf(request: HttpRequest, outgoing: ClientRequest, error: NodeJS.ErrnoException, answered: boolean): TransportError {
  const code = error.code ?? ''
  // With several addresses to try (localhost: ::1 and 127.0.0.1) Node gathers the refusals in an error without a text.
  const reason = error.message || code || String(error)
  if (unreachableCodes.has(code)) return new TransportError(request, 'unreachable', reason, error)
  if (outgoing.reusedSocket && !answered && code === 'ECONNRESET') return new IdleConnectionClosed(request, 'broken', reason, error)
  return new TransportError(request, 'broken', reason, error)
}
