import { after, type ExecutionId, instant } from '@busbar/kernel'
import type { Store } from '@busbar/store'
import type { Clock, EngineLog, Retention } from './api.js'
import type { InFlight } from './in-flight.js'

export interface RetentionParts extends Retention {
  readonly store: Store
  readonly clock: Clock
  readonly log: EngineLog
  readonly inFlight: InFlight
  readonly chance: () => number
  /** An execution is gone: what is kept of it is worth nothing. */
  readonly forget: (id: ExecutionId) => void
}

const roundMs = 10 * 60_000
const batchSize = 200
/** Between batches others have their turn: retention is never in a hurry. */
const pauseMs = 100
/** A snapshot that nobody runs by may be wanted again by a server that knows it is stored (`Plans`). */
const snapshotMs = 24 * 3_600_000

/** Deletes what ended long ago, a little at a time. Several servers may do so side by side. */
export class RetentionLoop {
  readonly #parts: RetentionParts
  #cancel: (() => void) | null = null
  #isOn = false

  constructor(parts: RetentionParts) {
    this.#parts = parts
  }

  start(): void {
    this.#isOn = true
    // Servers that were started together do not begin together.
    this.#later(Math.floor(roundMs * this.#parts.chance()))
  }

  stop(): void {
    this.#isOn = false
    this.#cancel?.()
    this.#cancel = null
  }

  /** One batch of each kind; true when there may be more. */
  async runOnce(): Promise<boolean> {
    const { store, clock, executionsMs, logsMs, forget, log } = this.#parts
    const now = clock.now()
    const before = (ms: number) => instant(Math.max(0, now - ms))
    const removed = executionsMs === null ? [] : await store.removeEnded(before(executionsMs), batchSize)
    for (const id of removed) forget(id)
    const silenced = logsMs === null ? 0 : await store.removeLogs(before(logsMs), batchSize)
    const snapshots = await store.removeSnapshots(before(snapshotMs), batchSize)
    if (removed.length + silenced + snapshots > 0) log.info('retention', { executions: removed.length, logsOfExecutions: silenced, snapshots })
    return Math.max(removed.length, silenced, snapshots) >= batchSize
  }

  #later(ms: number): void {
    const { clock, inFlight } = this.#parts
    this.#cancel = clock.wakeAt(after(clock.now(), ms), () => void inFlight.during(this.#run()))
  }

  async #run(): Promise<void> {
    let hasMore = false
    try {
      hasMore = await this.runOnce()
    } catch (error) {
      this.#parts.log.warn('retention failed; it goes on later', { error })
    }
    if (this.#isOn) this.#later(hasMore ? pauseMs : roundMs)
  }
}
