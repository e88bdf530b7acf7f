import type { ExecutionId } from '@busbar/kernel'
import type { EngineLog } from './api.js'

/** What a watcher hears: a commit of the execution, or new lines of its log. */
export interface News {
  /** The execution is terminal, as far as this news tells. */
  readonly ended: boolean
}

export type Listener = (news: News) => void

export class Watchers {
  readonly #listeners = new Map<ExecutionId, Set<Listener>>()
  readonly #log: EngineLog

  constructor(log: EngineLog) {
    this.#log = log
  }

  watch(id: ExecutionId, listener: Listener): () => void {
    let listeners = this.#listeners.get(id)
    if (!listeners) this.#listeners.set(id, (listeners = new Set()))
    listeners.add(listener)
    return () => {
      const current = this.#listeners.get(id)
      if (current?.delete(listener) && current.size === 0) this.#listeners.delete(id)
    }
  }

  /** Whoever watches anything looks again. */
  tellAll(): void {
    for (const id of [...this.#listeners.keys()]) this.tell(id, { ended: false })
  }

  tell(id: ExecutionId, news: News): void {
    const listeners = this.#listeners.get(id)
    if (!listeners) return
    for (const listener of [...listeners]) {
      try {
        listener(news)
      } catch (error) {
        this.#log.error('watcher threw', { execution: id, error })
      }
    }
  }
}
