/**
 * One batch of one execution: its letters applied to the view, and the decision that follows. What is here changes the
 * view and nothing else; the commit loop writes it.
 */
import {
  after,
  type Answer,
  type Answers,
  type Ask,
  type Attempt,
  type Context,
  type ExecutionId,
  invariant,
  isRefusal,
  type Instant,
  type QueueName,
  type Refusal,
  refuse,
  View,
} from '@busbar/kernel'
import type { Clock, Dialects, EngineLimits, Work } from './api.js'
import { type Asks, Basis } from './asks.js'
import { type AnyRules, rulesOf, type SomeView } from './dialects.js'
import type { HeldPoll } from './held-poll.js'
import type { Mailbox } from './inbox.js'
import { type Letter, type LetterBody, nobody } from './letters.js'
import type { Plans } from './plans.js'
import type { Views } from './views.js'

type Body<Kind extends LetterBody['kind']> = Extract<LetterBody, { kind: Kind }>

export interface TurnParts {
  readonly clock: Clock
  readonly limits: EngineLimits
  readonly dialects: Dialects
  readonly asks: Asks
  readonly plans: Plans
  readonly views: Views
  readonly world: Pick<Context, 'lastSeen' | 'canServe' | 'secrets' | 'connections' | 'environment'>
  /** What is known of workers may be old where they speak to several servers: read before what may end their leases. Null: it is fresh. */
  readonly refreshWorkers: () => Promise<void> | null
  /** Finds who waits for work of a queue; `Dispatch`. */
  readonly reserve: (queue: QueueName) => HeldPoll | undefined
}

/** Work that is made for a poll, if the commit succeeds. */
export interface Reservation {
  readonly poll: HeldPoll
  /** Null: the attempt was spoiled, so the poll gets nothing. */
  readonly work: Work | null
}

/** The attempt could not be made into work, and why, if the dialect says so. */
export interface Spoiled {
  readonly spoiled: string | null
}

const spoiledRoundsMax = 100
const noAnswers: Answers = new Map()

export class Turn {
  readonly #parts: TurnParts
  readonly #box: Mailbox
  readonly #chance: number
  readonly #mayInsert: boolean
  readonly #mayHandOff: boolean
  #now: Instant
  #view: SomeView | null | undefined
  #needsDecision = false
  #isTick = false
  /** Of the views when this turn began. */
  readonly age: number
  readonly answers: unknown[] = []
  readonly basis = new Basis()
  readonly reservations: Reservation[] = []
  /** Queues in which the decision leaves something claimable that nobody waits for. */
  readonly left = new Set<QueueName>()
  /** The decision is longer than a commit may be: what is missing belongs to the next turn. */
  isUnfinished = false
  /** What throws meanwhile is about the work that is made, not about the letters. */
  isHandingOff = false
  /** It began with a view that was kept, not with one that was read for it. */
  isFromCache: boolean

  constructor(parts: TurnParts, box: Mailbox, options: { readonly chance: number; readonly mayInsert: boolean; readonly mayHandOff: boolean }) {
    this.#parts = parts
    this.#box = box
    this.#chance = options.chance
    this.#mayInsert = options.mayInsert
    this.#mayHandOff = options.mayHandOff
    this.#now = parts.clock.now()
    this.age = parts.views.age
    this.#view = parts.views.take(box.id)
    this.isFromCache = this.#view !== undefined
  }

  get view(): SomeView | null | undefined {
    return this.#view
  }
  get now(): Instant {
    return this.#now
  }
  get id(): ExecutionId {
    return this.#box.id
  }

  async run(letters: readonly Letter[]): Promise<void> {
    const caughtUp = this.#view ? this.#parts.views.catchUp(this.#view) : null
    if (caughtUp) {
      this.#view = (await caughtUp) ?? undefined
      this.isFromCache = false
    }
    for (const { body } of letters) this.answers.push(await this.#apply(body))
    const view = this.#view
    if (!view) return
    const rules = this.#rules(view)
    if (this.#needsDecision) {
      await this.#decide(view, rules)
      this.isHandingOff = true
      this.#handOff(view, rules)
      this.isHandingOff = false
    }
    this.#checkClaims(view, letters)
    this.#checkReservations(view)
    // If we crash before the next turn, the timer finds what is left to decide.
    if (this.isUnfinished) view.wakeAt(this.#now)
  }

  // ── Letters ──

  async #apply(body: LetterBody): Promise<unknown> {
    if (body.kind === 'start') return this.#start(body)
    if (this.#view === undefined) this.#view = await this.#parts.views.load(this.#box.id)
    const view = this.#view
    if (view === null) return nobody
    switch (body.kind) {
      case 'command':
        return this.#command(view, body)
      case 'claimed':
        return this.#claimed(view, body.attempt)
      case 'release':
        return this.#release(view, body)
      case 'extend':
        return this.#extend(view, body)
      case 'remove':
        invariant(false, 'a removal is not part of a turn')
    }
  }

  async #start(body: Body<'start'>): Promise<{ readonly id: ExecutionId } | Refusal> {
    const { id } = this.#box
    // What many send to is there already, as a rule.
    if (this.#view === undefined && (!this.#mayInsert || body.command)) this.#view = await this.#parts.views.load(id)
    if (this.#view) return this.#startedBefore(this.#view, body)
    const rules = rulesOf(this.#parts.dialects, body.dialect)
    const planned = await this.#asking((answers: Map<string, Answer>) => rules.planStart(body.request, id, body.parent, this.#context(answers)))
    if (isRefusal(planned)) return planned
    const { label, brief, state, definition: text } = planned
    const { plans } = this.#parts
    const plan = plans.known(body.dialect, text) ?? (await this.#waiting(plans.keep(body.dialect, text)))
    const now = this.#now
    const execution = {
      id,
      dialect: body.dialect,
      definition: plan.id,
      label,
      parent: body.parent,
      status: 'running',
      createdAt: now,
      updatedAt: now,
      endedAt: null,
      brief,
      state,
    } as const
    this.#view = new View({ execution, plan: plan.plan, version: 0, due: null, lastOrdinal: 0, lastMessage: 0, attempts: [] })
    this.#needsDecision = true
    if (body.command) return this.#commandOf(this.#view, body, body.command)
    if (body.message) this.#view.take(body.message)
    return { id }
  }

  /** The same start again is no error; another one under the same id is (ids of children are derived, and may clash). */
  #startedBefore(view: SomeView, body: Body<'start'>): { readonly id: ExecutionId } | Refusal | Promise<{ readonly id: ExecutionId } | Refusal> {
    const { message, parent, command } = body
    if (command) return this.#commandOf(view, body, command)
    if (!message || view.execution.parent?.attempt !== parent?.attempt)
      return refuse('conflict', `an execution ${view.id} exists already; start with another id`, view.id)
    view.take(message)
    return { id: view.id }
  }

  async #commandOf(view: SomeView, { message }: Body<'start'>, command: { readonly kind: string }): Promise<{ readonly id: ExecutionId } | Refusal> {
    const reply = await this.#command(view, { kind: 'command', command, message })
    return isRefusal(reply) ? reply : { id: view.id }
  }

  async #command(view: SomeView, { command, message }: Body<'command'>): Promise<unknown> {
    const rules = this.#rules(view)
    this.#needsDecision = true
    if (command.kind === 'tick') {
      this.#isTick = true
      const fresh = this.#parts.refreshWorkers()
      if (fresh) await this.#waiting(fresh)
    }
    const applied = await this.#asking(answers => rules.apply(view, command, this.#context(answers)))
    // A message is taken even when its command is refused: it would be refused again.
    if (message) view.take(message)
    return isRefusal(applied) ? applied : applied.reply
  }

  #claimed(view: SomeView, claimed: Attempt): Work | Spoiled | null {
    const current = view.attempt(claimed.ordinal)
    if (!current) return null
    if (current.state.kind === 'waiting' && current.fence === claimed.fence - 1) view.noteLease(claimed)
    else if (!isHeldWith(current, claimed.fence)) return null
    return this.#work(view, this.#rules(view), claimed.ordinal)
  }

  #release(view: SomeView, { ordinal, fence, delayMs }: Body<'release'>): boolean {
    if (!isHeldWith(view.attempt(ordinal), fence)) return false
    view.postpone(ordinal, after(this.#now, delayMs), this.#now)
    this.#needsDecision = true
    return true
  }

  #extend(view: SomeView, { ordinal, fence, until }: Body<'extend'>): boolean {
    if (!isHeldWith(view.attempt(ordinal), fence)) return false
    view.extend(ordinal, until, this.#now)
    return true
  }

  // ── Deciding ──

  async #decide(view: SomeView, rules: AnyRules): Promise<void> {
    const { roundsPerCommitMax, attemptsPerCommitMax } = this.#parts.limits
    const sizeBefore = view.size
    const answers = new Map<string, Answer>()
    for (let round = 0; ; round++) {
      const asks = rules.decide(view, this.#context(answers))
      if (asks.length === 0) return
      if (round >= roundsPerCommitMax || view.size - sizeBefore >= attemptsPerCommitMax) {
        this.isUnfinished = true
        return
      }
      const awaited = this.#parts.asks.answer(asks, answers, { now: this.#now, chance: this.#chance }, this.basis)
      if (awaited) await this.#waiting(awaited)
    }
  }

  /** Calls a rule until it has what it asks for. */
  async #asking<R extends { readonly kind: string }>(call: (answers: Map<string, Answer>) => R): Promise<Exclude<R, { readonly kind: 'ask' }>> {
    const answers = new Map<string, Answer>()
    for (let round = 0; round <= this.#parts.limits.roundsPerCommitMax; round++) {
      const result = call(answers)
      if (!isAsking(result)) return result as Exclude<R, { readonly kind: 'ask' }>
      const awaited = this.#parts.asks.answer(result.asks, answers, { now: this.#now, chance: this.#chance }, this.basis)
      if (awaited) await this.#waiting(awaited)
    }
    invariant(false, `a rule of execution ${this.#box.id} asked more than ${this.#parts.limits.roundsPerCommitMax} times`)
  }

  async #waiting<R>(answer: Promise<R>): Promise<R> {
    this.#box.beginAsking()
    const result = await answer
    this.#box.phase = 'working'
    return result
  }

  // ── Handing out ──

  /**
   * Leases what the decision opened to polls that wait for it. Asks no questions that take time: between here and the
   * commit nothing is awaited, or a poll would be held while it has work.
   */
  #handOff(view: SomeView, rules: AnyRules): void {
    const now = this.#parts.clock.now()
    if (now > this.#now) this.#now = now
    for (let round = 0; round < spoiledRoundsMax; round++) {
      if (!this.#handOffOnce(view, rules)) return
      const asks = rules.decide(view, this.#context(noAnswers))
      if (asks.length > 0) this.isUnfinished = true
    }
    this.isUnfinished = true
  }

  /** True when an attempt was spoiled: its end has to be decided on. */
  #handOffOnce(view: SomeView, rules: AnyRules): boolean {
    let isSpoiled = false
    for (const { ordinal, queue } of this.#isTick ? dueOf(view, this.#now) : view.claimable(this.#now)) {
      if (queue === null) continue
      const poll = this.#mayHandOff ? this.#parts.reserve(queue) : undefined
      if (!poll) {
        this.left.add(queue)
        continue
      }
      let work: Work | null = null
      try {
        view.lease(ordinal, poll.request.worker, this.#now)
        const made = this.#work(view, rules, ordinal)
        work = isSpoilt(made) ? null : made
      } finally {
        this.reservations.push({ poll, work })
      }
      if (!work) isSpoiled = true
    }
    return isSpoiled
  }

  #work(view: SomeView, rules: AnyRules, ordinal: number): Work | Spoiled {
    const leased = view.attempt(ordinal)
    invariant(leased, `attempt ${ordinal} of execution ${view.id} was just leased`)
    const out = rules.handOut(view, leased, this.#context(noAnswers))
    if (out.kind === 'spoiled') {
      this.#needsDecision = true
      return { spoiled: out.reason ?? null }
    }
    return { execution: view.id, attempt: view.attempt(ordinal) ?? leased, work: out.work }
  }

  /** What was made for a claim is worth nothing if a later letter or the decision ended the attempt. */
  #checkClaims(view: SomeView, letters: readonly Letter[]): void {
    for (const [index, { body }] of letters.entries()) {
      if (body.kind !== 'claimed' || isSpoilt(this.answers[index])) continue
      if (!isHeldWith(view.attempt(body.attempt.ordinal), body.attempt.fence)) this.answers[index] = null
    }
  }

  /** So is what was made for a poll, when an attempt that was spoiled after it ended the others too. */
  #checkReservations(view: SomeView): void {
    for (const [index, { poll, work }] of this.reservations.entries()) {
      if (work && !isHeldWith(view.attempt(work.attempt.ordinal), work.attempt.fence)) this.reservations[index] = { poll, work: null }
    }
  }

  #rules(view: SomeView): AnyRules {
    return rulesOf(this.#parts.dialects, view.execution.dialect)
  }

  #context(answers: Answers): Context {
    const { lastSeen, canServe, secrets, connections, environment } = this.#parts.world
    return { now: this.#now, answers, chance: this.#chance, lastSeen, canServe, secrets, connections, environment }
  }
}

/** Whether a claim came to nothing because of the attempt itself. */
export function isSpoilt(answer: unknown): answer is Spoiled {
  return typeof answer === 'object' && answer !== null && 'spoiled' in answer
}

function isHeldWith(attempt: Attempt | undefined, fence: number): boolean {
  return attempt?.state.kind === 'leased' && attempt.fence === fence
}

function isAsking(result: { readonly kind: string }): result is { readonly kind: 'ask'; readonly asks: readonly Ask[] } {
  return result.kind === 'ask'
}

/** A delayed attempt changes nothing when its moment comes, so after a timer all that wait are looked at. */
function* dueOf(view: SomeView, now: Instant): IterableIterator<Attempt> {
  for (const attempt of view.openAttempts()) if (attempt.state.kind === 'waiting' && attempt.state.notBefore <= now) yield attempt
}
