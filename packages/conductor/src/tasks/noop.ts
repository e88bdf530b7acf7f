import type { TaskRule } from '../decide/mapping.js'

/** Does nothing, and drops its input. */
export const noop: TaskRule = {
  schedule: (mapping, place) => mapping.add(place, { type: 'NOOP', name: place.node.task.name, input: {}, how: 'engine' }),
  look: (turn, task) => turn.close(task, 'completed', {}),
}
