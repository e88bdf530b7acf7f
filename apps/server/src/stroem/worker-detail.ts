import type { ServiceRule } from '@busbar/engine'
import type { StoredWorker } from '@busbar/store'
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

/** What a worker can take that registered here, before a restart, or with another server. */
export function storedServiceOf({ detail }: StoredWorker): ServiceRule {
  // Written by the registration route.
  return serviceOf(JSON.parse(detail) as WorkerDetail)
}
