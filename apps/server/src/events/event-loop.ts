/**
 * Brings messages to handlers.
 *
 * M1. What a broker delivers becomes a message of the store first, under an id derived from the broker's; only then is it
 *     acknowledged. So nothing is lost, and what comes twice is one.
 * M2. Messages of an event are taken only while the event has an active handler; until then they wait.
 * M3. What the handlers make of a message leaves in the transaction that ends it: each action is done once.
 */
import { createHash } from 'node:crypto'
import { eventMessageRequest, eventQueueOf, isBrokerType, partsOfEvent } from '@busbar/conductor'
import type { Caller, EngineApi, Work } from '@busbar/engine'
import { type ExecutionId, type Instant, instant, isRefusal, type Json, newExecutionId, type QueueName, type WorkerId } from '@busbar/kernel'
import type { Incoming, Unsubscribe } from '../brokers/broker.js'
import type { Brokers } from '../brokers/brokers.js'
import { returnLeft } from '../effects/return-left.js'
import { parseJson } from '../http/json.js'
import type { Log } from '../log.js'
import type { EventHandlers } from './event-handlers.js'
import { handleMessage } from './handle-message.js'

const worker = 'engine' as WorkerId
const messagesMax = 16
/** How soon handlers that another server stored are heard of, and lost subscriptions are taken up again. */
const refreshMs = 5_000
/** A message that was begun so long ago was left: handling one takes seconds. */
const leftMs = 120_000

interface Parts {
  readonly engine: EngineApi
  readonly handlers: EventHandlers
  readonly brokers: Brokers
  readonly log: Log
}

export class EventLoop {
  readonly #parts: Parts
  readonly #subscriptions = new Map<string, Promise<Unsubscribe | null>>()
  #news = new AbortController()
  #running: Promise<void> | null = null
  #isStopping = false
  #nextReturn: Instant = instant(0)
  readonly #startedAt: Instant
  #stopListening = () => {}

  constructor(parts: Parts) {
    this.#parts = parts
    this.#startedAt = parts.engine.now()
  }

  start(): void {
    this.#stopListening = this.#parts.handlers.onChange(() => this.#news.abort())
    this.#running = this.#run()
  }

  /** Takes no new messages; those at work are finished. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#stopListening()
    this.#news.abort()
    await this.#running
    await Promise.all([...this.#subscriptions.keys()].map(event => this.#unsubscribe(event)))
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      this.#news = new AbortController()
      const { signal } = this.#news
      try {
        const events = await this.#activeEvents()
        await this.#returnLeft(events)
        this.#follow(events)
        if (events.length === 0) await pause(signal)
        else await Promise.all((await this.#poll(events.map(eventQueueOf), signal)).map(work => this.#handle(work)))
      } catch (error) {
        this.#parts.log.error('events not taken', { error })
        await pause(signal)
      }
    }
  }

  async #activeEvents(): Promise<readonly string[]> {
    const handlers = await this.#parts.handlers.all()
    return [...new Set(handlers.filter(handler => handler.isActive).map(handler => handler.event))]
  }

  /**
   * Messages have no end of their lease, so that those that wait cost nothing: what a server left that died is found here.
   * Where nobody else uses the store, all that was begun before this start was left.
   */
  async #returnLeft(events: readonly string[]): Promise<void> {
    const { engine } = this.#parts
    const now = engine.now()
    if (events.length === 0 || now < this.#nextReturn) return
    const isAlone = engine.store.sharing === null
    this.#nextReturn = instant(now + leftMs)
    await returnLeft(engine, events.map(eventQueueOf), isAlone ? this.#startedAt : instant(now - leftMs))
  }

  #poll(queues: readonly QueueName[], signal: AbortSignal): Promise<readonly Work[]> {
    return this.#parts.engine.poll({ dialect: 'conductor', queues, worker, max: messagesMax, waitMs: refreshMs, caller: callerOf(signal) })
  }

  /** Never rejects: what could not be handled is found as left. */
  async #handle(work: Work): Promise<void> {
    const { engine, handlers, log } = this.#parts
    try {
      const wanting = await handlers.of(String(work.work['event']), { fresh: true })
      await engine.send(
        work.execution,
        await handleMessage(
          engine,
          wanting.filter(handler => handler.isActive),
          work,
        ),
      )
    } catch (error) {
      log.error('event not handled', { execution: work.execution, error })
    }
  }

  // ── Brokers ──

  #follow(events: readonly string[]): void {
    const wanted = new Set(events.filter(event => isBrokerType(partsOfEvent(event).type)))
    for (const event of this.#subscriptions.keys()) if (!wanted.has(event)) void this.#unsubscribe(event)
    for (const event of wanted) if (!this.#subscriptions.has(event)) this.#subscriptions.set(event, this.#subscribe(event))
  }

  /** Null: it did not succeed, and is tried again with the next refresh. */
  async #subscribe(event: string): Promise<Unsubscribe | null> {
    const { brokers, log } = this.#parts
    const { type, uri } = partsOfEvent(event)
    if (!isBrokerType(type)) return null
    const lost = (error: unknown) => {
      log.warn('event subscription lost', { subscription: event, error })
      this.#subscriptions.delete(event)
    }
    try {
      return await brokers.subscribe({ type, uri }, { onMessage: message => this.#take(event, message), onLost: lost })
    } catch (error) {
      lost(error)
      return null
    }
  }

  async #unsubscribe(event: string): Promise<void> {
    const subscription = this.#subscriptions.get(event)
    this.#subscriptions.delete(event)
    await (await subscription)?.()
  }

  /** Keeps the message (M1); one that was kept before is the same. */
  async #take(event: string, { id, body }: Incoming): Promise<void> {
    if (this.#isStopping) throw new Error('the server stops')
    const request = eventMessageRequest({ event, id, payload: payloadOf(body) })
    const kept = await this.#parts.engine.create('conductor', request, { id: idOfMessage(event, id) })
    if (isRefusal(kept) && kept.code !== 'conflict') throw new Error(kept.message)
  }
}

/** JSON if it is some, else the text. */
function payloadOf(body: string): Json {
  try {
    return parseJson(body) ?? body
  } catch {
    return body
  }
}

/** The same for the same message, whichever server takes it. */
function idOfMessage(event: string, id: string): ExecutionId {
  const hash = createHash('sha256').update(event).update('\0').update(id).digest()
  return newExecutionId(instant(hash.readUIntBE(0, 5)), { high12: hash.readUInt16BE(5) & 0xfff, low38: hash.readUIntBE(7, 5) % 2 ** 38 })
}

function callerOf(signal: AbortSignal): Caller {
  return {
    get isGone() {
      return signal.aborted
    },
    onGone(callback) {
      signal.addEventListener('abort', callback, { once: true })
      return () => signal.removeEventListener('abort', callback)
    },
  }
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(end, refreshMs)
    function end() {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  })
}
