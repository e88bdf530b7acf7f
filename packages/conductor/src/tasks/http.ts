import type { TaskRule } from '../decide/mapping.js'
import { effectQueueOf } from '../queue.js'

/** A request over HTTP, made by the engine's own worker. */
export const http: TaskRule = {
  effect: 'http',
  schedule(mapping, place) {
    const { task } = place.node
    const input = { ...mapping.input(place.node), asyncComplete: task.asyncComplete }
    mapping.add(place, { type: 'HTTP', name: task.name, input, how: 'effect', queue: effectQueueOf('http'), startDelay: task.startDelay })
  },
}
