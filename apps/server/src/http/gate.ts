/**
 * The one gate: every request passes here before its body is read, whatever it asks for.
 *
 * G1. A route is reached by its scope, never by the look of its path. (Without authentication every scope is open; the
 *     scopes are there so that the tokens to come find each route marked.)
 * G2. Without authentication a web page must not drive the server: on loopback `Host` is one of ours (else a name that
 *     was bound anew to 127.0.0.1 would do), and a request that a browser marks as another site's is refused.
 * G3. What a worker calls needs the worker token, always.
 */
import { timingSafeEqual } from 'node:crypto'
import { Problem } from '@busbar/kernel'
import type { FastifyRequest } from 'fastify'
import { limits } from './limits.js'
import type { Route } from './route.js'

export interface GateOptions {
  readonly workerToken: string
  /** Names by which the server may be called; null: any (the operator opened the network in plain words). */
  readonly hosts: ReadonlySet<string> | null
}

export type Gate = (request: FastifyRequest, route: Route | null) => void

/** Throws the problem when the request may not pass. */
export function createGate(options: GateOptions): Gate {
  const token = Buffer.from(options.workerToken)
  return (request, route) => {
    checkHost(request, options.hosts)
    checkOrigin(request)
    if (route) checkParams(request, route)
    if (route?.credential === 'workerToken') checkWorkerToken(request.headers.authorization, token)
  }
}

function checkHost(request: FastifyRequest, hosts: ReadonlySet<string> | null): void {
  const raw = request.raw.rawHeaders
  let seen = 0
  for (let i = 0; i < raw.length; i += 2) if (raw[i]?.length === 4 && raw[i]?.toLowerCase() === 'host') seen += 1
  if (seen > 1) throw new Problem('invalid', 'expected one Host header, found several')
  if (request.raw.url?.charCodeAt(0) !== 0x2f && request.raw.url !== '*')
    throw new Problem('invalid', 'expected a path as request target, found a whole address')
  if (hosts === null) return
  const name = hostName(request.headers.host ?? '')
  if (!hosts.has(name)) {
    throw new Problem(
      'forbidden',
      `the host name "${name.slice(0, 100)}" is not known here: call the server by ${[...hosts].join(', ')}, or list the name in allowedHosts`,
    )
  }
}

/** The name of a Host header, without its port. */
function hostName(host: string): string {
  const end = host.startsWith('[') ? host.indexOf(']') + 1 : host.indexOf(':')
  return (end > 0 ? host.slice(0, end) : host).toLowerCase()
}

function checkOrigin(request: FastifyRequest): void {
  const { headers } = request
  const site = headers['sec-fetch-site']
  const isForeign = site !== undefined && site !== 'same-origin' && site !== 'none'
  const origin = headers.origin
  if (!isForeign && (origin === undefined || originHost(origin) === headers.host)) return
  throw new Problem(
    'forbidden',
    'a web page of another site may not call this server: use the page that the server itself serves, or a client outside the browser',
  )
}

function originHost(origin: string): string | null {
  const start = origin.indexOf('://')
  return start === -1 ? null : origin.slice(start + 3)
}

/** Names and ids never hold a separator, NUL or a control character, however they were encoded. */
function checkParams(request: FastifyRequest, route: Route): void {
  const params = request.params as Record<string, string> | undefined
  for (const name in params) {
    const value = params[name] ?? ''
    if (value.length > limits.paramLengthMax)
      throw new Problem('invalid', `the path parameter ${name} has ${value.length} characters: at most ${limits.paramLengthMax} are accepted`)
    if ((name === route.slashesIn ? forbiddenCharacters : forbiddenInParam).test(value))
      throw new Problem('invalid', `the path parameter ${name} holds a slash, a backslash or a control character: name it without`)
  }
}

// oxlint-disable-next-line no-control-regex -- refusing them is the point
const forbiddenCharacters = /[\\\u0000-\u001f\u007f]/
// oxlint-disable-next-line no-control-regex -- refusing them is the point
const forbiddenInParam = /[/\\\u0000-\u001f\u007f]/

function checkWorkerToken(header: string | undefined, token: Buffer): void {
  if (header === undefined) throw new Problem('unauthenticated', 'Missing authorization header')
  if (!header.startsWith('Bearer ')) throw new Problem('unauthenticated', 'Invalid authorization header format')
  const given = Buffer.from(header.slice('Bearer '.length).trim())
  if (given.length !== token.length || !timingSafeEqual(given, token)) throw new Problem('unauthenticated', 'Invalid worker token')
}
