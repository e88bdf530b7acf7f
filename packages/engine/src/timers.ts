/**
 * One loop for all timers: it sleeps until the nearest due time, reads what is due, and sends each execution a tick.
 *
 * T1. `due` of an execution is never too late; a tick that finds nothing to do is normal.
 * T2. The nearest due time is known: read from the store after each pass, and lowered by every commit in between.
 * T3. An execution whose tick fails, or changes nothing and is due still, is left alone for a growing time.
 */
import { type ExecutionId, instant, type Instant } from '@busbar/kernel'
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
const endOfTime = instant(Number.MAX_SAFE_INTEGER)

export class Timers {
  readonly #parts: TimerParts
  /** Executions whose tick is under way → what their due became with it (undefined: not heard of yet). */
  readonly #ticking = new Map<ExecutionId, Instant | null | undefined>()
  readonly #backOffs = new Map<ExecutionId, BackOff>()
  #armedAt: Instant | null = null
  #disarm: (() => void) | null = null
  #state: 'off' | 'resting' | 'passing' = 'off'

  constructor(parts: TimerParts) {
    this.#parts = parts
  }

  async start(): Promise<void> {
    this.#state = 'resting'
    this.#arm(await this.#parts.store.nextDue())
  }

  stop(): void {
    this.#state = 'off'
    this.#disarm?.()
    this.#disarm = null
    this.#armedAt = null
  }

  /** A commit says when its execution is due. */
  note(id: ExecutionId, due: Instant | null): void {
    if (this.#ticking.has(id)) this.#ticking.set(id, due)
    else if (!this.#backOffs.has(id)) this.#arm(due)
  }

  /** Ticks all that is due now; returns how many, when those ticks are done. */
  async runOnce(): Promise<number> {
    return this.#parts.inFlight.during(this.#pass().then(ticks => ticks.length))
  }

  #arm(at: Instant | null): void {
    if (at === null || this.#state === 'off' || (this.#armedAt !== null && this.#armedAt <= at)) return
    this.#disarm?.()
    this.#armedAt = at
    this.#disarm = this.#parts.clock.wakeAt(at, () => this.#ring())
  }

  #ring(): void {
    this.#armedAt = null
    this.#disarm = null
    if (this.#state === 'passing') return
    void this.#parts.inFlight.during(this.#fire())
  }

  async #fire(): Promise<void> {
    this.#state = 'passing'
    let next: Instant | null
    try {
      await this.#begin()
      next = await this.#next()
    } catch (error) {
      this.#parts.log.error('timers not read', { error })
      next = this.#in(backOffMs)
    }
    if (this.#state === 'passing') this.#state = 'resting'
    this.#arm(next)
  }

  /** The first moment at which somebody is due whom no tick under way and no back-off covers. */
  async #next(): Promise<Instant | null> {
    const { store } = this.#parts
    if (this.#ticking.size === 0 && this.#backOffs.size === 0) return store.nextDue()
    const listed = await store.due(endOfTime, this.#ticking.size + this.#backOffs.size + 1)
    let next: Instant | null = null
    for (const { until } of this.#backOffs.values()) if (next === null || until < next) next = until
    const free = listed.find(({ id }) => !this.#ticking.has(id) && !this.#backOffs.has(id))
    return free && (next === null || free.at < next) ? free.at : next
  }
}
