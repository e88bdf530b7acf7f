import { after, type Instant } from '@busbar/kernel'
import type { Clock, EngineLog } from './api.js'
import type { InFlight } from './in-flight.js'

export interface SweepParts {
  readonly clock: Clock
  readonly log: EngineLog
  readonly inFlight: InFlight
  readonly sweepMs: number
  /** Added to a postponed sweep, so that servers that were postponed together do not sweep together. */
  readonly staggerMs: () => number
  readonly sweep: () => Promise<void>
}

const soonMs = 1_000

/** The safety net: healthy work never waits for it. After something was left undone it comes sooner. */
export class Sweeps {
  readonly #parts: SweepParts
  #isOn = false
  #isSweeping = false
  #isAskedSoon = false
  /** The next sweep is one that was asked for. */
  #isSoon = false
  #failures = 0
  #at: Instant | null = null
  #cancel: (() => void) | null = null

  constructor(parts: SweepParts) {
    this.#parts = parts
  }

  start(): void {
    this.#isOn = true
    this.#arm(this.#isAskedSoon ? this.#delayMs() : this.#parts.sweepMs)
  }

  stop(): void {
    this.#isOn = false
    this.#cancel?.()
    this.#cancel = null
  }

  /** Sweeps before long: after a second at first, then after a growing time while sweeps leave things undone. */
  soon(): void {
    if (this.#isSweeping || !this.#isOn) this.#isAskedSoon = true
    else {
      this.#isSoon = true
      this.#arm(this.#delayMs())
    }
  }

  /** Another server has just looked: this one need not for a while. */
  postpone(): void {
    if (!this.#isOn || this.#isSweeping || this.#isSoon || this.#failures > 0) return
    this.#cancel?.()
    this.#cancel = null
    this.#arm(this.#parts.sweepMs + this.#parts.staggerMs())
  }

  #delayMs(): number {
    return Math.min(soonMs * 2 ** this.#failures, this.#parts.sweepMs)
  }

  #arm(delayMs: number): void {
    const { clock, inFlight } = this.#parts
    const at = after(clock.now(), delayMs)
    if (this.#cancel && this.#at !== null && this.#at <= at) return
    this.#cancel?.()
    this.#at = at
    this.#cancel = clock.wakeAt(at, () => void inFlight.during(this.#run()))
  }

  async #run(): Promise<void> {
    this.#cancel = null
    this.#isSweeping = true
    this.#isAskedSoon = false
    this.#isSoon = false
    try {
      await this.#parts.sweep()
    } catch (error) {
      this.#isAskedSoon = true
      this.#parts.log.error('sweep failed', { error })
    }
    this.#isSweeping = false
    this.#failures = this.#isAskedSoon ? this.#failures + 1 : 0
    if (this.#isOn) this.#arm(this.#isAskedSoon ? this.#delayMs() : this.#parts.sweepMs)
  }
}
