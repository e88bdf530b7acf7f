/**
 * The other servers on the same store, if there are any. What is said and heard here are hints: they save time and asking,
 * and nothing is true because of them.
 */
import type { ExecutionId, QueueName } from '@busbar/kernel'
import type { Heard, News as Told, Sharing } from '@busbar/store'
import type { News } from './watchers.js'

export interface NeighbourParts {
  readonly sharing: Sharing | null
  /** Another server left something claimable in a queue. */
  readonly onStocked: (queue: QueueName) => void
  /** Another server committed an execution. */
  readonly onChanged: (id: ExecutionId, news: News) => void
  readonly onLogged: (id: ExecutionId) => void
  readonly onWorkers: () => void
  readonly onDefinitions: () => void
  /** Another server has looked for what was left lying. */
  readonly onSurveyed: () => void
  /** Hints may have been lost. */
  readonly onLost: () => void
}

export class Neighbours {
  readonly #parts: NeighbourParts
  #unhear: (() => void) | null = null

  constructor(parts: NeighbourParts) {
    this.#parts = parts
  }

  start(): void {
    this.#unhear ??= this.#parts.sharing?.hear(heard => this.#take(heard)) ?? null
  }

  stop(): void {
    this.#unhear?.()
    this.#unhear = null
  }

  tell(news: Told): void {
    this.#parts.sharing?.tell(news)
  }

  #take(heard: Heard): void {
    const { onStocked, onChanged, onLogged, onWorkers, onDefinitions, onSurveyed, onLost } = this.#parts
    if (heard.kind === 'lost') return onLost()
    const { stocked, changed, logged, workers, definitions, surveyed } = heard.news
    // Views first: who is woken by the rest must not meet an old one.
    for (const { id, ended } of changed ?? []) onChanged(id, { ended })
    for (const id of logged ?? []) onLogged(id)
    for (const queue of stocked ?? []) onStocked(queue)
    if (workers) onWorkers()
    if (definitions) onDefinitions()
    if (surveyed) onSurveyed()
  }
}
