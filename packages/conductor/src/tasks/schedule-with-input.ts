import type { Place } from '../decide/draft.js'
import type { Mapping } from '../decide/mapping.js'

/** A task of the engine that needs nothing but its input. */
export function scheduleWithInput(mapping: Mapping, place: Place): void {
  const { task } = place.node
  mapping.add(place, { type: task.type, name: task.name, input: mapping.input(place.node), how: 'engine' })
}
