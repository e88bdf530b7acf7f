/**
 * Calls of one event-loop turn form one flush, in the order of the calls. There is no timer: an idle store answers after
 * one sync, a busy one shares each sync among all that came meanwhile.
 *
 * F1. Calls take effect in the order in which they were made.
 * F2. A read that finds nothing queued is answered at once; else it waits its turn, so that it sees the writes before it.
 */
import { Problem } from '@busbar/kernel'

export interface Call {
  /** Does the work; its result is what the caller is answered with, if the flush succeeds. */
  readonly run: () => unknown
  readonly settle: (result: unknown) => void
  readonly fail: (error: unknown) => void
}

/** Calls in one flush: more would hold the event loop, and everybody in the flush, for too long. */
const callsPerFlushMax = 1_000

export class FlushQueue {
  readonly #flush: (calls: readonly Call[]) => void
  readonly #schedule: (callback: () => void) => void
  #calls: Call[] = []
  #isScheduled = false
  #isClosed = false

  /** `flush` answers every call it is given before it returns; only a simulated crash leaves them unanswered. */
  constructor(flush: (calls: readonly Call[]) => void, schedule: (callback: () => void) => void = setImmediate) {
    this.#flush = flush
    this.#schedule = schedule
  }

  write<Result>(run: () => Result): Promise<Result> {
    if (this.#isClosed) return Promise.reject(closed())
    return new Promise<Result>((settle, fail) => {
      // The promise's own `settle` gets what `run` returned, and nothing else.
      this.#calls.push({ run, settle: settle as (result: unknown) => void, fail })
      this.#ask()
    })
  }

  read<Result>(run: () => Result): Promise<Result> {
    if (this.#calls.length > 0 || this.#isClosed) return this.write(run)
    try {
      return Promise.resolve(run())
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Flushes what was accepted; later calls are refused. */
  close(): void {
    this.#isClosed = true
    while (this.#calls.length > 0) this.#turn()
  }

  #ask(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#schedule(() => {
      this.#isScheduled = false
      if (this.#calls.length > 0) this.#turn()
      if (this.#calls.length > 0) this.#ask()
    })
  }

  #turn(): void {
    if (this.#calls.length <= callsPerFlushMax) {
      const calls = this.#calls
      this.#calls = []
      this.#flush(calls)
    } else this.#flush(this.#calls.splice(0, callsPerFlushMax))
  }
}

function closed(): Problem {
  return new Problem('unavailable', 'the store is closed; open it before you use it')
}
