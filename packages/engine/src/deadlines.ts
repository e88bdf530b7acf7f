import { type Instant, instant } from '@busbar/kernel'
import type { Clock } from './api.js'

/** What falls due within this span is called back together, at its end: a little late, never early. */
const spanMs = 20

interface Batch {
  readonly callbacks: Set<() => void>
  readonly disarm: () => void
}

/** Alarms for the many waits that bear to end a moment late: all of one span share one timer. */
export class Deadlines {
  readonly #clock: Clock
  readonly #batches = new Map<Instant, Batch>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls back once. Returns how to drop it. The same callback must not be set twice for one moment. */
  set(at: Instant, callback: () => void): () => void {
    const end = instant(Math.ceil(at / spanMs) * spanMs)
    const batch = this.#batchAt(end)
    batch.callbacks.add(callback)
    return () => {
      if (batch.callbacks.delete(callback) && batch.callbacks.size === 0) this.#close(end, batch)
    }
  }

  #batchAt(end: Instant): Batch {
    let batch = this.#batches.get(end)
    if (batch) return batch
    batch = { callbacks: new Set(), disarm: this.#clock.wakeAt(end, () => this.#ring(end)) }
    this.#batches.set(end, batch)
    return batch
  }

  #ring(end: Instant): void {
    const batch = this.#batches.get(end)
    if (!batch) return
    this.#batches.delete(end)
    for (const callback of batch.callbacks) callback()
  }

  #close(end: Instant, batch: Batch): void {
    if (this.#batches.get(end) !== batch) return
    this.#batches.delete(end)
    batch.disarm()
  }
}
