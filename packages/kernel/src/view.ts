/**
 * The view: an execution with its attempts, as one decision sees and changes it.
 *
 * A view is changed in place and remembers what changed, because copying 10,000 attempts for each of 10,000 steps
 * would cost more than all else together. It is still a value to the rules: no I/O, no clock, and a view whose
 * commit was refused is thrown away and loaded anew.
 *
 * V1. Every change goes through a method of this class; `takeChanges` hands out exactly what differs from the store.
 * V2. Attempts are kept in the order of their ordinals; the newest attempt of a key speaks for its activity.
 * V3. `due` is never later than the first moment at which somebody must look: it may be early, never late.
 * V4. A claim changes nothing but its attempt. So the end of a lease is covered by `due` from the opening on.
 */
import { type Attempt, type Closer, isOpen, mayClose, nextLook, type Outcome } from './attempt.js'
import type { DialectTypes, ExecutionOf } from './dialect-types.js'
import { type ExecutionStatus, isTerminal } from './execution.js'
import { type ActivityKey, attemptIdOf, type DefinitionId, type ExecutionId, ordinalMax, type QueueName, type WorkerId } from './ids.js'
import type { Message, MessageBody, MessageId } from './message.js'
import type { Refusal } from './problem.js'
import { invariant } from './std/invariant.js'
import { after, bounded, earliest, type Instant } from './time.js'

export interface Opening<Data> {
  readonly key: ActivityKey
  readonly number: number
  readonly data: Data
  /** Null: held; nobody claims it. */
  readonly queue: QueueName | null
  readonly priority?: number
  readonly leaseMs?: number | null
  readonly notBefore?: Instant
  readonly wakeAt?: Instant | null
}

export interface ViewInit<T extends DialectTypes> {
  readonly execution: ExecutionOf<T>
  readonly plan: T['plan']
  /** 0: not in the store yet. */
  readonly version: number
  readonly due: Instant | null
  readonly lastOrdinal: number
  readonly lastMessage: number
  readonly attempts: Iterable<Attempt<T['data']>>
}

/** What a commit must write. Attempts carry the fence that the store must still hold (null: a new row). */
export interface Changes<T extends DialectTypes = DialectTypes> {
  readonly id: ExecutionId
  /** The version the store must hold; 0 inserts. */
  readonly version: number
  /** Null when only attempts changed: then the version is checked and not raised. */
  readonly execution: ExecutionOf<T> | null
  readonly briefChanged: boolean
  readonly due: Instant | null
  readonly lastOrdinal: number
  readonly lastMessage: number
  readonly attempts: readonly { readonly attempt: Attempt<T['data']>; readonly expectedFence: number | null }[]
  readonly removed: readonly number[]
  /**
   * It changes more than new and open attempts (closed ones, the brief, or it removes some): who keeps an older view of
   * the execution must read all of it again.
   */
  readonly reworked: boolean
  /** Where servers share a store: it was decided from definitions as they were under this number, and is stale when that was raised since. */
  readonly definitionsEpoch?: number | null
  readonly sent: readonly Message[]
  readonly taken: readonly MessageId[]
  /** Lines that the decision itself adds to the execution's log. */
  readonly notes: readonly Note[]
}

/** A line of log that a rule writes: appended in the same transaction as the decision. */
export interface Note {
  /** The activity or attempt it belongs to, or a name of the dialect's own such as `_server`. */
  readonly source: string
  readonly stream: string
  readonly at: Instant
  readonly text: string
}

export class View<T extends DialectTypes> {
  #execution: ExecutionOf<T>
  #plan: T['plan']
  #version: number
  #due: Instant | null
  #lastOrdinal: number
  #lastMessage: number
  readonly #attempts = new Map<number, Attempt<T['data']>>()
  readonly #newest = new Map<ActivityKey, number>()
  /** Keys that had more than one attempt: when one of those goes, an older one may speak for its activity again. */
  readonly #repeated = new Set<ActivityKey>()
  readonly #open = new Set<number>()

  #headChanged: boolean
  #briefChanged: boolean
  /** Ordinal → fence in the store; null for rows the store has not seen. */
  readonly #touched = new Map<number, number | null>()
  readonly #removed = new Set<number>()
  /** As they were when they were removed. */
  #gone: Attempt<T['data']>[] = []
  #reworked = false
  #sent: Message[] = []
  #taken: MessageId[] = []
  #notes: Note[] = []

  /**
   * A place for what the dialect derives from the attempts to decide incrementally (open branches of a join, waiting
   * dependants). Never stored: rebuilt when the view is loaded, kept in step by the dialect.
   */
  derived: unknown = undefined

  constructor(init: ViewInit<T>) {
    this.#execution = init.execution
    this.#plan = init.plan
    this.#version = init.version
    this.#due = init.due
    this.#lastOrdinal = init.lastOrdinal
    this.#lastMessage = init.lastMessage
    this.#headChanged = init.version === 0
    this.#briefChanged = init.version === 0
    for (const attempt of init.attempts) this.#put(attempt)
  }

  // ── Reading ──

  get id(): ExecutionId {
    return this.#execution.id
  }
  get execution(): ExecutionOf<T> {
    return this.#execution
  }
  get plan(): T['plan'] {
    return this.#plan
  }
  get state(): T['state'] {
    return this.#execution.state
  }
  get brief(): T['brief'] {
    return this.#execution.brief
  }
  get status(): ExecutionStatus {
    return this.#execution.status
  }
  get isTerminal(): boolean {
    return isTerminal(this.#execution.status)
  }
  get version(): number {
    return this.#version
  }
  get due(): Instant | null {
    return this.#due
  }
  get size(): number {
    return this.#attempts.size
  }
  /** Of the last attempt ever opened here; the next one gets the one after it. */
  get lastOrdinal(): number {
    return this.#lastOrdinal
  }

  /** All attempts in the order of their opening. */
  attempts(): IterableIterator<Attempt<T['data']>> {
    return this.#attempts.values()
  }

  attempt(ordinal: number): Attempt<T['data']> | undefined {
    return this.#attempts.get(ordinal)
  }

  /** The attempt that speaks for an activity. */
  newest(key: ActivityKey): Attempt<T['data']> | undefined {
    const ordinal = this.#newest.get(key)
    return ordinal === undefined ? undefined : this.#attempts.get(ordinal)
  }

  /** The newest attempt of each activity, in the order in which those were opened. */
  *activities(): IterableIterator<Attempt<T['data']>> {
    for (const attempt of this.#attempts.values()) if (this.#newest.get(attempt.key) === attempt.ordinal) yield attempt
  }

  *openAttempts(): IterableIterator<Attempt<T['data']>> {
    for (const ordinal of [...this.#open]) {
      const attempt = this.#attempts.get(ordinal)
      if (attempt && isOpen(attempt)) yield attempt
    }
  }

  get openCount(): number {
    return this.#open.size
  }

  // ── The execution ──

  setState(state: T['state']): void {
    this.#head({ ...this.#execution, state })
  }

  setBrief(brief: T['brief']): void {
    this.#head({ ...this.#execution, brief })
    this.#briefChanged = true
  }

  /** Runs by another snapshot from now on (a restart with the latest definition). */
  replan(definition: DefinitionId, plan: T['plan'], version: string): void {
    this.#plan = plan
    this.#head({ ...this.#execution, definition, label: { ...this.#execution.label, version } })
    this.#briefChanged = true
  }

  setStatus(status: ExecutionStatus, now: Instant): void {
    this.#head({ ...this.#execution, status, endedAt: isTerminal(status) ? now : null, updatedAt: now })
    if (isTerminal(status)) this.#due = null
  }

  /** Counts the execution's age from `now` on: it starts from the beginning. */
  setCreatedAt(createdAt: Instant): void {
    this.#head({ ...this.#execution, createdAt })
  }

  touch(now: Instant): void {
    this.#head({ ...this.#execution, updatedAt: now })
  }

  /** Somebody must look at `moment` at the latest. */
  wakeAt(moment: Instant | null): void {
    if (moment === null || (this.#due !== null && this.#due <= moment)) return
    this.#due = bounded(moment)
    this.#headChanged = true
  }

  /** The timer went off: forget it, and set it again from what is open. The dialect adds its own with `wakeAt`. */
  rearm(now: Instant): void {
    let due: Instant | null = null
    for (const attempt of this.openAttempts()) {
      const look = nextLook(attempt, now)
      if (look !== null && look > now) due = earliest(due, look)
    }
    if (due === this.#due) return
    this.#due = due
    this.#headChanged = true
  }

  send(to: ExecutionId, body: MessageBody): void {
    this.#lastMessage += 1
    this.#sent.push({ id: `${this.id}:${this.#lastMessage}`, to, body })
    this.#headChanged = true
  }

  /** Remembers that a message was taken in, so that the same commit removes it from the outbox. */
  take(message: MessageId): void {
    this.#taken.push(message)
  }

  note(note: Note): void {
    this.#notes.push({ ...note, at: bounded(note.at) })
  }

  // ── Attempts ──

  open(opening: Opening<T['data']>, now: Instant): Attempt<T['data']> {
    invariant(this.#lastOrdinal < ordinalMax, `execution ${this.id} has used all ${ordinalMax} attempts`)
    const ordinal = ++this.#lastOrdinal
    invariant(!this.#removed.has(ordinal), `attempt ${ordinal} of execution ${this.id} was removed in the same change`)
    const notBefore = bounded(opening.notBefore ?? now)
    const attempt: Attempt<T['data']> = {
      id: attemptIdOf(this.id, ordinal),
      ordinal,
      key: opening.key,
      number: opening.number,
      queue: opening.queue,
      priority: opening.priority ?? 0,
      leaseMs: boundedOrNull(opening.leaseMs),
      state: opening.queue === null ? { kind: 'held', since: now } : { kind: 'waiting', notBefore },
      fence: 0,
      claims: 0,
      openedAt: now,
      firstClaimedAt: null,
      lastWorker: null,
      wakeAt: boundedOrNull(opening.wakeAt),
      data: opening.data,
    }
    this.#touched.set(ordinal, null)
    this.#headChanged = true
    this.#put(attempt)
    this.wakeAt(nextLook(attempt, now))
    return attempt
  }

  /** Hands the attempt to a worker (L1). Only a waiting attempt whose time has come can be leased. */
  lease(ordinal: number, worker: WorkerId, now: Instant): Attempt<T['data']> {
    const attempt = this.#must(ordinal)
    invariant(attempt.state.kind === 'waiting' && attempt.queue !== null, `attempt ${attempt.id} is ${attempt.state.kind}: only a waiting one can be leased`)
    const until = attempt.leaseMs === null ? null : after(now, attempt.leaseMs)
    return this.#replace({
      ...attempt,
      state: { kind: 'leased', worker, since: now, until },
      fence: attempt.fence + 1,
      claims: attempt.claims + 1,
      firstClaimedAt: attempt.firstClaimedAt ?? now,
      lastWorker: worker,
    })
  }

  /** Takes in a lease that the store handed out; nothing to write. */
  noteLease(attempt: Attempt<T['data']>): void {
    this.#attempts.set(attempt.ordinal, { ...this.#must(attempt.ordinal), ...attempt })
  }

  extend(ordinal: number, until: Instant | null, now: Instant): void {
    const attempt = this.#must(ordinal)
    if (attempt.state.kind !== 'leased') return
    const changed = this.#replace({ ...attempt, state: { ...attempt.state, until: boundedOrNull(until) } })
    this.wakeAt(nextLook(changed, now))
  }

  /** Back to its queue (or handed back): claimable from `notBefore`. The old holder's fence is worth nothing (L2). */
  postpone(ordinal: number, notBefore: Instant, now: Instant, data?: T['data']): void {
    const attempt = this.#must(ordinal)
    invariant(isOpen(attempt) && attempt.queue !== null, `attempt ${attempt.id} cannot go back to a queue`)
    const changed = this.#replace({
      ...attempt,
      state: { kind: 'waiting', notBefore: bounded(notBefore) },
      fence: attempt.fence + 1,
      data: data === undefined ? attempt.data : data,
    })
    this.wakeAt(nextLook(changed, now))
  }

  /** Replaces what the dialect keeps about an attempt, open or closed. */
  amend(ordinal: number, data: T['data']): void {
    this.#replace({ ...this.#must(ordinal), data })
  }

  setWake(ordinal: number, wakeAt: Instant | null, now: Instant): void {
    const changed = this.#replace({ ...this.#must(ordinal), wakeAt: boundedOrNull(wakeAt) })
    this.wakeAt(nextLook(changed, now))
  }

  /** Ends an attempt. A refusal (L2, L4) changes nothing. */
  close(ordinal: number, outcome: Outcome, by: Closer, now: Instant, data?: T['data']): Refusal | null {
    const attempt = this.#must(ordinal)
    const refusal = mayClose(attempt, by)
    if (refusal) return refusal
    this.#replace({ ...attempt, state: { kind: 'closed', at: now, outcome }, data: data === undefined ? attempt.data : data })
    this.#open.delete(ordinal)
    this.#headChanged = true
    return null
  }

  /** Corrects the outcome of a closed attempt where the definition tolerates its failure, or an operator's verb says so. */
  reclose(ordinal: number, outcome: Outcome, now: Instant, data?: T['data']): void {
    const attempt = this.#must(ordinal)
    const at = attempt.state.kind === 'closed' ? attempt.state.at : now
    this.#replace({ ...attempt, state: { kind: 'closed', at, outcome }, data: data === undefined ? attempt.data : data })
    this.#open.delete(ordinal)
    this.#headChanged = true
  }

  /** An operator's rerun: the same attempt (its id stays) begins again, with a higher fence (L4). */
  reopen(
    ordinal: number,
    opening: {
      readonly data: T['data']
      readonly number?: number
      readonly notBefore?: Instant
      readonly wakeAt?: Instant | null
      readonly keepTimes?: boolean
    },
    now: Instant,
  ): Attempt<T['data']> {
    const attempt = this.#must(ordinal)
    const state: Attempt['state'] = attempt.queue === null ? { kind: 'held', since: now } : { kind: 'waiting', notBefore: bounded(opening.notBefore ?? now) }
    const fresh = opening.keepTimes ? {} : { claims: 0, openedAt: now, firstClaimedAt: null, lastWorker: null }
    const changed = this.#replace({
      ...attempt,
      ...fresh,
      state,
      fence: attempt.fence + 1,
      number: opening.number ?? attempt.number,
      wakeAt: boundedOrNull(opening.wakeAt),
      data: opening.data,
    })
    this.#open.add(ordinal)
    this.#headChanged = true
    this.wakeAt(nextLook(changed, now))
    return changed
  }

  /** Forgets an attempt (rerun, restart, iterations that are not kept). Its ordinal is never used again (I3). */
  remove(ordinal: number): void {
    const attempt = this.#must(ordinal)
    this.#gone.push(attempt)
    this.#attempts.delete(ordinal)
    this.#open.delete(ordinal)
    if (this.#newest.get(attempt.key) === ordinal) {
      this.#newest.delete(attempt.key)
      if (this.#repeated.has(attempt.key))
        for (const other of this.#attempts.values()) if (other.key === attempt.key) this.#newest.set(other.key, other.ordinal)
    }
    if (this.#touched.get(ordinal) !== null) {
      this.#removed.add(ordinal)
      this.#reworked = true
    }
    this.#touched.delete(ordinal)
    this.#headChanged = true
  }

  /**
   * Numbers attempts from 1 again: for what never ends while its attempts come and go, and whose ids nobody else knows. Only
   * when all are removed, and were many.
   */
  renumber(): void {
    invariant(this.#attempts.size === 0, `execution ${this.id} still has attempts: their numbers cannot be given away`)
    this.#lastOrdinal = 0
    this.#headChanged = true
  }

  // ── For the engine ──

  /** Attempts opened, reopened or put back since the last commit, to be offered to waiting workers. */
  *claimable(now: Instant): IterableIterator<Attempt<T['data']>> {
    for (const ordinal of this.#touched.keys()) {
      const attempt = this.#attempts.get(ordinal)
      if (attempt?.queue != null && attempt.state.kind === 'waiting' && attempt.state.notBefore <= now) yield attempt
    }
  }

  /** Attempts that changed since the last commit, as they are; and those that were removed, as they were. */
  changed(): { readonly attempts: readonly Attempt<T['data']>[]; readonly removed: readonly Attempt<T['data']>[] } {
    const attempts: Attempt<T['data']>[] = []
    for (const ordinal of this.#touched.keys()) {
      const attempt = this.#attempts.get(ordinal)
      if (attempt) attempts.push(attempt)
    }
    return { attempts, removed: this.#gone }
  }

  get isChanged(): boolean {
    return this.#headChanged || this.#briefChanged || this.#touched.size > 0 || this.#removed.size > 0 || this.#taken.length > 0 || this.#notes.length > 0
  }

  /**
   * Takes in what others wrote since this view was read: the head, the attempts that were open here, and all newer ones.
   * Only for a view without changes, and only where nothing was reworked meanwhile.
   */
  catchUp({ execution, version, due, lastOrdinal, lastMessage, attempts }: Omit<ViewInit<T>, 'plan'>): void {
    invariant(!this.isChanged, `a view of execution ${this.id} with changes of its own cannot catch up`)
    this.#execution = { ...execution, brief: this.#execution.brief }
    this.#version = version
    this.#due = due
    this.#lastOrdinal = lastOrdinal
    this.#lastMessage = lastMessage
    for (const attempt of attempts) {
      this.#put(attempt)
      if (!isOpen(attempt)) this.#open.delete(attempt.ordinal)
    }
    this.derived = undefined
  }

  /** The ordinals of the open attempts. */
  get openOrdinals(): readonly number[] {
    return [...this.#open]
  }

  /**
   * Has the next commit raise the version whatever it changes: where several servers write, no two of them may change an
   * attempt from the same view.
   */
  raise(): void {
    this.#headChanged = true
  }

  /** What the store must write (V1). Call `committed` when it has, and throw the view away when it refused. */
  takeChanges(): Changes<T> {
    const attempts = []
    for (const [ordinal, expectedFence] of this.#touched) {
      const attempt = this.#attempts.get(ordinal)
      if (attempt) attempts.push({ attempt, expectedFence })
    }
    const head = this.#headChanged || this.#briefChanged || this.#removed.size > 0 || this.#taken.length > 0
    return {
      id: this.id,
      version: this.#version,
      execution: head ? this.#execution : null,
      briefChanged: this.#briefChanged,
      due: this.#due,
      lastOrdinal: this.#lastOrdinal,
      lastMessage: this.#lastMessage,
      attempts,
      removed: [...this.#removed],
      reworked: this.#reworked || (this.#briefChanged && this.#version > 0),
      sent: this.#sent,
      taken: this.#taken,
      notes: this.#notes,
    }
  }

  committed(): void {
    if (this.#headChanged || this.#briefChanged || this.#removed.size > 0 || this.#taken.length > 0) this.#version += 1
    this.#headChanged = false
    this.#briefChanged = false
    this.#touched.clear()
    this.#removed.clear()
    this.#gone = []
    this.#reworked = false
    this.#sent = []
    this.#taken = []
    this.#notes = []
  }

  // ── Inside ──

  #must(ordinal: number): Attempt<T['data']> {
    const attempt = this.#attempts.get(ordinal)
    invariant(attempt, `execution ${this.id} has no attempt ${ordinal}`)
    return attempt
  }

  #head(execution: ExecutionOf<T>): void {
    this.#execution = execution
    this.#headChanged = true
  }

  #put(attempt: Attempt<T['data']>): void {
    this.#attempts.set(attempt.ordinal, attempt)
    const newest = this.#newest.get(attempt.key)
    if (newest !== undefined && newest !== attempt.ordinal) this.#repeated.add(attempt.key)
    if (newest === undefined || newest < attempt.ordinal) this.#newest.set(attempt.key, attempt.ordinal)
    if (isOpen(attempt)) this.#open.add(attempt.ordinal)
  }

  /** Takes the place of the attempt as it was; the fence that the store holds is that of the first one replaced. */
  #replace(attempt: Attempt<T['data']>): Attempt<T['data']> {
    const { ordinal } = attempt
    if (!this.#touched.has(ordinal)) {
      const before = this.#must(ordinal)
      this.#touched.set(ordinal, before.fence)
      this.#reworked ||= !isOpen(before)
    }
    this.#attempts.set(ordinal, attempt)
    return attempt
  }
}

function boundedOrNull(moment: number | null | undefined): Instant | null {
  return moment == null ? null : bounded(moment)
}
