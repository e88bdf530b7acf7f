/** A request that a definition asks for, through the guard: redirects are followed by hand, and everything is bounded. */
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import { promisify } from 'node:util'
import { buildConnector, Client } from 'undici'
import { Forbidden, type OutboundGuard, portOf, type Target } from './outbound-guard.js'

export interface OutboundRequest {
  readonly method: string
  readonly url: URL
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string | null
  /** Headers that must not follow a redirect to another origin. */
  readonly privateHeaders: ReadonlySet<string>
  /** The body must not either. */
  readonly isBodyPrivate: boolean
  readonly connectMs: number
  readonly readMs: number
}

export interface OutboundAnswer {
  readonly status: number
  readonly statusText: string
  /** Names as the server wrote them, each with its value, in order. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
}

export interface OutboundLimits {
  readonly responseBytesMax: number
  readonly totalMs: number
}

const redirectsMax = 5
const headerBytesMax = 32 * 1024
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

export async function fetchGuarded(guard: OutboundGuard, first: OutboundRequest, limits: OutboundLimits, signal: AbortSignal): Promise<OutboundAnswer> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(limits.totalMs)])
  let request = first
  for (let hop = 0; ; hop++) {
    const answer = await requestOnce(guard, request, limits, bounded)
    const location = answer.headers.find(([name]) => name.toLowerCase() === 'location')?.[1]
    if (!redirects.has(answer.status) || location === undefined) return answer
    if (hop >= redirectsMax) throw new Error(`more than ${redirectsMax} redirects`)
    request = redirected(request, location, answer.status)
  }
}

function redirected(request: OutboundRequest, location: string, status: number): OutboundRequest {
  const url = mustUrl(location, request.url)
  if (request.url.protocol === 'https:' && url.protocol === 'http:') throw new Forbidden('a redirect leads from https to http')
  const drops = status === 303 ? request.method !== 'HEAD' : (status === 301 || status === 302) && request.method === 'POST'
  const body = drops ? null : request.body
  const isElsewhere = url.origin !== request.url.origin
  if (isElsewhere && body !== null && request.isBodyPrivate) throw new Forbidden('a redirect would carry a secret to another origin')
  const kept = [...request.headers].filter(([name]) => {
    if (drops && name === 'content-type') return false
    return !isElsewhere || !(name === 'authorization' || name === 'cookie' || name === 'host' || request.privateHeaders.has(name))
  })
  return { ...request, url, method: drops ? 'GET' : request.method, body, headers: new Map(kept) }
}

/** Only http and https, without credentials. */
export function mustUrl(text: string, base?: URL): URL {
  let url: URL
  try {
    url = new URL(text, base)
  } catch {
    throw new Forbidden('that is no URL')
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Forbidden(`expected http or https, found ${url.protocol}`)
  if (url.username !== '' || url.password !== '') throw new Forbidden('a URL may not hold credentials: send an authorization header')
  return url
}

async function requestOnce(guard: OutboundGuard, request: OutboundRequest, limits: OutboundLimits, signal: AbortSignal): Promise<OutboundAnswer> {
  const { url } = request
  const target = await unlessAborted(guard.check(url), signal)
  if (request.headers.has('host') && !target.isListed) throw new Forbidden('a host header may be sent only to hosts that are allowed by name')
  const silence = new Silence(request.readMs)
  const client = new Client(url.origin, {
    connect: connectTo(guard, target, request, () => silence.begin()),
    // Its own time-outs are exact to half a second only.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: headerBytesMax,
    maxResponseSize: limits.responseBytesMax,
  })
  try {
    const answer = await client.request({
      method: request.method,
      path: url.pathname + url.search,
      headers: Object.fromEntries(request.headers),
      body: request.body,
      reset: true,
      signal: AbortSignal.any([signal, silence.signal]),
      responseHeaders: 'raw',
    })
    const chunks: Buffer[] = []
    silence.begin()
    for await (const chunk of answer.body) {
      silence.begin()
      chunks.push(chunk as Buffer)
    }
    // With `raw` undici gives a flat list of names and values, which its types do not say.
    const headers = pairsOf(answer.headers as unknown as readonly string[])
    const body = await decoded(Buffer.concat(chunks), headers, limits.responseBytesMax)
    return { status: answer.statusCode, statusText: answer.statusText, headers, body }
  } finally {
    silence.end()
    await client.destroy()
  }
}

/** The other side may say nothing for so long. */
class Silence {
  readonly #ms: number
  readonly #controller = new AbortController()
  #timer: NodeJS.Timeout | undefined

  constructor(ms: number) {
    this.#ms = ms
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  begin(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#controller.abort(new ReadTimedOut('Read timed out')), this.#ms)
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}

class ReadTimedOut extends Error {
  override readonly name = 'ReadTimedOut'
}

/** Connects to the addresses that were checked, whatever the name means by then. */
function connectTo(guard: OutboundGuard, target: Target, request: OutboundRequest, connected: () => void): buildConnector.connector {
  const lookup = (_host: string, options: { readonly all?: boolean }, callback: (error: null, address: unknown, family?: number) => void) => {
    const [first] = target.addresses
    if (options.all === true) callback(null, target.addresses)
    else callback(null, first?.address, first?.family)
  }
  const connect = buildConnector({ timeout: request.connectMs, lookup } as buildConnector.BuildOptions)
  return (options, callback) =>
    connect(options, (...result) => {
      const [error, socket] = result
      if (error !== null) return callback(error, null)
      try {
        guard.checkConnected(socket.remoteAddress, portOf(request.url), target)
      } catch (cause) {
        socket.destroy()
        return callback(cause as Error, null)
      }
      connected()
      callback(null, socket)
    })
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

function pairsOf(raw: readonly string[]): readonly (readonly [string, string])[] {
  const pairs: [string, string][] = []
  for (let at = 0; at + 1 < raw.length; at += 2) pairs.push([String(raw[at]), String(raw[at + 1])])
  return pairs
}

const decoders = { gzip: promisify(gunzip), 'x-gzip': promisify(gunzip), deflate: promisify(inflate), br: promisify(brotliDecompress) }

async function decoded(body: Buffer, headers: OutboundAnswer['headers'], bytesMax: number): Promise<Buffer> {
  const encoding =
    headers
      .find(([name]) => name.toLowerCase() === 'content-encoding')?.[1]
      .trim()
      .toLowerCase() ?? 'identity'
  if (encoding === 'identity' || encoding === '' || body.length === 0) return body
  if (!Object.hasOwn(decoders, encoding)) throw new Error(`the answer has the content encoding "${encoding.slice(0, 40)}", which is not understood`)
  return decoders[encoding as keyof typeof decoders](body, { maxOutputLength: bytesMax })
}
