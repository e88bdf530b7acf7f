import type { EngineApi } from '@busbar/engine'
import { type Ability, serviceOf } from '@busbar/stroem'

/** What is kept about a registered worker, as JSON text. */
export interface WorkerDetail {
  readonly abilities: readonly Ability[]
  readonly tags: readonly string[]
  readonly exclusive: boolean
  readonly version: string | null
  /** It speaks the words of the first generations. */
  readonly isLegacy: boolean
}

const pageSize = 500
const recalledMax = 100_000

/** Workers that registered before the server was started anew need not do so again: what they can take is known. */
export async function recallWorkers(engine: EngineApi): Promise<void> {
  for (let offset = 0; offset < recalledMax; offset += pageSize) {
    const { workers } = await engine.store.workers(offset, pageSize)
    // Written by the registration route.
    for (const { id, detail } of workers) engine.serves(id, serviceOf(JSON.parse(detail) as WorkerDetail))
    if (workers.length < pageSize) return
  }
}
