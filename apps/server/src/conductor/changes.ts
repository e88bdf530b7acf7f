/** Waiting for changes of executions: what is watched before it is read is never missed. */
import type { EngineApi } from '@busbar/engine'
import type { ExecutionId } from '@busbar/kernel'
import type { Call } from '../http/call.js'

/** Where others write too, a change may be heard of late: then it is looked for this often. */
const lookAgainMs = 1_000

export function changeWaitMs(engine: EngineApi, leftMs: number): number {
  return engine.store.sharing ? Math.min(leftMs, lookAgainMs) : leftMs
}

/** Counts the changes of the executions it watches. */
export class Changes {
  count = 0
  readonly #engine: EngineApi
  readonly #watched = new Map<ExecutionId, () => void>()
  #wake: (() => void) | null = null

  constructor(engine: EngineApi) {
    this.#engine = engine
  }

  watch(id: ExecutionId): void {
    if (this.#watched.has(id)) return
    const stop = this.#engine.watch(id, () => {
      this.count += 1
      this.#wake?.()
    })
    this.#watched.set(id, stop)
  }

  /** Resolves when there were more than `seen`, when the time is up, or when the caller goes away. */
  after(seen: number, ms: number, call: Call): Promise<void> {
    if (this.count > seen) return Promise.resolve()
    return new Promise(resolve => {
      const end = () => {
        clearTimeout(timer)
        forget()
        this.#wake = null
        resolve()
      }
      const timer = setTimeout(end, ms)
      const forget = call.onGone(end)
      this.#wake = end
    })
  }

  stop(): void {
    for (const stop of this.#watched.values()) stop()
  }
}
