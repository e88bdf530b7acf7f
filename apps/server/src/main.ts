/** Builds the parts and hands them over: store, engine, workspaces, routes, listener. */
import { hostname } from 'node:os'
import { join } from 'node:path'
import { conductorRulesWith, type Settings } from '@busbar/conductor'
import { type Clock, createEngine, type EngineApi, openClock } from '@busbar/engine'
import { instant, type JsonObject, Problem } from '@busbar/kernel'
import type { Store } from '@busbar/store'
import type { FastifyInstance } from 'fastify'
import { Brokers } from './brokers/brokers.js'
import type { Config } from './config/config.js'
import { messageRoutes } from './conductor/messages.js'
import { conductorRoutes, isConductorPath } from './conductor/routes.js'
import { secretsIn } from './conductor/secrets.js'
import { openDataFolder } from './data-folder.js'
import { type Effects, effectQueues, effectsOf } from './effects/effects.js'
import { returnLeft } from './effects/return-left.js'
import { EventHandlers } from './events/event-handlers.js'
import { EventLoop } from './events/event-loop.js'
import { eventRoutes } from './events/event-routes.js'
import { Health } from './health.js'
import { healthRoutes } from './health-routes.js'
import { createApp } from './http/app.js'
import { createGate } from './http/gate.js'
import type { Route } from './http/route.js'
import type { Log } from './log.js'
import { databaseOf, openStore, payloadsOf } from './open-store.js'
import { openApiRoute } from './openapi.js'
import { portOf } from './outbound/outbound-guard.js'
import { openArchives } from './stroem/archives.js'
import { stroemRoutes } from './stroem/routes.js'
import { storedServiceOf } from './stroem/worker-detail.js'
import { Workspaces } from './stroem/workspaces.js'
import { workerTokenOf } from './worker-token.js'

export interface Server {
  /** Where it listens, e.g. `http://127.0.0.1:8080`. */
  readonly url: string
  /** What Strøm workers must show. */
  readonly workerToken: string
  /** Every route it serves. */
  readonly routes: readonly Route[]
  /** Takes no new work, answers held polls, finishes what is in flight within the configured time, closes the store. */
  stop(): Promise<void>
}

export async function startServer(config: Config, { log }: { readonly log: Log }): Promise<Server> {
  refuseOpenNetwork(config)
  await openDataFolder(config.data)
  const store = await openStore(databaseOf(config), {
    log: (event, fields) => log.warn(event, fields),
    poolMax: config.database.poolMax,
    migrate: config.database.migrate,
  })
  const undo: (() => Promise<void>)[] = [() => store.close()]
  try {
    const workerToken = await workerTokenOf(config, store, log)
    const clock = await openClock(store)
    undo.push(async () => clock.close())
    const workspaces = workspacesOf(config, log)
    await workspaces.start()
    undo.push(() => workspaces.stop())
    const environment = environmentOf(process.env)
    const secrets = secretsIn(process.env)
    const ownPorts: number[] = []
    const brokers = new Brokers(config.events, hostname())
    const effects = effectsOf({ config, brokers, ownPorts: () => ownPorts })
    const engine = engineOf({ config, store, clock, workspaces, environment, secrets, log, effects: effects.handlers })
    const startedAt = engine.now()
    await engine.start()
    // Alone on its store: what a former process of ours had begun need not wait for the end of its lease.
    if (store.sharing === null) await returnLeft(engine, effectQueues, startedAt)
    undo.push(() => engine.stop(config.stop.drainSeconds * 1000))
    const eventHandlers = new EventHandlers(engine)
    const events = new EventLoop({ engine, handlers: eventHandlers, brokers, log })
    const health = new Health(store)
    const routes = routesOf({ config, engine, workspaces, environment, eventHandlers, secretNames: new Set(Object.keys(secrets)), health })
    const gate = createGate({ workerToken, hosts: hostsOf(config) })
    const app = createApp({ routes, gate, log, ownerOf: path => (isConductorPath(path) ? 'conductor' : 'stroem') })
    const url = await listen(app, config)
    ownPorts.push(portOf(new URL(url)))
    events.start()
    undo.push(() => events.stop())
    log.info('server listening', { url, data: config.data })
    return {
      url,
      workerToken,
      routes,
      stop: stopOnce(() => stop({ app, engine, events, effects, brokers, workspaces, store, health, log, drainMs: config.stop.drainSeconds * 1000 })),
    }
  } catch (error) {
    for (const step of undo.reverse()) await step().catch(() => {})
    throw error
  }
}

function workspacesOf(config: Config, log: Log): Workspaces {
  return new Workspaces({
    workspaces: config.workspaces,
    libraries: config.libraries,
    refreshMs: config.workspaceRefreshSeconds * 1000,
    archives: openArchives(join(config.data, 'revisions')),
    log,
    now: Date.now,
  })
}

const environmentPrefix = 'CONDUCTOR_ENV_'

/** What definitions may read of the server's environment, by the original's prefix. */
function environmentOf(variables: Readonly<Record<string, string | undefined>>): ReadonlyMap<string, string> {
  const entries = Object.entries(variables).flatMap(([name, value]): [string, string][] =>
    value !== undefined && name.startsWith(environmentPrefix) ? [[name.slice(environmentPrefix.length), value]] : [],
  )
  return new Map(entries)
}

interface EngineParts {
  readonly config: Config
  readonly store: Store
  readonly clock: Clock
  readonly workspaces: Workspaces
  readonly environment: ReadonlyMap<string, string>
  readonly secrets: JsonObject
  readonly log: Log
  readonly effects: Effects['handlers']
}

function engineOf({ config, store, clock, workspaces, environment, secrets, log, effects }: EngineParts): EngineApi {
  const { heldPollsMax, commandsMax, cachedViewsMax, evaluationMsMax, evaluationThreadsMax } = config.limits
  return createEngine({
    store,
    clock,
    log,
    chance: Math.random,
    effects,
    rules: { conductor: conductorRulesWith(settingsOf(config)) },
    // A store that several servers share has a place of its own, which they all see.
    blobs: payloadsOf(store, config.data),
    serviceOf: storedServiceOf,
    retention: { executionsMs: daysInMs(config.retention.executionsDays), logsMs: daysInMs(config.retention.logsDays) },
    // Conductor has no namespaces: its definitions are those of the empty one.
    secrets: namespace => (namespace === '' ? secrets : workspaces.secrets(namespace)),
    connections: namespace => workspaces.connections(namespace),
    environment: name => environment.get(name) ?? null,
    limits: {
      effectsMax: config.outbound.tasksMax,
      heldPollsMax,
      commandsMax,
      cachedViewsMax,
      evaluationMsMax,
      evaluationThreadsMax,
      sweepMs: config.recovery.sweepIntervalSeconds * 1000,
    },
  })
}

function settingsOf({ payloads, workflowListeners }: Config): Settings {
  const { webhook } = workflowListeners
  if (webhook !== '' && !/^https?:$/.test(URL.parse(webhook)?.protocol ?? ''))
    throw new Problem('invalid', 'the configuration key "workflowListeners.webhook": expected an http or https address, found something else')
  const kib = 1024
  return {
    payloads: {
      workflowKeptOutsideAbove: payloads.workflowThresholdKilobytes * kib,
      workflowMax: payloads.workflowMaxKilobytes * kib,
      taskKeptOutsideAbove: payloads.taskThresholdKilobytes * kib,
      taskMax: payloads.taskMaxKilobytes * kib,
      variablesMax: payloads.variablesMaxKilobytes * kib,
    },
    listeners: { publishesToQueues: workflowListeners.queues, webhook: webhook === '' ? null : webhook },
  }
}

/** 0: for ever. */
function daysInMs(days: number): number | null {
  return days === 0 ? null : days * 86_400_000
}

function routesOf(parts: {
  readonly config: Config
  readonly engine: EngineApi
  readonly workspaces: Workspaces
  readonly health: Health
  readonly environment: ReadonlyMap<string, string>
  readonly eventHandlers: EventHandlers
  readonly secretNames: ReadonlySet<string>
}): readonly Route[] {
  const { engine, workspaces, environment, eventHandlers, secretNames, health, config } = parts
  const heartbeatTimeoutMs = config.recovery.heartbeatTimeoutSeconds * 1000
  const unmatchedTimeoutMs = config.recovery.unmatchedStepTimeoutSeconds * 1000
  const routes = [
    ...healthRoutes(health),
    ...conductorRoutes({ engine, health, environment, secretNames, publicUrl: config.publicUrl }),
    ...eventRoutes(engine, eventHandlers),
    ...(config.workflowMessages ? messageRoutes(engine) : []),
    ...stroemRoutes({ engine, workspaces, health, heartbeatTimeoutMs, unmatchedTimeoutMs }),
  ]
  return [...routes, openApiRoute(routes)]
}

// ── The network ──

const loopback = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/

function refuseOpenNetwork(config: Config): void {
  const { host } = config.listen
  if (loopback.test(host) || config.allowOpenNetwork) return
  throw new Problem(
    'forbidden',
    `listening on ${host} without authentication would let anybody on the network run code on your workers: listen on 127.0.0.1, or say allowOpenNetwork: true`,
  )
}

/** The names by which the server may be called; null when the operator opened the network. */
function hostsOf(config: Config): ReadonlySet<string> | null {
  if (config.allowOpenNetwork && !loopback.test(config.listen.host)) return null
  return new Set([
    'localhost',
    '127.0.0.1',
    '[::1]',
    ...(config.listen.host.includes(':') ? [] : [config.listen.host]),
    ...config.allowedHosts.map(host => host.toLowerCase()),
  ])
}

async function listen(app: FastifyInstance, config: Config): Promise<string> {
  const { host, port } = config.listen
  try {
    await app.listen({ host, port })
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'EADDRINUSE')
      throw new Problem('unavailable', `port ${port} on ${host} is in use: stop the program that holds it, or choose another port (0 takes a free one)`, {
        cause,
      })
    if (code === 'EACCES') throw new Problem('unavailable', `port ${port} on ${host} may not be used by this account: choose one above 1023`, { cause })
    throw new Problem('unavailable', `cannot listen on ${host}:${port}: ${(cause as Error).message}`, { cause })
  }
  const address = app.server.address()
  const actual = typeof address === 'object' && address !== null ? address.port : port
  return `http://${host.includes(':') ? `[${host}]` : host}:${actual}`
}

// ── The end ──

interface Running {
  readonly app: FastifyInstance
  readonly engine: EngineApi
  readonly events: EventLoop
  readonly effects: Effects
  readonly brokers: Brokers
  readonly workspaces: Workspaces
  readonly store: Store
  readonly health: Health
  readonly log: Log
  readonly drainMs: number
}

/** Readiness goes off first, held polls are answered, requests are drained, and the store is closed last. */
async function stop({ app, engine, events, effects, brokers, workspaces, store, health, log, drainMs }: Running): Promise<void> {
  const started = instant(Date.now())
  log.info('server stopping')
  health.drain()
  const leftMs = () => Math.max(graceMs, started + drainMs - Date.now())
  // What a database that is away keeps from ending is left as it is: it is safe in there, or was never acknowledged.
  await atMost(leftMs(), events.stop())
  await atMost(leftMs(), engine.stop(leftMs()))
  await atMost(graceMs, Promise.all([effects.close(), brokers.close()]))
  await withDeadline(app.close(), leftMs(), () => app.server.closeAllConnections())
  await workspaces.stop()
  await store.close()
  log.info('server stopped', { durationMs: Date.now() - started })
  log.flush()
}

/** Each part of a stop has as much, even when the time for all of it is over. */
const graceMs = 500

/** Goes on when it has ended, or when it takes too long; what fails then is of no interest any more. */
async function atMost(ms: number, done: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>(resolve => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([done.catch(() => {}), late])
  clearTimeout(timer)
}

async function withDeadline(done: PromiseLike<unknown>, ms: number, late: () => void): Promise<void> {
  const timer = setTimeout(late, ms)
  try {
    await done
  } finally {
    clearTimeout(timer)
  }
}

function stopOnce(stopAll: () => Promise<void>): () => Promise<void> {
  let stopping: Promise<void> | undefined
  return () => {
    stopping ??= stopAll()
    return stopping
  }
}
