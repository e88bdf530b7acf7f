import { type Instant, instant, type QueueName, type WorkerId } from '@busbar/kernel'
import type { Store } from '@busbar/store'
import type { Clock, EngineLog, ServiceRule } from './api.js'
import { Lru } from './lru.js'

export interface PollNote {
  readonly queue: QueueName
  readonly worker: WorkerId
  at: Instant
}

/** Workers of one rule: which one of them is alive makes no difference. */
interface Crew {
  readonly rule: ServiceRule
  lastSeen: Instant
}

const workersMax = 100_000
const crewsMax = 10_000
const pollNotesMax = 10_000
const flushMs = 5_000
const pageSize = 1_000

/** Who was last seen and when, who polled what. Signs of life are written behind, in batches. */
export class WorkerBook {
  readonly #store: Store
  readonly #clock: Clock
  readonly #log: EngineLog
  readonly #seen = new Lru<WorkerId, Instant>(workersMax)
  readonly #polls = new Lru<string, PollNote>(pollNotesMax)
  readonly #lastPolls = new Lru<QueueName, Instant>(pollNotesMax)
  readonly #crews = new Lru<string, Crew>(crewsMax)
  readonly #crewOf = new Lru<WorkerId, Crew>(workersMax)
  #unwritten = new Map<WorkerId, Instant>()
  #cancelFlush: (() => void) | null = null
  #openedAt: Instant

  constructor(store: Store, clock: Clock, log: EngineLog) {
    this.#store = store
    this.#clock = clock
    this.#log = log
    this.#openedAt = clock.now()
  }

  async load(): Promise<void> {
    this.#openedAt = this.#clock.now()
    for (let offset = 0; offset < workersMax; offset += pageSize) {
      const { workers } = await this.#store.workers(offset, pageSize)
      for (const worker of workers) this.#seen.set(worker.id, worker.lastSeen)
      if (workers.length < pageSize) return
    }
  }

  seen(worker: WorkerId, at: Instant): void {
    this.#seen.set(worker, at)
    const crew = this.#crewOf.get(worker)
    if (crew && crew.lastSeen < at) crew.lastSeen = at
    this.#unwritten.set(worker, at)
    this.#cancelFlush ??= this.#clock.wakeAt(instant(this.#clock.now() + flushMs), () => void this.flush())
  }

  lastSeen(worker: WorkerId): Instant | null {
    return this.#seen.get(worker) ?? null
  }

  /** Since when a worker's silence counts: before this server was there, it had nobody to give a sign to. */
  silentSince(worker: WorkerId): Instant {
    return instant(Math.max(this.#seen.get(worker) ?? 0, this.#openedAt))
  }

  /** Notes what a worker takes. `at`: its poll says so, and that it lives; else it was last seen when it was. */
  serves(worker: WorkerId, rule: ServiceRule, at: Instant | null = this.lastSeen(worker)): void {
    if (at === null) return
    let crew = this.#crews.get(rule.key)
    if (!crew) this.#crews.set(rule.key, (crew = { rule, lastSeen: at }))
    if (crew.lastSeen < at) crew.lastSeen = at
    if (this.#crewOf.get(worker) !== crew) this.#crewOf.set(worker, crew)
  }

  /** Whether a worker seen since then takes from the queue. Who was there before this server was, nobody knows: then yes. */
  canServe(queue: QueueName, since: Instant): boolean {
    if (since < this.#openedAt) return true
    for (const { rule, lastSeen } of this.#crews.values()) if (lastSeen >= since && rule.serves(queue)) return true
    return false
  }

  /** Never rejects: a sign of life that was not written is only older than it could be. */
  async flush(): Promise<void> {
    this.#cancelFlush?.()
    this.#cancelFlush = null
    if (this.#unwritten.size === 0) return
    const seen = [...this.#unwritten].map(([id, at]) => ({ id, at }))
    this.#unwritten = new Map()
    try {
      await this.#store.seenWorkers(seen)
    } catch (error) {
      this.#log.warn('signs of life not written', { workers: seen.length, error })
    }
  }

  polled(queue: QueueName, worker: WorkerId, at: Instant): void {
    const key = `${queue}\n${worker}`
    const note = this.#polls.get(key)
    if (note) note.at = at
    else this.#polls.set(key, { queue, worker, at })
    this.#lastPolls.set(queue, at)
  }

  lastPoll(queue: QueueName): Instant | null {
    return this.#lastPolls.get(queue) ?? null
  }

  pollData(queue?: QueueName): readonly PollNote[] {
    const notes = [...this.#polls.values()].filter(note => queue === undefined || note.queue === queue)
    return notes.reverse().sort((a, b) => b.at - a.at)
  }
}
