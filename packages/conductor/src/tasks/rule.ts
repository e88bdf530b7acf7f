import type { Mapping } from '../decide/mapping.js'
import type { Place } from '../decide/draft.js'
import type { Turn } from '../decide/turn.js'
import type { Task } from '../decide/book.js'
import type { Node } from '../plan.js'

/** All a task type is: one file per type exports one of these. */
export interface TaskRule {
  /** A failure of it is never tried again. */
  readonly isBuiltIn?: true
  /** Adds the drafts of a node: its own, and what is scheduled together with it. */
  readonly schedule: (mapping: Mapping, place: Place) => void
  /**
   * Looks at an open task that the engine itself runs, and ends it when it is done. Called when it was opened and when
   * something that concerns it happened; looking in vain changes nothing.
   */
  readonly look?: (turn: Turn, task: Task, node: Node) => void
}

/** A task of the engine that needs nothing but its input. */
export function scheduleWithInput(mapping: Mapping, place: Place): void {
  const { task } = place.node
  mapping.add(place, { type: task.type, name: task.name, input: mapping.input(place.node), how: 'engine' })
}
