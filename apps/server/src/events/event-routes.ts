/** Event handlers: create, read, replace, remove; and the queues of events. */
import { eventOfQueue } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import { isJsonObject, type Json, type JsonObject, Problem } from '@busbar/kernel'
import { type Answer, empty, json } from '../http/answer.js'
import type { Call } from '../http/call.js'
import type { Route } from '../http/route.js'
import { readFlag } from '../conductor/read-query.js'
import { violated } from '../conductor/violations.js'
import { type EventHandler, eventHandlerToWire, parseEventHandler, violationsOf } from './event-handler.js'
import type { EventHandlers } from './event-handlers.js'

const handlersMax = 100

export function eventRoutes(engine: EngineApi, handlers: EventHandlers): Route[] {
  const route = (method: Route['method'], path: string, scope: Route['scope'], summary: string, handle: Route['handle']): Route => ({
    method,
    paths: [path],
    owner: 'conductor',
    scope,
    summary,
    handle,
  })
  return [
    route('POST', '/api/event', 'define', 'Adds an event handler', async call => {
      // Newer clients send a list. All of them are looked at before the first one is added.
      const sources = Array.isArray(call.json()) ? call.list().map(mustObject) : [call.object()]
      if (sources.length > handlersMax) throw new Problem('invalid', `expected at most ${handlersMax} event handlers in one call, found ${sources.length}`)
      for (const handler of sources.map(source => mustHandler(source, 'addEventHandler.arg0'))) await handlers.add(handler)
      return empty(200)
    }),
    route('PUT', '/api/event', 'define', 'Replaces an event handler', async call => {
      await handlers.update(mustHandler(call.object(), 'updateEventHandler.arg0'))
      return empty(200)
    }),
    route('GET', '/api/event', 'read', 'All event handlers', async () => listed(await handlers.all({ fresh: true }))),
    {
      ...route('GET', '/api/event/{event}', 'read', 'The handlers of an event', async call => {
        const activeOnly = readFlag(call, 'activeOnly', true)
        return listed((await handlers.of(call.param('event'), { fresh: true })).filter(handler => handler.isActive || !activeOnly))
      }),
      slashesIn: 'event',
      query: { activeOnly: 'true' },
    },
    {
      ...route('DELETE', '/api/event/{event}', 'define', 'Removes an event handler by its name', async call => {
        await handlers.remove(call.param('event'))
        return empty(200)
      }),
      slashesIn: 'event',
    },
    {
      ...route('GET', '/api/admin/queues', 'admin', 'The queues of events that have active handlers', call => eventQueues(engine, handlers, call)),
      query: { verbose: 'false' },
    },
  ]
}

function mustObject(source: Json): JsonObject {
  if (!isJsonObject(source)) throw new Problem('invalid', 'expected event handlers as JSON objects')
  return source
}

function mustHandler(source: JsonObject, path: string): EventHandler {
  const violations = violationsOf(source, path)
  if (violations.length > 0) throw violated(violations)
  return parseEventHandler(source)
}

function listed(handlers: readonly EventHandler[]): Answer {
  return json(200, handlers.map(eventHandlerToWire))
}

/** By event: the name of its queue, or how many messages wait there. */
async function eventQueues(engine: EngineApi, handlers: EventHandlers, call: Call): Promise<Answer> {
  const events = new Set((await handlers.all({ fresh: true })).filter(handler => handler.isActive).map(handler => handler.event))
  if (!readFlag(call, 'verbose', false)) return json(200, Object.fromEntries([...events].map(event => [event, event])))
  const sizes = new Map([...events].map(event => [event, { [event]: 0 }]))
  for (const { queue, ready } of await engine.store.queueSizes(engine.now())) {
    const event = eventOfQueue(queue)
    if (event !== null && sizes.has(event)) sizes.set(event, { [event]: ready })
  }
  return json(200, Object.fromEntries(sizes))
}
