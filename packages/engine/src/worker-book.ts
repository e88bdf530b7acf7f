import { after, type Instant, instant, type QueueName, type WorkerId } from '@busbar/kernel'
import type { PollSign, Sharing, Store, StoredWorker } from '@busbar/store'
import type { Clock, EngineLog, ServiceRule } from './api.js'
import { Lru } from './lru.js'

interface PollNote {
  readonly queue: QueueName
  readonly worker: WorkerId
  at: Instant
  isWritten: boolean
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
/** Other servers read what is written, and some of them count in seconds. */
const sharedFlushMs = 3_000
const pageSize = 1_000
/** What was read of other servers' workers is believed for so long. */
const freshMs = 5_000
/** Signs of life are written late: workers are read back from so long before the last look. */
const overlapMs = 60_000

/**
 * Who was last seen and when, who polled what. Signs of life are written behind, in batches. Where servers share the
 * store, a worker may speak to any of them: what others wrote is read before silence is taken for death (`refresh`).
 */
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
  readonly #sharing: Sharing | null
  readonly #serviceOf: (worker: StoredWorker) => ServiceRule | null
  #readAt: Instant | null = null
  #reading: Promise<void> | null = null

  constructor(store: Store, clock: Clock, log: EngineLog, serviceOf: (worker: StoredWorker) => ServiceRule | null = () => null) {
    this.#store = store
    this.#sharing = store.sharing
    this.#serviceOf = serviceOf
    this.#clock = clock
    this.#log = log
    this.#openedAt = clock.now()
  }

  async load(): Promise<void> {
    this.#openedAt = this.#clock.now()
    for (let offset = 0; offset < workersMax; offset += pageSize) {
      const { workers } = await this.#store.workers(offset, pageSize)
      for (const worker of workers) this.#learn(worker)
      if (workers.length < pageSize) break
    }
    this.#readAt = this.#openedAt
  }

  /** Nobody could give a sign of life meanwhile, or it could not be written: silence counts from now on. */
  wasBlind(): void {
    this.#openedAt = this.#clock.now()
  }

  /** Somebody registered with another server. */
  doubt(): void {
    this.#readAt = this.#readAt && instant(Math.min(this.#readAt, this.#clock.now() - freshMs))
  }

  /** Reads what other servers know of workers; null: what is known is fresh, or this is the only server. */
  refresh(): Promise<void> | null {
    const readAt = this.#readAt ?? this.#openedAt
    if (!this.#sharing || this.#clock.now() - readAt < freshMs) return null
    this.#reading ??= this.#read(this.#sharing, readAt).finally(() => {
      this.#reading = null
    })
    return this.#reading
  }

  async #read(sharing: Sharing, readAt: Instant): Promise<void> {
    const now = this.#clock.now()
    for (const worker of await sharing.workersSince(instant(Math.max(0, readAt - overlapMs)), workersMax)) this.#learn(worker)
    this.#readAt = now
  }

  #learn(worker: StoredWorker): void {
    const { id, lastSeen } = worker
    if ((this.#seen.get(id) ?? 0) < lastSeen) this.#seen.set(id, lastSeen)
    const rule = this.#serviceOf(worker)
    if (rule) this.serves(id, rule, lastSeen)
  }

  seen(worker: WorkerId, at: Instant): void {
    this.#seen.set(worker, at)
    const crew = this.#crewOf.get(worker)
    if (crew && crew.lastSeen < at) crew.lastSeen = at
    this.#unwritten.set(worker, at)
    this.#flushLater()
  }

  #flushLater(): void {
    this.#cancelFlush ??= this.#clock.wakeAt(after(this.#clock.now(), this.#sharing ? sharedFlushMs : flushMs), () => void this.flush())
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

  /** Never rejects: what was not written is written with the next. */
  async flush(): Promise<void> {
    this.#cancelFlush?.()
    this.#cancelFlush = null
    await Promise.all([this.#flushSeen(), this.#flushPolls()])
  }

  async #flushSeen(): Promise<void> {
    if (this.#unwritten.size === 0) return
    const seen = this.#unwritten
    this.#unwritten = new Map()
    try {
      await this.#store.seenWorkers([...seen].map(([id, at]) => ({ id, at })))
    } catch (error) {
      this.#log.warn('signs of life not written', { workers: seen.size, error })
      this.#unwritten = new Map([...seen, ...this.#unwritten])
      this.#flushLater()
    }
  }

  /** Only other servers read them. */
  async #flushPolls(): Promise<void> {
    if (!this.#sharing) return
    const notes = [...this.#polls.values()].filter(note => !note.isWritten)
    if (notes.length === 0) return
    for (const note of notes) note.isWritten = true
    try {
      await this.#sharing.putPolls(notes.map(({ queue, worker, at }) => ({ queue, worker, at })))
    } catch (error) {
      this.#log.warn('polls not written', { polls: notes.length, error })
      for (const note of notes) note.isWritten = false
      this.#flushLater()
    }
  }

  /** What to wait for before the poll is answered: other servers must know of a worker that polls a queue for the first time. */
  polled(queue: QueueName, worker: WorkerId, at: Instant): Promise<void> | null {
    const key = `${queue}\n${worker}`
    const note = this.#polls.get(key)
    if (note) {
      note.at = at
      note.isWritten = false
    } else this.#polls.set(key, { queue, worker, at, isWritten: false })
    this.#lastPolls.set(queue, at)
    if (!this.#sharing) return null
    if (!note) return this.#flushPolls()
    this.#flushLater()
    return null
  }

  /** When each queue was last polled, of this server or, where there are others, of any. */
  lastPolls(queues: readonly QueueName[]): readonly (Instant | null)[] | Promise<readonly (Instant | null)[]> {
    const own = queues.map(queue => this.#lastPolls.get(queue) ?? null)
    return this.#sharing && queues.length > 0 ? this.#withOthers(this.#sharing, queues, own) : own
  }

  async #withOthers(sharing: Sharing, queues: readonly QueueName[], own: readonly (Instant | null)[]): Promise<readonly (Instant | null)[]> {
    const latest = new Map<QueueName, Instant>()
    for (const { queue, at } of await sharing.polls(queues, pollNotesMax)) if ((latest.get(queue) ?? 0) < at) latest.set(queue, at)
    return queues.map((queue, index) => {
      const [mine, theirs] = [own[index] ?? null, latest.get(queue) ?? null]
      return mine !== null && theirs !== null ? instant(Math.max(mine, theirs)) : (mine ?? theirs)
    })
  }

  /** Latest first. */
  async pollData(queue?: QueueName): Promise<readonly PollSign[]> {
    const found = new Map<string, PollSign>()
    const stored = this.#sharing ? await this.#sharing.polls(queue === undefined ? null : [queue], pollNotesMax) : []
    for (const sign of [...stored, ...this.#polls.values()]) {
      if (queue !== undefined && sign.queue !== queue) continue
      const key = `${sign.queue}\n${sign.worker}`
      const known = found.get(key)
      if (!known || known.at < sign.at) found.set(key, { queue: sign.queue, worker: sign.worker, at: sign.at })
    }
    return [...found.values()].reverse().sort((a, b) => b.at - a.at)
  }
}
