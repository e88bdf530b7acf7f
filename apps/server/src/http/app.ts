import { Readable } from 'node:stream'
import { Problem } from '@busbar/kernel'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Log } from '../log.js'
import { type Answer, empty, text } from './answer.js'
import { Call, pathOf } from './call.js'
import type { Gate } from './gate.js'
import { type KnownPath, knownPaths } from './known-paths.js'
import { limits } from './limits.js'
import { answerForBug, answerOf, WireProblem } from './problem.js'
import { checkRoute, type Owner, type Route, routerPath } from './route.js'
import { version } from '../version.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    route?: Route
  }
}

export interface AppOptions {
  readonly routes: readonly Route[]
  readonly gate: Gate
  readonly log: Log
  /** Whose words an unknown path is answered in. */
  readonly ownerOf: (path: string) => Owner
}

export function createApp(options: AppOptions): FastifyInstance {
  const { routes, gate, log } = options
  const app = Fastify({
    logger: false,
    exposeHeadRoutes: false,
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    http: { headersTimeout: limits.headersTimeoutMs, maxHeaderSize: limits.headerBytesMax, connectionsCheckingInterval: 5_000 },
    routerOptions: { maxParamLength: limits.paramLengthMax, ignoreTrailingSlash: false, caseSensitive: true },
    // A connection that has no request under way is closed on stop; the others are drained.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    schemaController: { compilersFactory: withoutSchemas },
    frameworkErrors: (error, request, reply) => fail(log, options.ownerOf(pathOf(request.url)), error, request, reply),
    genReqId: requestIds(),
  })
  app.server.maxHeadersCount = limits.headersMax
  acceptEveryBodyAsText(app)
  app.addHook('onRequest', (request, _reply, done) => {
    try {
      gate(request, request.routeOptions.config.route ?? null)
    } catch (error) {
      done(error as Error)
      return
    }
    done()
  })
  app.setErrorHandler((error: Error, request, reply) => fail(log, ownerFor(options, request), error, request, reply))
  const known = knownPaths(routes)
  app.setNotFoundHandler((request, reply) => send(reply, unknownPath(options, known, request)))
  for (const route of routes) register(app, route)
  return app
}

function register(app: FastifyInstance, route: Route): void {
  checkRoute(route)
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    refuseEmptyParams(request)
    return send(reply, await route.handle(new Call(request, reply)))
  }
  for (const path of route.paths) {
    app.route({
      // One route for both: Fastify's own HEAD routes would double the time the table takes to register.
      method: route.method === 'GET' ? ['GET', 'HEAD'] : route.method,
      url: routerPath(path),
      handler,
      config: { route },
      ...(route.bodyBytesMax === undefined ? {} : { bodyLimit: route.bodyBytesMax }),
    })
  }
}

/** The router takes `/a/` for `/a/{b}` with an empty name; to us it is another, unknown path. */
function refuseEmptyParams(request: FastifyRequest): void {
  const params = request.params as Record<string, string>
  for (const name in params) if (params[name] === '') throw new WireProblem(404, noStaticResource(request.url))
}

/** Our own SDK holds its polls longer against a server that says this. */
const serverName = `busbar/${version}`

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  reply.code(answer.status)
  reply.header('server', serverName)
  if (answer.headers) reply.headers(answer.headers)
  if (answer.type !== null) reply.header('content-type', answer.type)
  if (answer.body === null) return reply.send()
  reply.send(answer.body)
  // A reader of a stream that has nothing to say yet should know at once that it is heard.
  if (answer.body instanceof Readable && !reply.raw.headersSent) reply.raw.flushHeaders()
  return reply
}

/** No route has a schema; the compilers that Fastify brings for them would be loaded at every start. */
const withoutSchemas = { buildValidator: refuseSchema, buildSerializer: refuseSchema }

function refuseSchema(): never {
  throw new Error('a route has a schema: bodies are checked by their handlers')
}

/** Handlers read their body themselves: JSON for most, raw text for logs, whatever the type says. */
function acceptEveryBodyAsText(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  // Fastify remembers who parses a type that is named, and looks again at each request for one that is not.
  app.addContentTypeParser(['application/json', 'text/plain', '*'], { parseAs: 'string' }, (request, body, done) => {
    if (request.headers['content-encoding'] !== undefined && request.headers['content-encoding'] !== 'identity') {
      done(new WireProblem(415, 'expected a body without content encoding: send it uncompressed'))
      return
    }
    done(null, body)
  })
}

function ownerFor(options: AppOptions, request: FastifyRequest): Owner {
  return request.routeOptions.config.route?.owner ?? options.ownerOf(pathOf(request.url))
}

function fail(log: Log, owner: Owner, error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error)
  if (problem) {
    log.info('request refused', {
      requestId: request.id,
      method: request.method,
      route: request.routeOptions?.url,
      code: problem.code,
      reason: problem.message.slice(0, 500),
    })
    if (isTooLarge(error)) readAway(request, reply)
    send(reply, answerOf(problem, owner))
    return
  }
  log.error('request failed', { requestId: request.id, method: request.method, route: request.routeOptions?.url, err: error })
  send(reply, answerForBug(owner, request.id))
}

/** What Fastify itself refuses, as a problem of ours; null for a fault. */
function problemOf(error: Error): Problem | null {
  if (error instanceof Problem) return error
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500
  if (status >= 500 || !('code' in error)) return null
  return new WireProblem(status, isTooLarge(error) ? 'the body is larger than this route accepts: send less at a time' : error.message)
}

function isTooLarge(error: Error): boolean {
  return 'code' in error && error.code === 'FST_ERR_CTP_BODY_TOO_LARGE'
}

/**
 * Whoever sends a body sees no answer before it has sent all of it; if we hung up at once, most would see a broken
 * connection in its place. So the rest is read and forgotten, up to a bound.
 */
function readAway({ raw }: FastifyRequest, reply: FastifyReply): void {
  reply.removeHeader('connection')
  let left = limits.unwantedBytesMax
  raw.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) raw.destroy()
  })
}

// ── Paths and methods that nobody knows ──

function unknownPath(options: AppOptions, known: (path: string) => KnownPath | null, request: FastifyRequest): Answer {
  const path = pathOf(request.url)
  if (request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined) return text(403, 'Invalid CORS request')
  const found = known(decoded(path))
  if (found && request.method === 'OPTIONS') return { ...empty(200), headers: { allow: [...found.methods, 'OPTIONS'].join(',') } }
  const owner = found?.owner ?? options.ownerOf(path)
  if (owner === 'stroem') return found ? { ...empty(405), headers: { allow: found.methods.join(',') } } : text(404, 'Not found')
  if (!found) return answerOf(new WireProblem(404, noStaticResource(path)), owner)
  const answer = answerOf(new WireProblem(405, `Request method '${request.method}' is not supported`), owner)
  return { ...answer, headers: { allow: found.methods.join(',') } }
}

function noStaticResource(url: string): string {
  return `No static resource ${decoded(pathOf(url)).replace(/^\/+|\/+$/g, '')}.`
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function requestIds(): () => string {
  const start = Date.now().toString(36)
  let count = 0
  return () => `${start}-${(++count).toString(36)}`
}
