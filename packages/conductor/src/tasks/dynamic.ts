import { isEngineType } from './engine-types.js'
import { javaText } from '../expression/java-text.js'
import { effectQueueOf } from '../queue.js'
import type { TaskRule } from '../decide/mapping.js'

/** Its input names the task that it becomes: a worker's, or one of the engine's own types. */
export const dynamic: TaskRule = {
  schedule(mapping, place) {
    const { task } = place.node
    const parameter = task.dynamicTaskNameParam ?? ''
    const input = mapping.input(place.node)
    const value = input[parameter]
    if (value === null || value === undefined) {
      const reason = `Cannot map a dynamic task based on the parameter and input. Parameter= ${parameter}, input= ${javaText(input)}`
      return mapping.fail(reason)
    }
    const type = javaText(value)
    const { effect } = mapping.ruleOf(type)
    if (effect !== undefined) return mapping.add(place, { type, name: type, input, how: 'effect', queue: effectQueueOf(effect), startDelay: task.startDelay })
    const isKnown = isEngineType(type) && (type === 'HUMAN' || mapping.ruleOf(type).look !== undefined)
    if (!isKnown) return mapping.addWorkerTask(place, type, type, input)
    mapping.add(place, { type, name: type, input, how: 'engine' })
  },
}
