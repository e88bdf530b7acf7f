import type { TaskRule } from '../decide/mapping.js'
import { effectQueueOf } from '../queue.js'

/** Publishes one record to the Kafka cluster that its input names. */
export const kafkaPublish: TaskRule = {
  effect: 'kafka',
  schedule(mapping, place) {
    const { task } = place.node
    const input = mapping.input(place.node)
    mapping.add(place, { type: 'KAFKA_PUBLISH', name: task.name, input, how: 'effect', queue: effectQueueOf('kafka'), startDelay: task.startDelay })
  },
}
