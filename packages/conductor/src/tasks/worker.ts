import type { TaskRule } from '../decide/mapping.js'
import { isSimple } from '../definition/types.js'

/** Done by a worker. A SIMPLE task's type is its name; any other type that is not the engine's own is a queue of its own. */
export const worker: TaskRule = {
  schedule(mapping, place) {
    const { task } = place.node
    const type = isSimple(task.type) ? task.name : task.type
    mapping.addWorkerTask(place, type, task.name, mapping.input(place.node))
  },
}
