import { after } from '@busbar/kernel'
import type { TaskRule } from '../decide/mapping.js'
import { eventQueueOf } from '../queue.js'
import { eventNamespace } from '../start/event-message.js'
import { worker } from './worker.js'

/** A message that no handler wanted for so long is given up. */
const keptMs = 7 * 24 * 60 * 60 * 1000

/** The one task of an event's message: it waits until the event has a handler. Elsewhere the name means nothing. */
export const eventMessage: TaskRule = {
  schedule(mapping, place) {
    const { view, now } = mapping.turn
    const { event } = view.brief
    if (view.execution.label.namespace !== eventNamespace || event === undefined) return worker.schedule(mapping, place)
    mapping.add(place, { type: 'EVENT_MESSAGE', input: {}, how: 'effect', queue: eventQueueOf(event), wakeAt: after(now, keptMs) })
  },
}
