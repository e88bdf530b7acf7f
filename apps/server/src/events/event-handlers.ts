import type { EngineApi } from '@busbar/engine'
import { type Instant, isJsonObject, type Json, Problem } from '@busbar/kernel'
import { type EventHandler, eventHandlerToWire, parseEventHandler } from './event-handler.js'

/** Kept among the definitions, in a namespace of their own. */
const namespace = 'event-handler'
const kind = 'task'

/** How old the list may be where another server may have written, should word of that have been lost. */
const freshMs = 60_000

/** The stored handlers. What this server writes is seen at once; who asks for `fresh` sees what others write too. */
export class EventHandlers {
  readonly #engine: EngineApi
  #list: readonly EventHandler[] = []
  #readAt = Number.NEGATIVE_INFINITY
  readonly #listeners = new Set<() => void>()

  constructor(engine: EngineApi) {
    this.#engine = engine
    engine.onDefinitions(() => this.#changed())
  }

  async all({ fresh = false } = {}): Promise<readonly EventHandler[]> {
    const now: Instant = this.#engine.now()
    const isTrue = !fresh || this.#engine.store.sharing === null
    if (isTrue && now - this.#readAt < freshMs) return this.#list
    const stored = await this.#engine.definitions(kind, namespace)
    this.#readAt = now
    this.#list = stored.flatMap(({ body }) => {
      const source = JSON.parse(body) as Json
      return isJsonObject(source) ? [parseEventHandler(source)] : []
    })
    return this.#list
  }

  async of(event: string, { fresh = false } = {}): Promise<readonly EventHandler[]> {
    return (await this.all({ fresh })).filter(handler => handler.event === event)
  }

  async add(handler: EventHandler): Promise<void> {
    if (await this.#stored(handler.name)) throw new Problem('conflict', `EventHandler with name ${handler.name} already exists!`, { details: sqlStore })
    await this.#put(handler)
  }

  async update(handler: EventHandler): Promise<void> {
    if (!(await this.#stored(handler.name))) throw missing(handler.name)
    await this.#put(handler)
  }

  async remove(name: string): Promise<void> {
    if (!(await this.#engine.deleteDefinition(kind, namespace, name, 0))) throw missing(name)
    this.#changed()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async #stored(name: string): Promise<boolean> {
    return (await this.#engine.definition(kind, namespace, name, 0)) !== null
  }

  async #put(handler: EventHandler): Promise<void> {
    const now = this.#engine.now()
    const body = JSON.stringify(eventHandlerToWire(handler))
    await this.#engine.putDefinition({ kind, namespace, name: handler.name, version: 0, body, createdAt: now, updatedAt: now })
    this.#changed()
  }

  #changed(): void {
    this.#readAt = Number.NEGATIVE_INFINITY
    for (const listener of this.#listeners) listener()
  }
}

/** The original's SQL stores answer 500 to a conflict and to an unknown name. */
const sqlStore = { status: 500 }

function missing(name: string): Problem {
  return new Problem('missing', `EventHandler with name ${name} not found!`, { details: sqlStore })
}
