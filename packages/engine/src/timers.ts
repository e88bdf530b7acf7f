/**
 * One loop for all timers: it sleeps until the nearest due time, reads what is due, and sends each execution a tick.
 *
 * T1. `due` of an execution is never too late; a tick that finds nothing to do is normal.
 * T2. The nearest due time is known: read from the store after each pass, and lowered by every commit in between.
 *     Where servers share the store, each due execution is taken by one of them (`takeDue`), whoever wakes first; the
 *     others only look a moment later, so that as a rule it is the server that set the timer.
 * T3. An execution whose tick fails, or changes nothing and is due still, or leaves it due since before the tick, is left
 *     alone for a growing time.
 */
import { after, earliest, type ExecutionId, instant, type Instant } from '@busbar/kernel'
import type { Store } from '@busbar/store'
import type { Clock, EngineLog } from './api.js'
import type { InFlight } from './in-flight.js'
import type { Inbox } from './inbox.js'

export interface TimerParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: EngineLog
  readonly inFlight: InFlight
  readonly inbox: () => Inbox
}

interface BackOff {
  readonly until: Instant
  readonly failures: number
}

const pageSize = 500
const ticksMax = 5_000
const backOffMs = 1_000
const backOffMsMax = 60_000
/** What one server has taken and does not tick, another one may after this time. */
const takenMs = 10_000
/** How long a server leaves what is due to the one that set the timer. */
const courtesyMs = 1_000
const endOfTime = instant(Number.MAX_SAFE_INTEGER)

/** What a commit said of an execution while its tick was under way. */
interface TickNews {
  due: Instant | null
  isChanged: boolean
}

export class Timers {
  readonly #parts: TimerParts
  /** Executions whose tick is under way; null until their commit was heard of. */
  readonly #ticking = new Map<ExecutionId, TickNews | null>()
  readonly #backOffs = new Map<ExecutionId, BackOff>()
  #armedAt: Instant | null = null
  #disarm: (() => void) | null = null
  #isOn = false
  #isPassing = false
  /** Something became due during a pass, maybe too late for it: another pass follows. */
  #isRungAgain = false
  /** There was no room for all that is due. */
  #isCrowded = false

  constructor(parts: TimerParts) {
    this.#parts = parts
  }

  async start(): Promise<void> {
    this.#isOn = true
    this.#arm(await this.#parts.store.nextDue())
  }

  /** Another server's survey, or our own, says when the next one is due: it may be a timer of a server that is gone. */
  surveyed(nextDue: Instant | null): void {
    this.#arm(nextDue === null ? null : after(nextDue, courtesyMs))
  }

  stop(): void {
    this.#isOn = false
    this.#disarm?.()
    this.#disarm = null
    this.#armedAt = null
  }

  /** A commit says when its execution is due. */
  note(id: ExecutionId, due: Instant | null, isChanged: boolean): void {
    const news = this.#ticking.get(id)
    if (news === undefined) {
      if (!this.#backOffs.has(id)) this.#arm(due)
    } else if (news === null) this.#ticking.set(id, { due, isChanged })
    else {
      news.due = due
      news.isChanged ||= isChanged
    }
  }

  /** Ticks all that is due now; returns how many, when those ticks are done. */
  async runOnce(): Promise<number> {
    const ticks = await this.#tickDue()
    await Promise.all(ticks)
    return ticks.length
  }

  /** The safety net: what was missed is found again. */
  async sweep(): Promise<void> {
    if (this.#isOn) this.#arm(await this.#parts.store.nextDue())
  }

  #arm(at: Instant | null): void {
    if (at === null || !this.#isOn || (this.#armedAt !== null && this.#armedAt <= at)) return
    this.#disarm?.()
    this.#armedAt = at
    this.#disarm = this.#parts.clock.wakeAt(at, () => this.#ring())
  }

  #ring(): void {
    this.#armedAt = null
    this.#disarm = null
    if (this.#isPassing) this.#isRungAgain = true
    else void this.#parts.inFlight.during(this.#pass())
  }

  async #pass(): Promise<void> {
    const { clock, log } = this.#parts
    this.#isPassing = true
    let next: Instant | null
    try {
      void (await this.#tickDue())
      next = this.#isCrowded ? null : await this.#next()
    } catch (error) {
      log.error('timers not read', { error })
      next = after(clock.now(), backOffMs)
    }
    this.#isPassing = false
    if (this.#isRungAgain) next = clock.now()
    this.#isRungAgain = false
    this.#arm(next)
  }

  async #tickDue(): Promise<Promise<void>[]> {
    const { store, clock } = this.#parts
    const ticks: Promise<void>[] = []
    for (;;) {
      const room = Math.min(pageSize, ticksMax - this.#ticking.size)
      this.#isCrowded = room <= 0
      if (this.#isCrowded) return ticks
      const now = clock.now()
      // What is taken is not named again; what is only listed is.
      const limit = store.sharing ? room : room + this.#ticking.size + this.#backOffs.size
      const page = store.sharing ? await store.sharing.takeDue(now, after(now, takenMs), limit) : await store.due(now, limit)
      for (const { id } of page) if (!this.#ticking.has(id) && !this.#isBackedOff(id, now)) ticks.push(this.#tick(id))
      if (page.length < limit) {
        this.#dropBackOffs(now)
        return ticks
      }
    }
  }

  /** All that is due has its tick: an execution that is past its back-off and has none is not due any more. */
  #dropBackOffs(now: Instant): void {
    for (const [id, { until }] of this.#backOffs) if (until <= now && !this.#ticking.has(id)) this.#backOffs.delete(id)
  }

  #tick(id: ExecutionId): Promise<void> {
    this.#ticking.set(id, null)
    const begun = this.#parts.clock.now()
    return new Promise(resolve => {
      const end = (isDone: boolean) => {
        this.#ticked(id, isDone, begun)
        resolve()
      }
      this.#parts.inbox().post(id, {
        body: { kind: 'command', command: { kind: 'tick' }, message: null },
        settle: () => {
          // The commit's news come right after its answers.
          queueMicrotask(() => end(true))
        },
        fail: () => end(false),
      })
    })
  }

  #ticked(id: ExecutionId, isDone: boolean, begun: Instant): void {
    const news = this.#ticking.get(id) ?? null
    this.#ticking.delete(id)
    const now = this.#parts.clock.now()
    const due = news?.due ?? null
    const isStuck = !isDone || (due !== null && (due < begun || (due <= now && !news?.isChanged)))
    if (isStuck) this.#backOff(id, now)
    else {
      this.#backOffs.delete(id)
      this.#arm(due)
    }
    if (this.#isCrowded && this.#ticking.size < ticksMax / 2) this.#arm(now)
  }

  #backOff(id: ExecutionId, now: Instant): void {
    const failures = (this.#backOffs.get(id)?.failures ?? 0) + 1
    const until = after(now, Math.min(backOffMs * 2 ** (failures - 1), backOffMsMax))
    this.#backOffs.set(id, { until, failures })
    this.#parts.log.warn('timer of an execution does not settle', { execution: id, failures, until })
    this.#arm(until)
  }

  #isBackedOff(id: ExecutionId, now: Instant): boolean {
    const backOff = this.#backOffs.get(id)
    return backOff !== undefined && backOff.until > now
  }

  /** The first moment at which somebody is due whom no tick under way and no back-off covers. */
  async #next(): Promise<Instant | null> {
    const { store } = this.#parts
    if (this.#ticking.size === 0 && this.#backOffs.size === 0) return store.nextDue()
    const listed = await store.due(endOfTime, this.#ticking.size + this.#backOffs.size + 1)
    let next = listed.find(({ id }) => !this.#ticking.has(id) && !this.#backOffs.has(id))?.at ?? null
    for (const { until } of this.#backOffs.values()) next = earliest(next, until)
    return next
  }
}
