/**
 * The engine: load, decide, commit, act. It wires the parts and is the only one that knows them all.
 *
 *   send, create ─► Inbox ─► CommitLoop (Turn: apply, decide ⟲ Asks, hand-off) ─► store.commit ─► callers
 *   Timers, Messages ─┘                                                                 ├─► Dispatch (held polls)
 *                                                                                       └─► Timers, Messages, Watchers
 */
import {
  after,
  type Answer,
  type DefinitionKind,
  type DialectName,
  type Execution,
  type ExecutionId,
  type Instant,
  instant,
  isRefusal,
  isTerminal,
  type Json,
  type JsonObject,
  type Keyed,
  newExecutionId,
  Problem,
  type QueueName,
  type Refusal,
  refuse,
  type WorkerId,
} from '@busbar/kernel'
import type { Blobs, LogLine, PollSign, Sharing, Store, StoredDefinition } from '@busbar/store'
import type { AnyView, EngineApi, EngineLimits, EngineOptions, Evaluator, PollRequest, ServiceRule, StartResult, Work } from './api.js'
import { Asks } from './asks.js'
import { CommitLoop, type Outlets } from './commit-loop.js'
import { Deadlines } from './deadlines.js'
import { Definitions } from './definitions.js'
import { dialectsWith, toAnyView } from './dialects.js'
import { Dispatch } from './dispatch.js'
import { EffectRunner } from './effects/effect-runner.js'
import { SandboxPool } from './evaluations/sandbox-pool.js'
import { InFlight } from './in-flight.js'
import { Inbox } from './inbox.js'
import { type LetterBody, nobody } from './letters.js'
import { defaultLimits } from './limits.js'
import { type FollowOptions, Logs } from './logs.js'
import { KeyedExecutions } from './keyed-executions.js'
import { Messages } from './messages.js'
import { Neighbours } from './neighbours.js'
import { Payloads } from './payloads.js'
import { Plans } from './plans.js'
import { RetentionLoop } from './retention.js'
import { Sweeps } from './sweeps.js'
import { Timers } from './timers.js'
import { Views } from './views.js'
import { Watchers } from './watchers.js'
import { WorkerBook } from './worker-book.js'

export function createEngine(options: EngineOptions): EngineApi {
  return new Engine(options)
}

const idTriesMax = 3
/** What was left for so long on a shared store is nobody's business any more. */
const leftAfterMs = 2_000
const nothing = () => {}

class Engine implements EngineApi {
  readonly store: Store
  readonly now: () => Instant
  readonly blobs: Blobs | null
  readonly #options: EngineOptions
  readonly #limits: EngineLimits
  readonly #inFlight = new InFlight()
  readonly #inbox: Inbox
  readonly #views: Views
  readonly #definitions: Definitions
  readonly #workers: WorkerBook
  readonly #watchers: Watchers
  readonly #dispatch: Dispatch
  readonly #timers: Timers
  readonly #messages: Messages
  readonly #logs: Logs
  readonly #evaluator: Evaluator
  readonly #effects: EffectRunner
  readonly #sweeps: Sweeps
  readonly #neighbours: Neighbours
  readonly #retention: RetentionLoop
  readonly #deadlines: Deadlines
  readonly #keyed: KeyedExecutions
  readonly #payloads: Payloads
  readonly #onDefinitions = new Set<() => void>()
  #state: 'new' | 'running' | 'stopping' | 'stopped' = 'new'

  constructor(options: EngineOptions) {
    const { store, clock, log } = options
    this.#options = options
    this.store = store
    this.now = () => clock.now()
    this.#limits = { ...defaultLimits, ...options.limits }
    const dialects = dialectsWith(options.rules)
    const limits = this.#limits
    const inFlight = this.#inFlight
    const inbox = () => this.#inbox
    this.blobs = options.blobs ?? store.blobs
    const payloads = new Payloads(this.blobs)
    this.#payloads = payloads
    this.#keyed = new KeyedExecutions(store)
    const plans = new Plans(store, dialects, this.now)
    this.#views = new Views(store, plans, limits)
    this.#definitions = new Definitions(store)
    this.#workers = new WorkerBook(store, clock, log, options.serviceOf)
    this.#watchers = new Watchers(log)
    this.#evaluator = options.evaluator ?? new SandboxPool(limits, log)
    this.#dispatch = new Dispatch({
      store,
      clock,
      log,
      limits,
      inFlight,
      workers: this.#workers,
      inbox,
      onUnserved: queue => this.#neighbours.tell({ stocked: [queue] }),
      doubt: () => this.#views.doubt(),
    })
    this.#timers = new Timers({ store, clock, log, inFlight, inbox })
    this.#messages = new Messages({ store, log, inbox, onLeft: () => this.#sweeps.soon() })
    this.#deadlines = new Deadlines(clock)
    this.#logs = new Logs({
      store,
      inFlight,
      watchers: this.#watchers,
      isEnded: id => this.#isEnded(id),
      onLogged: id => this.#neighbours.tell({ logged: [id] }),
      slowCheck: store.sharing && (callback => this.#deadlines.set(after(this.now(), limits.surveyMs), callback)),
    })
    this.#sweeps = new Sweeps({
      clock,
      log,
      inFlight,
      sweepMs: store.sharing ? limits.surveyMs : limits.sweepMs,
      staggerMs: () => Math.floor(options.chance() * limits.surveyMs),
      sweep: () => this.#sweep(),
    })
    this.#neighbours = new Neighbours({
      sharing: store.sharing,
      onStocked: queue => this.#dispatch.stockedElsewhere(queue),
      onChanged: (id, news) => {
        this.#views.doubtOne(id)
        this.#watchers.tell(id, news)
      },
      onLogged: id => this.#watchers.tell(id, { ended: false }),
      onWorkers: () => this.#workers.doubt(),
      onDefinitions: () => this.#definitionsChanged(),
      onSurveyed: () => this.#sweeps.postpone(),
      onLost: () => this.#lookAgain(),
    })
    this.#retention = new RetentionLoop({
      store,
      clock,
      log,
      inFlight,
      chance: options.chance,
      executionsMs: options.retention?.executionsMs ?? null,
      logsMs: options.retention?.logsMs ?? null,
      forget: ids => {
        for (const id of ids) this.#views.drop(id)
        return payloads.forget(ids)
      },
      removeUnused: (before, count) => payloads.removeUnused(before, count),
    })
    this.#effects = new EffectRunner({
      handlers: options.effects ?? {},
      clock,
      log,
      concurrencyMax: limits.effectsMax,
      poll: request => this.#dispatch.poll(request),
      send: (id, command) => this.#post(id, { kind: 'command', command, message: null }),
      extend: (work, leaseMs) => this.#post(work.execution, { kind: 'extend', ...leaseOf(work), until: instant(clock.now() + leaseMs) }),
      release: work => this.#post(work.execution, { kind: 'release', ...leaseOf(work), delayMs: 0 }),
    })
    const commits = new CommitLoop({
      store,
      clock,
      log,
      chance: options.chance,
      limits,
      views: this.#views,
      inFlight,
      outlets: this.#outlets(),
      doubtDefinitions: () => this.#definitions.doubt(),
      turn: {
        clock,
        limits,
        dialects,
        plans,
        views: this.#views,
        asks: new Asks({ definitions: this.#definitions, workers: this.#workers, evaluator: this.#evaluator, payloads, keyed: this.#keyed }),
        world: {
          lastSeen: worker => this.#workers.silentSince(worker),
          canServe: (queue, since) => this.#workers.canServe(queue, since),
          secrets: options.secrets ?? (() => ({})),
          connections: options.connections ?? (() => ({})),
          environment: options.environment ?? (() => null),
        },
        refreshWorkers: () => this.#workers.refresh(),
        reserve: queue => this.#dispatch.reserve(queue),
      },
    })
    this.#inbox = new Inbox(limits, inFlight, commits)
  }

  // ── Life ──

  async start(): Promise<void> {
    if (this.#state !== 'new') throw new Problem('conflict', `the engine is ${this.#state}; make a new one`)
    this.#state = 'running'
    this.#neighbours.start()
    await this.#workers.load()
    await this.#dispatch.start()
    // What other servers have just sent is on its way; what nobody carries, the surveys find.
    if (!this.store.sharing) await this.#messages.sweep()
    await this.#timers.start()
    this.#sweeps.start()
    if (this.store.sharing) this.#sweeps.soon()
    this.#retention.start()
    this.#effects.start()
  }

  async stop(withinMs: number): Promise<void> {
    if (this.#state === 'stopped') return
    this.#state = 'stopping'
    this.#timers.stop()
    this.#sweeps.stop()
    this.#retention.stop()
    this.#messages.stop()
    this.#dispatch.stop()
    const drained = Promise.all([this.#effects.stop(), this.#inFlight.idle()]).then(() => true)
    if (!(await this.#within(withinMs, drained))) this.#options.log.warn('engine stopped before all had ended', { inFlight: this.#inFlight.count })
    this.#neighbours.stop()
    await this.#workers.flush()
    await this.#evaluator.stop()
    this.#state = 'stopped'
  }

  async #within(ms: number, done: Promise<boolean>): Promise<boolean> {
    const { clock } = this.#options
    let cancel = () => {}
    const late = new Promise<boolean>(resolve => {
      cancel = clock.wakeAt(instant(clock.now() + ms), () => resolve(false))
    })
    const isDone = await Promise.race([done, late])
    cancel()
    return isDone
  }

  idle(): Promise<void> {
    return this.#inFlight.idle()
  }

  async runOnce(): Promise<{ readonly timersFired: number; readonly messagesDelivered: number }> {
    const timersFired = await this.#inFlight.during(this.#timers.runOnce())
    const messagesDelivered = await this.#inFlight.during(this.#messages.sweep())
    await this.#effects.runOnce()
    return { timersFired, messagesDelivered }
  }

  async #sweep(): Promise<void> {
    const { sharing } = this.store
    if (sharing) return this.#survey(sharing)
    await this.#messages.sweep()
    await this.#timers.sweep()
    await this.#dispatch.sweep()
  }

  /** For all servers: who hears that it was made has no need of one. */
  async #survey(sharing: Sharing): Promise<void> {
    const { nextDue, stocked, messages } = await sharing.survey(this.now(), leftAfterMs)
    this.#neighbours.tell({ surveyed: true, ...(stocked.length > 0 ? { stocked } : {}) })
    this.#timers.surveyed(nextDue)
    for (const queue of stocked) this.#dispatch.stockedElsewhere(queue)
    await this.#messages.carryLeft(messages)
  }

  /** What others told may have been lost, and maybe the store was away for a while. */
  #lookAgain(): void {
    if (this.#state !== 'running') return
    this.#workers.wasBlind()
    this.#definitionsChanged()
    this.#watchers.tellAll()
    this.#sweeps.soon()
    void this.#inFlight.during(
      this.#dispatch.start().catch((error: unknown) => this.#options.log.warn('queues not read; the next survey finds what is in them', { error })),
    )
  }

  // ── Executions ──

  async create(dialect: DialectName, request: JsonObject, options: { readonly id?: ExecutionId } = {}): Promise<StartResult | Refusal> {
    const body = { kind: 'start', dialect, request, parent: null, message: null } as const
    if (options.id !== undefined) return this.#accept<StartResult | Refusal>(options.id, body)
    for (let tries = 1; ; tries++) {
      const id = this.#newId()
      const started = await this.#accept<StartResult | Refusal>(id, body)
      // A clash of random ids: the other execution is safe, this one takes another id.
      const isClash = isRefusal(started) && started.code === 'conflict' && started.details === id
      if (!isClash || tries >= idTriesMax) return started
    }
  }

  async send<Reply>(id: ExecutionId, command: { readonly kind: string }): Promise<Reply | Refusal> {
    const body = { kind: 'command', command, message: null } as const
    let answer = await this.#accept<Reply | Refusal | typeof nobody>(id, body)
    if (answer === nobody && (await this.#startNow(id))) answer = await this.#accept<Reply | Refusal | typeof nobody>(id, body)
    return answer === nobody ? refuse('missing', `there is no execution ${id}`) : answer
  }

  keyed(name: string, idempotencyKey: string): Promise<Keyed> {
    return this.#keyed.look(name, idempotencyKey)
  }

  firstKeyed(name: string, idempotencyKey: string): ExecutionId {
    return this.#keyed.first(name, idempotencyKey)
  }

  async remove(id: ExecutionId): Promise<boolean> {
    let removed = await this.#accept<boolean>(id, { kind: 'remove' })
    if (!removed && (await this.#startNow(id))) removed = await this.#accept<boolean>(id, { kind: 'remove' })
    await this.#payloads.forget([id])
    return removed
  }

  /** The answer is what the turn gives for a letter of this kind; `Answer` says which type that is. */
  #accept<Answer>(id: ExecutionId, body: LetterBody): Promise<Answer> {
    if (this.#state !== 'running' && this.#state !== 'new') return Promise.reject(new Problem('unavailable', 'the engine stops; send it again to the next one'))
    return new Promise<Answer>((resolve, reject) => {
      const drop = this.store.sharing ? this.#limitDoubt(id, reject) : nothing
      const settle = (answer: unknown) => {
        drop()
        resolve(answer as Answer)
      }
      const fail = (error: unknown) => {
        drop()
        reject(error)
      }
      this.#inbox.accept(id, { body, settle, fail })
    })
  }

  /** A database that went away may answer much later what became of a commit: its caller hears before that. */
  #limitDoubt(id: ExecutionId, reject: (error: Problem) => void): () => void {
    const { doubtMs } = this.#limits
    const askings = this.#inbox.box(id)?.askings ?? 0
    let drop = this.#deadlines.set(after(this.now(), doubtMs), () => {
      const box = this.#inbox.box(id)
      // A script takes its time: that is no fault of the database.
      if (box && (box.phase === 'asking' || box.askings !== askings)) drop = this.#limitDoubt(id, reject)
      else reject(new Problem('unavailable', `the database has not answered for ${doubtMs / 1000} s; read before you repeat this: it may be done yet`))
    })
    return () => drop()
  }

  /** For the engine's own workers, also while it stops. False when there is nothing to hold. */
  async #post(id: ExecutionId, body: LetterBody): Promise<boolean> {
    const answer = await new Promise<unknown>((resolve, reject) => this.#inbox.post(id, { body, settle: resolve, fail: reject }))
    return answer === true
  }

  poll(request: PollRequest): Promise<readonly Work[]> {
    return this.#dispatch.poll(request)
  }

  async read(id: ExecutionId): Promise<AnyView | null> {
    const box = this.store.sharing ? undefined : this.#inbox.box(id)
    // A batch under way ends soon and may be what the caller just sent; an evaluation may take seconds, so then the
    // committed rows are read.
    if (box && box.phase !== 'asking') {
      const view = await new Promise<AnyView | undefined>(resolve => box.readers.push(after => resolve(after && toAnyView(after))))
      if (view) return view
    }
    let view = await this.#views.read(id)
    if (view === null && (await this.#startNow(id))) view = await this.#views.read(id)
    return view && toAnyView(view)
  }

  /** Its parent names it already, and its start may be under way (M5 in messages.ts): false when there is no such start. */
  async #startNow(id: ExecutionId): Promise<boolean> {
    let carried: boolean | null = false
    const carrying = this.#messages.carryStartOf(id).then(isCarried => {
      carried = isCarried
      return true
    })
    await this.#within(this.#limits.doubtMs, carrying)
    if (carried === false) throw new Problem('unavailable', `execution ${id} is about to start; ask again`)
    return carried !== null
  }

  async glance(execution: Execution): Promise<AnyView> {
    return toAnyView(await this.#views.glance(execution))
  }

  watch(id: ExecutionId, listener: () => void): () => void {
    return this.#watchers.watch(id, () => listener())
  }

  changed(id: ExecutionId, { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<void> {
    if (signal?.aborted) return Promise.resolve()
    const { clock } = this.#options
    return new Promise(resolve => {
      const done = () => {
        unwatch()
        cancel()
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const unwatch = this.#watchers.watch(id, done)
      const cancel = clock.wakeAt(after(clock.now(), this.store.sharing ? Math.min(timeoutMs, this.#limits.surveyMs) : timeoutMs), done)
      signal?.addEventListener('abort', done, { once: true })
    })
  }

  async #isEnded(id: ExecutionId): Promise<boolean | null> {
    const kept = this.store.sharing ? undefined : this.#views.peek(id)
    const status = kept?.status ?? (await this.store.head(id))?.status
    return status === undefined ? null : isTerminal(status)
  }

  // ── Logs, definitions, workers ──

  appendLogs(id: ExecutionId, lines: readonly Omit<LogLine, 'position'>[]): Promise<void> {
    return this.#logs.append(id, lines)
  }

  followLogs(id: ExecutionId, options: FollowOptions): AsyncIterable<readonly LogLine[]> {
    return this.#logs.follow(id, options)
  }

  async putDefinition(definition: StoredDefinition): Promise<void> {
    await this.#definitions.put(definition)
    this.#tellDefinitions()
  }

  onDefinitions(listener: () => void): () => void {
    this.#onDefinitions.add(listener)
    return () => void this.#onDefinitions.delete(listener)
  }

  #tellDefinitions(): void {
    this.#neighbours.tell({ definitions: true })
    this.#definitionsChanged()
  }

  #definitionsChanged(): void {
    for (const listener of [...this.#onDefinitions]) listener()
  }

  async definition(kind: DefinitionKind, namespace: string, name: string, version: number | null): Promise<StoredDefinition | null> {
    return (await this.#definitions.get(kind, namespace, name, version)).stored
  }

  definitions(kind: DefinitionKind, namespace: string, name?: string): Promise<readonly StoredDefinition[]> {
    return this.#definitions.list(kind, namespace, name)
  }

  async deleteDefinition(kind: DefinitionKind, namespace: string, name: string, version: number): Promise<boolean> {
    const isDeleted = await this.#definitions.delete(kind, namespace, name, version)
    if (isDeleted) this.#tellDefinitions()
    return isDeleted
  }

  seen(worker: WorkerId, at: Instant): void {
    this.#workers.seen(worker, at)
  }

  lastSeen(worker: WorkerId): Instant | null {
    return this.#workers.lastSeen(worker)
  }

  serves(worker: WorkerId, rule: ServiceRule): void {
    this.#workers.serves(worker, rule)
    this.#neighbours.tell({ workers: true })
  }

  pollData(queue?: QueueName): Promise<readonly PollSign[]> {
    return this.#workers.pollData(queue)
  }

  async evaluate(code: string, input: Json): Promise<Answer> {
    const [answer] = await this.#evaluator.evaluate([{ code, input }], { now: this.now(), chance: this.#options.chance() })
    return answer ?? { ok: false, why: 'error', message: 'the sandbox gave no answer', line: null }
  }

  // ── Inside ──

  #outlets(): Outlets {
    return {
      deliver: (poll, work) => this.#dispatch.deliver(poll, work),
      withdraw: poll => this.#dispatch.withdraw(poll),
      stock: queue => this.#dispatch.stock(queue),
      due: (id, due, isChanged) => this.#timers.note(id, due, isChanged),
      send: messages => this.#messages.deliver(messages),
      tell: (id, news, isNew) => {
        this.#watchers.tell(id, news)
        if (!isNew) this.#neighbours.tell({ changed: [{ id, ended: news.ended }] })
      },
      again: id => this.#again(id),
    }
  }

  /** The rest of a long decision, after a turn of the event loop. What a stop leaves undone, the timer finds. */
  #again(id: ExecutionId): void {
    if (this.#state !== 'running') return
    const { clock, log } = this.#options
    this.#inFlight.begin()
    clock.wakeAt(clock.now(), () => {
      this.#inbox.post(id, {
        body: { kind: 'command', command: { kind: 'tick' }, message: null },
        settle: () => {},
        fail: error => log.error('long decision interrupted', { execution: id, error }),
      })
      this.#inFlight.end()
    })
  }

  #newId(): ExecutionId {
    const { chance } = this.#options
    return newExecutionId(this.now(), { high12: Math.floor(chance() * 2 ** 12), low38: Math.floor(chance() * 2 ** 38) })
  }
}

function leaseOf({ attempt }: Work): { readonly ordinal: number; readonly fence: number } {
  return { ordinal: attempt.ordinal, fence: attempt.fence }
}
