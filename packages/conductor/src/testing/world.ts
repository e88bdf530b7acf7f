/**
 * A world in memory for tests: executions, messages and definitions of one engine, with a clock that tests move. It
 * does what the engine does around the rules (apply, decide until nothing is asked, commit), without a store.
 */
import {
  type Answer,
  type Ask,
  type Changes,
  type Context,
  type DefinitionId,
  type ExecutionId,
  instant,
  type Instant,
  isRefusal,
  type Json,
  type JsonObject,
  type Keyed,
  type Message,
  namedIdOf,
  newExecutionId,
  type Note,
  type Parent,
  type QueueName,
  type Refusal,
  View,
  type WorkerId,
} from '@busbar/kernel'
import type { ConductorCommand } from '../commands.js'
import type { Task } from '../decide/task.js'
import { conductorRulesWith } from '../rules.js'
import { defaultSettings, type Settings } from '../settings.js'
import type { ConductorReply, ConductorTypes } from '../types.js'

/** How a test answers JavaScript. */
export type Evaluate = (code: string, input: Json) => Answer

export interface WorldOptions {
  readonly evaluate?: Evaluate
  readonly settings?: Settings
  /** Called after every commit: where tests check what must always hold. */
  readonly onCommit?: (view: View<ConductorTypes>) => void
  /** Sees what every commit writes. */
  readonly onChanges?: (changes: Changes<ConductorTypes>) => void
  /** Which of so many messages is delivered next; the first one unless told otherwise. */
  readonly pick?: (waiting: number) => number
}

const roundsMax = 10_000

export class World {
  now: Instant = instant(1_800_000_000_000)
  readonly views = new Map<ExecutionId, View<ConductorTypes>>()
  readonly notes: Note[] = []
  readonly #definitions = new Map<string, JsonObject>()
  readonly #latest = new Map<string, number>()
  readonly #lastPolls = new Map<QueueName, number>()
  readonly #messages: Message[] = []
  readonly #snapshots = new Map<string, ConductorTypes['plan']>()
  readonly #options: WorldOptions
  readonly #rules: ReturnType<typeof conductorRulesWith>
  /** What is kept outside, by its path. */
  readonly payloads = new Map<string, JsonObject>()
  #drawn = 0
  /** Rounds of questions that had to be answered. */
  asked = 0

  constructor(options: WorldOptions = {}) {
    this.#options = options
    this.#rules = conductorRulesWith(options.settings ?? defaultSettings)
  }

  define(def: JsonObject): void {
    const version = Number(def['version'] ?? 1)
    const name = String(def['name'])
    this.#definitions.set(`workflow:${name}:${version}`, def)
    this.#latest.set(name, Math.max(version, this.#latest.get(name) ?? 0))
  }

  defineTask(def: JsonObject): void {
    this.#definitions.set(`task:${String(def['name'])}`, def)
  }

  // ── What the outside does ──

  start(request: JsonObject): ExecutionId | Refusal {
    const id = newExecutionId(this.now, { high12: (this.#drawn += 1) % 4096, low38: this.#drawn })
    const refusal = this.#create(id, request, null)
    if (refusal !== null) return refusal
    this.#deliver()
    return id
  }

  send(id: ExecutionId, command: ConductorCommand): ConductorReply | Refusal {
    const reply = this.#handle(id, command)
    this.#deliver()
    return reply
  }

  /** Leases the first claimable task of a queue: the highest priority, then the oldest. */
  poll(queue: QueueName, worker = 'w'): { readonly view: View<ConductorTypes>; readonly task: Task; readonly work: JsonObject } | null {
    this.#lastPolls.set(queue, this.now)
    const found = [...this.views.values()].flatMap(view => [...view.openAttempts()].map(task => ({ view, task })))
    const ready = found.filter(({ task }) => task.queue === queue && task.state.kind === 'waiting' && task.state.notBefore <= this.now)
    ready.sort((a, b) => b.task.priority - a.task.priority || a.task.openedAt - b.task.openedAt)
    const [first] = ready
    if (first === undefined) return null
    const task = first.view.lease(first.task.ordinal, worker as WorkerId, this.now)
    this.#commit(first.view)
    const handed = this.#rules.handOut(first.view, task, this.#context(new Map()))
    if (first.view.isChanged) this.#commit(first.view)
    this.#deliver()
    return handed.kind === 'work' ? { view: first.view, task, work: handed.work } : null
  }

  /** Moves the clock, firing every timer on the way in its turn. */
  advance(ms: number): void {
    const until = instant(this.now + ms)
    for (let turn = 0; turn < roundsMax; turn++) {
      const next = this.nextDue()
      if (next === null || next > until) break
      this.now = instant(Math.max(this.now, next))
      this.fireDue()
    }
    this.now = until
  }

  nextDue(): number | null {
    let first: number | null = null
    for (const view of this.views.values()) if (view.due !== null && (first === null || view.due < first)) first = view.due
    return first
  }

  fireDue(): void {
    for (const view of [...this.views.values()]) if (view.due !== null && view.due <= this.now) this.#handle(view.id, { kind: 'tick' })
    this.#deliver()
  }

  /** As the server removes a workflow that runs: its tasks leave their gates first. */
  remove(id: ExecutionId): void {
    if (!this.view(id).isTerminal) this.#handle(id, { kind: 'leaveGates' })
    this.views.delete(id)
    this.#deliver()
  }

  /** Loads a view anew from what it wrote: what is derived must not matter. */
  reload(id: ExecutionId): void {
    const view = this.view(id)
    const { due, lastOrdinal, lastMessage } = view.takeChanges()
    const { execution, plan, version } = view
    const attempts = JSON.parse(JSON.stringify([...view.attempts()])) as Task[]
    this.views.set(id, new View<ConductorTypes>({ execution, plan, version, due, lastOrdinal, lastMessage, attempts }))
  }

  view(id: ExecutionId): View<ConductorTypes> {
    const view = this.views.get(id)
    if (view === undefined) throw new Error(`no execution ${id}`)
    return view
  }

  // ── What the engine does ──

  #create(id: ExecutionId, request: JsonObject, parent: Parent | null): Refusal | null {
    const answers = new Map<string, Answer>()
    for (let round = 0; round < roundsMax; round++) {
      const plan = this.#rules.planStart(request, id, parent, this.#context(answers))
      if (plan.kind === 'refusal') return plan
      if (plan.kind === 'ask') {
        this.#answer(plan.asks, answers)
        continue
      }
      const { label, brief, state, definition } = plan
      const at = this.now
      const execution = {
        id,
        dialect: 'conductor',
        definition: 'd' as DefinitionId,
        label,
        parent,
        status: 'running',
        createdAt: at,
        updatedAt: at,
        endedAt: null,
        brief,
        state,
      } as const
      const view = new View<ConductorTypes>({ execution, plan: this.#compile(definition), version: 0, due: null, lastOrdinal: 0, lastMessage: 0, attempts: [] })
      this.views.set(id, view)
      this.#settle(view)
      return null
    }
    throw new Error('the start asks without end')
  }

  #compile(snapshot: string): ConductorTypes['plan'] {
    const plan = this.#snapshots.get(snapshot) ?? this.#rules.compile(snapshot)
    this.#snapshots.set(snapshot, plan)
    return plan
  }

  #handle(id: ExecutionId, command: ConductorCommand): ConductorReply | Refusal {
    const view = this.view(id)
    const answers = new Map<string, Answer>()
    for (let round = 0; round < roundsMax; round++) {
      const applied = this.#rules.apply(view, command, this.#context(answers))
      if (isRefusal(applied)) return applied
      if (applied.kind === 'ask') {
        this.#answer(applied.asks, answers)
        continue
      }
      this.#settle(view)
      return applied.reply
    }
    throw new Error('the command asks without end')
  }

  #settle(view: View<ConductorTypes>): void {
    const answers = new Map<string, Answer>()
    for (let round = 0; round < roundsMax; round++) {
      const asks = this.#rules.decide(view, this.#context(answers))
      if (asks.length === 0) return this.#commit(view)
      this.#answer(asks, answers)
    }
    throw new Error('the decision asks without end')
  }

  #commit(view: View<ConductorTypes>): void {
    const changes = view.takeChanges()
    this.#options.onChanges?.(changes)
    this.#messages.push(...changes.sent)
    this.notes.push(...changes.notes)
    view.committed()
    this.#options.onCommit?.(view)
  }

  #deliver(): void {
    let delivered = 0
    const next = () => this.#messages.splice(this.#options.pick?.(this.#messages.length) ?? 0, 1)[0]
    for (let message = next(); message !== undefined; message = next()) {
      if ((delivered += 1) > roundsMax) throw new Error(`executions send each other messages without end, now ${JSON.stringify(message)}`)
      const { to, body } = message
      if (body.kind === 'command') {
        if (this.views.has(to)) this.#handle(to, body.command as unknown as ConductorCommand)
        // As in the engine, a command waits for the start of its receiver.
        else if (this.#messages.some(other => other.to === to && other.body.kind === 'start')) this.#messages.push(message)
        continue
      }
      const isNew = !this.views.has(to)
      const refusal = isNew ? this.#create(to, body.request, body.parent) : null
      if (refusal === null && body.command) this.#handle(to, body.command as unknown as ConductorCommand)
      if (!isNew) continue
      if (refusal === null || body.parent === null) continue
      this.#handle(body.parent.execution, { kind: 'childRefused', attempt: body.parent.attempt, child: to, reason: refusal.message })
    }
  }

  #context(answers: ReadonlyMap<string, Answer>): Context {
    return {
      now: this.now,
      answers,
      chance: 0.5,
      lastSeen: () => null,
      canServe: () => true,
      secrets: () => ({}),
      connections: () => ({}),
      environment: () => null,
    }
  }

  #answer(asks: readonly Ask[], answers: Map<string, Answer>): void {
    this.asked += 1
    const again = asks.filter(ask => answers.has(ask.key))
    if (again.length > 0) throw new Error(`asked again: ${again.map(ask => ask.key).join(', ')}`)
    for (const ask of asks) {
      answers.set(ask.key, this.#answerTo(ask))
    }
  }

  #keyed(name: string, key: string): Keyed {
    for (let count = 0, newest: Keyed['newest'] = null; ; count++) {
      const free = namedIdOf('key', `${name}:${key}:${count}`)
      const view = this.views.get(free)
      if (view === undefined) return { free, newest }
      newest = { id: free, isTerminal: view.isTerminal }
    }
  }

  #answerTo(ask: Ask): Answer {
    switch (ask.kind) {
      case 'evaluate':
        return this.#options.evaluate?.(ask.code, ask.input) ?? { ok: false, why: 'error', message: 'no scripts here', line: 1 }
      case 'lastPolls':
        return { ok: true, value: ask.queues.map(queue => this.#lastPolls.get(queue) ?? null) }
      case 'definition': {
        const version = ask.version ?? this.#latest.get(ask.name) ?? 0
        const key = ask.of === 'task' ? `task:${ask.name}` : `workflow:${ask.name}:${version}`
        return { ok: true, value: this.#definitions.get(key) ?? null }
      }
      case 'payload':
        return { ok: true, value: this.payloads.get(ask.path) ?? null }
      case 'keepPayload': {
        const path = `${ask.key}.json`
        this.payloads.set(path, JSON.parse(JSON.stringify(ask.value)) as JsonObject)
        return { ok: true, value: path }
      }
      case 'usePayload': {
        const payload = this.payloads.get(ask.path)
        return { ok: true, value: payload === undefined ? null : JSON.stringify(payload).length }
      }
      case 'keyed':
        return { ok: true, value: this.#keyed(ask.name, ask.idempotencyKey) }
    }
  }
}
