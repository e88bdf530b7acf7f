import { type Instant, instant } from '@busbar/kernel'
import type { Clock } from '../api.js'

interface Alarm {
  readonly at: Instant
  /** Alarms of the same moment ring in the order in which they were set. */
  readonly order: number
  readonly callback: () => void
}

/**
 * A clock that stands still until a test moves it. Deterministic: alarms ring in order of time, then of setting. An
 * alarm that is due when it is set rings in the next turn of the event loop, as on the system's clock.
 */
export class ManualClock implements Clock {
  #now: Instant
  #order = 0
  readonly #alarms = new Set<Alarm>()

  constructor(start = 1_700_000_000_000) {
    this.#now = instant(start)
  }

  now(): Instant {
    return this.#now
  }

  wakeAt(at: Instant, callback: () => void): () => void {
    if (at <= this.#now) {
      const immediate = setImmediate(callback)
      return () => clearImmediate(immediate)
    }
    const alarm = { at, order: this.#order++, callback }
    this.#alarms.add(alarm)
    return () => this.#alarms.delete(alarm)
  }

  /** The moment of the next alarm, or null when none is set. */
  next(): Instant | null {
    return this.#earliest()?.at ?? null
  }

  /** Moves to `moment` and rings what became due on the way, each at its own moment. Never moves back. */
  moveTo(moment: Instant): void {
    for (let alarm = this.#earliest(); alarm && alarm.at <= moment; alarm = this.#earliest()) {
      this.#alarms.delete(alarm)
      if (alarm.at > this.#now) this.#now = alarm.at
      alarm.callback()
    }
    if (moment > this.#now) this.#now = moment
  }

  advance(ms: number): void {
    this.moveTo(instant(this.#now + ms))
  }

  #earliest(): Alarm | undefined {
    let first: Alarm | undefined
    for (const alarm of this.#alarms) if (!first || alarm.at < first.at || (alarm.at === first.at && alarm.order < first.order)) first = alarm
    return first
  }
}
