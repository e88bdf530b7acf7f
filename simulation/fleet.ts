/** The servers of a run: one, or several on one durable state. Each lives and dies by itself; time is the same for all. */
import type { Evaluator } from '@busbar/engine'
import { type Instant, instant } from '@busbar/kernel'
import type { Fault, MemoryStore } from '@busbar/store/testing'
import type { Ledger } from './ledger.js'
import { Life } from './life.js'
import type { Random } from './random.js'
import type { MakeStore } from './watched-store.js'

export interface FleetOptions {
  readonly servers: number
  readonly ledger: Ledger
  readonly makeStore: MakeStore
  /** Decides about the next flush of one of them. */
  readonly fault: () => Fault | undefined
  /** Whether the next hint from one to another is lost. */
  readonly lose: () => boolean
  /** Of the engines' own ids and jitter. */
  readonly chance: Random
  /** Of all of them. */
  readonly evaluator: Evaluator
  readonly startsAt: number
}

export class Fleet {
  readonly #options: FleetOptions
  readonly #lives: Life[] = []
  #now: Instant
  /** Since when all of them live. */
  wholeSince: Instant

  constructor(options: FleetOptions) {
    this.#options = options
    this.#now = instant(options.startsAt)
    this.wholeSince = this.#now
    for (let i = 0; i < options.servers; i++) this.#lives.push(this.#born(this.#lives[0]?.store))
  }

  get now(): Instant {
    return this.#now
  }

  get alive(): readonly Life[] {
    return this.#lives.filter(life => !life.isOver)
  }

  get hasDead(): boolean {
    return this.#lives.some(life => life.isOver)
  }

  /** Whom a caller meets: one of the living, or, where none is left, one who never answers. */
  any(random: Random): Life {
    const { alive } = this
    const [only] = alive.length > 1 ? [random.pick(alive)] : alive.length === 1 ? alive : this.#lives
    if (!only) throw new Error('a fleet has a server')
    return only
  }

  /** Any of their stores: it holds what is durable, dead or alive. */
  get store(): MemoryStore {
    const [first] = this.#lives
    if (!first) throw new Error('a fleet has a server')
    return first.store
  }

  /** Puts a new server in the place of a dead one. It must be started. */
  replaceDead(): Life | null {
    const index = this.#lives.findIndex(life => life.isOver)
    const dead = this.#lives[index]
    if (!dead) return null
    const next = this.#born(dead.store)
    this.#lives[index] = next
    this.wholeSince = this.#now
    return next
  }

  // ── Time ──

  /** The next alarm of the living. */
  get next(): Instant | null {
    const moments = this.alive.map(life => life.clock.next()).filter(moment => moment !== null)
    return moments.length === 0 ? null : instant(Math.min(...moments))
  }

  advance(ms: number): void {
    this.moveTo(instant(this.#now + ms))
  }

  /** Alarms ring in the order of time, whoever set them. */
  moveTo(moment: Instant): void {
    for (let next = this.next; next !== null && next <= moment; next = this.next) this.#setClocks(next)
    this.#setClocks(moment)
  }

  #setClocks(moment: Instant): void {
    if (moment > this.#now) this.#now = moment
    for (const life of this.alive) life.clock.moveTo(moment)
  }

  /** What one of them does may be news for the others. */
  async idle(): Promise<void> {
    for (let round = 0; round < Math.min(this.#lives.length, 3); round++) for (const life of this.alive) await life.idle()
  }

  #born(origin?: MemoryStore): Life {
    const { ledger, makeStore, fault, chance, evaluator, lose, servers } = this.#options
    return new Life({
      ledger,
      makeStore,
      fault,
      chance,
      evaluator,
      lose,
      isShared: servers > 1,
      startsAt: this.#now,
      now: () => this.#now,
      ...(origin && { origin }),
    })
  }
}
