import { type AttemptId, type Execution, type ExecutionId, isRefusal, type JsonObject, type QueueName, type View, type WorkerId } from '@busbar/kernel'
import { MemoryStore } from '@busbar/store/testing'
import type { EngineApi, EngineLog, EngineOptions, PollRequest, Work } from '../api.js'
import { createEngine } from '../engine.js'
import { inlineEvaluator } from './inline-evaluator.js'
import { ManualClock } from './manual-clock.js'
import { type ScriptedRequest, scriptedRules, type ScriptedTypes, type Step } from './scripted-rules.js'

export interface Logged {
  readonly level: 'info' | 'warn' | 'error'
  readonly event: string
  readonly fields: Record<string, unknown>
}

/** An engine on a store in memory, a clock that stands still, and the scripted dialect; with the verbs that tests use. */
export class ScriptedEngine {
  readonly store: MemoryStore
  readonly clock: ManualClock
  readonly logged: Logged[] = []
  readonly engine: EngineApi

  constructor(options: Partial<EngineOptions> & { readonly store?: MemoryStore; readonly clock?: ManualClock } = {}) {
    this.store = options.store ?? new MemoryStore()
    this.clock = options.clock ?? new ManualClock()
    let drawn = 0
    this.engine = createEngine({
      log: this.#log(),
      chance: () => (drawn = (drawn * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31,
      evaluator: inlineEvaluator(),
      // The scripted dialect stands in the place of a real one.
      rules: { conductor: scriptedRules } as unknown as NonNullable<EngineOptions['rules']>,
      ...options,
      store: this.store,
      clock: this.clock,
    })
  }

  /** The process died; the next one finds what was durable. */
  async successor(options: Partial<EngineOptions> = {}): Promise<ScriptedEngine> {
    const next = new ScriptedEngine({ ...options, store: this.store.successor({}), clock: this.clock })
    await next.engine.start()
    return next
  }

  async create(steps: readonly Step[], request: ScriptedRequest = {}): Promise<ExecutionId> {
    const started = await this.engine.create('conductor', { ...request, steps } as unknown as JsonObject)
    if (isRefusal(started)) throw new Error(started.message)
    return started.id
  }

  steps(id: ExecutionId, steps: readonly Step[]): Promise<unknown> {
    return this.#send(id, { kind: 'steps', steps })
  }

  done(attempt: AttemptId, fence?: number): Promise<unknown> {
    return this.#send(`${attempt.slice(0, 30)}000000` as ExecutionId, { kind: 'done', attempt, ...(fence === undefined ? {} : { fence }) })
  }

  poll(queue: string | PollRequest['queues'], options: Partial<PollRequest> = {}): Promise<readonly Work[]> {
    const queues = typeof queue === 'string' ? [queue as QueueName] : queue
    return this.engine.poll({ dialect: 'conductor', queues, worker: 'w' as WorkerId, max: 1, waitMs: 30_000, ...options })
  }

  /** Polls for one piece of work, which must be there. */
  async work(queue: string): Promise<Work> {
    const [work] = await this.poll(queue)
    if (!work) throw new Error(`queue ${queue} has no work`)
    return work
  }

  async view(id: ExecutionId): Promise<View<ScriptedTypes>> {
    const read = await this.engine.read(id)
    if (!read) throw new Error(`no execution ${id}`)
    return read.view as unknown as View<ScriptedTypes>
  }

  async marks(id: ExecutionId): Promise<readonly string[]> {
    return (await this.view(id)).state.marks
  }

  async executions(): Promise<readonly Execution[]> {
    return (await this.store.list({ dialect: 'conductor', offset: 0, limit: 1_000, order: 'oldest' })).executions
  }

  async advance(ms: number): Promise<void> {
    this.clock.advance(ms)
    await this.engine.idle()
  }

  /** Lets everything that can happen without the clock happen. */
  settle(): Promise<void> {
    return this.engine.idle()
  }

  events(level: Logged['level']): readonly string[] {
    return this.logged.filter(line => line.level === level).map(line => line.event)
  }

  #send(id: ExecutionId, command: { readonly kind: string; readonly [key: string]: unknown }): Promise<unknown> {
    return this.engine.send(id, command)
  }

  #log(): EngineLog {
    const at =
      (level: Logged['level']) =>
      (event: string, fields: Record<string, unknown> = {}) =>
        void this.logged.push({ level, event, fields })
    return { info: at('info'), warn: at('warn'), error: at('error') }
  }
}

export async function startScripted(options: ConstructorParameters<typeof ScriptedEngine>[0] = {}): Promise<ScriptedEngine> {
  const scripted = new ScriptedEngine(options)
  await scripted.engine.start()
  return scripted
}
