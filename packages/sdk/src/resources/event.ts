import { body, type Call, forNothing, post, put, read, remove } from '../client/call.js'
import type { Resource } from '../client/resource.js'
import { type EventHandler, eventHandlerFromWire, eventHandlerToWire } from '../models/event-handler.js'

export type EventResourceApi = Resource<typeof eventOperations>

export const eventOperations = {
  addEventHandler: (eventHandler: EventHandler) => forNothing(post('/event', {}, {}, body({ eventHandler: wired(eventHandler) }))),
  updateEventHandler: (eventHandler: EventHandler) => forNothing(put('/event', {}, {}, body({ eventHandler: wired(eventHandler) }))),
  getEventHandlers: () => handlers(read('/event')),
  getEventHandlersForEvent: (event: string, activeOnly?: boolean) => handlers(read('/event/{event}', { event }, { activeOnly })),
  removeEventHandlerStatus: (name: string) => remove('/event/{name}', { name }),
}

function wired(handler: EventHandler | undefined): unknown {
  return handler && eventHandlerToWire(handler)
}

function handlers(call: Call<EventHandler[]>): Call<EventHandler[]> {
  return { ...call, finish: parsed => (Array.isArray(parsed) ? parsed.map(eventHandlerFromWire) : []) }
}
