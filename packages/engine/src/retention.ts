import { after, type ExecutionId, type Instant, instant } from '@busbar/kernel'
import type { Store } from '@busbar/store'
import type { Clock, EngineLog, Retention } from './api.js'
import type { InFlight } from './in-flight.js'

export interface RetentionParts extends Retention {
  readonly store: Store
  readonly clock: Clock
  readonly log: EngineLog
  readonly inFlight: InFlight
  readonly chance: () => number
  /** They are gone: what is kept of them is worth nothing. */
  readonly forget: (ids: readonly ExecutionId[]) => Promise<void>
  /** Payloads that nobody came to use. */
  readonly removeUnused: (before: Instant, count: number) => Promise<number>
}

const roundMs = 10 * 60_000
const batchSize = 200
/** Between batches others have their turn: retention is never in a hurry. */
const pauseMs = 100
/** A snapshot that nobody runs by may be wanted again by a server that knows it is stored (`Plans`). */
const snapshotMs = 24 * 3_600_000
/** Between an upload and the request that names it. */
const unusedMs = 24 * 3_600_000

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
    await forget(removed)
    const silenced = logsMs === null ? 0 : await store.removeLogs(before(logsMs), batchSize)
    const snapshots = await store.removeSnapshots(before(snapshotMs), batchSize)
    const payloads = await this.#parts.removeUnused(before(unusedMs), batchSize)
    if (removed.length + silenced + snapshots + payloads > 0)
      log.info('retention', { executions: removed.length, logsOfExecutions: silenced, snapshots, payloads })
    return Math.max(removed.length, silenced, snapshots, payloads) >= batchSize
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
