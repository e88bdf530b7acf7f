/**
 * Hints between servers, by LISTEN and NOTIFY on a connection of their own. Outside the flushes, because a NOTIFY takes a
 * lock on the whole database when it commits: all flushes of all servers would queue for each other's sync. It is only a
 * hint, so it is not synced either. One is under way at a time; what comes meanwhile goes with the next.
 */
import type pg from 'pg'
import type { Heard, News } from '../sharing.js'
import type { Address } from './address.js'
import { answerOf, connect, end, problemOf, prompt } from './connection.js'
import { NewsBag, newsOf, parsed, type Payload } from './news-payload.js'

const channel = 'busbar'
const backOffMs = 50
const backOffMsMax = 2_000

export class NewsWire {
  readonly #address: Address
  readonly #server: string
  readonly #log: (event: string, fields: Record<string, unknown>) => void
  readonly #listeners = new Set<(heard: Heard) => void>()
  readonly #bag = new NewsBag()
  #client: pg.Client | null = null
  #seeking: Promise<void> | null = null
  #isClosed = false
  /** Another server was heard of: before that nobody listens. */
  #hasOthers = false
  #isSending = false
  sent = 0

  constructor(address: Address, server: string, log: (event: string, fields: Record<string, unknown>) => void) {
    this.#address = address
    this.#server = server
    this.#log = log
  }

  async open(): Promise<void> {
    if (!this.#client && !this.#seeking) await this.#connect()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#listeners.clear()
    if (this.#client) await end(this.#client)
  }

  hear(listener: (heard: Heard) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  tell(news: News): void {
    if (!this.#hasOthers || this.#isClosed) return
    this.#bag.add(news)
    this.#sendSoon()
  }

  // ── Sending ──

  /** What else this turn of the event loop has to tell goes with it. */
  #sendSoon(): void {
    if (this.#isSending || !this.#client) return
    this.#isSending = true
    setImmediate(() => void this.#send())
  }

  async #send(): Promise<void> {
    while (this.#client && !this.#bag.isEmpty) await this.#notify(this.#client, this.#bag.take(this.#server))
    this.#isSending = false
  }

  /** Never throws. What was lost on the way is said once there is a connection again. */
  async #notify(client: pg.Client, payloads: readonly string[]): Promise<void> {
    this.sent += 1
    try {
      const told = client.query({ name: 'notify', text: `SELECT pg_notify('${channel}', p) FROM unnest($1::text[]) p`, values: [payloads] })
      await answerOf(client, told, prompt.silenceMs)
    } catch (error) {
      this.#bag.lose()
      this.#lost(client, error)
    }
  }

  // ── Hearing ──

  #heard(text: string | undefined): void {
    const payload = parsed(text)
    if (payload === null || payload.f === this.#server) return
    this.#hasOthers = true
    this.#hear(payload)
  }

  #hear(payload: Payload): void {
    switch (payload.k) {
      case 'h':
        // Of many that say hello at once the next telling answers all.
        this.#bag.answer()
        this.#sendSoon()
        break
      case 'a':
        break
      case 'l':
        this.#say({ kind: 'lost' })
        break
      default:
        this.#say({ kind: 'news', news: newsOf(payload) })
    }
  }

  #say(heard: Heard): void {
    for (const listener of [...this.#listeners]) listener(heard)
  }

  // ── Connections ──

  async #connect(): Promise<void> {
    let isOver = false
    const client: pg.Client = await connect({
      address: this.#address,
      settings: ['synchronous_commit = off'],
      pace: prompt,
      onEnd: error => {
        isOver = true
        this.#lost(client, error)
      },
    })
    client.on('notification', ({ payload }) => this.#heard(payload))
    try {
      await answerOf(client, client.query(`LISTEN ${channel}`), prompt.silenceMs)
      if (isOver || this.#isClosed) throw new Error('the connection ended')
    } catch (error) {
      client.end().catch(() => {})
      throw error
    }
    this.#client = client
    this.#bag.greet()
    this.#sendSoon()
  }

  #lost(client: pg.Client, error: unknown): void {
    if (this.#client !== client) return
    this.#client = null
    client.end().catch(() => {})
    if (this.#isClosed) return
    this.#log('connection for news lost', { reason: problemOf(error).message })
    const seeking = this.#seek().finally(() => {
      if (this.#seeking === seeking) this.#seeking = null
    })
    this.#seeking = seeking
  }

  async #seek(): Promise<void> {
    for (let tries = 0; !this.#isClosed; tries++) {
      try {
        await this.#connect()
        // What was told meanwhile was not heard.
        this.#say({ kind: 'lost' })
        return
      } catch (error) {
        if (tries === 0) this.#log('news wait for the database', { reason: problemOf(error).message })
        await new Promise(resolve => setTimeout(resolve, Math.min(backOffMs * 2 ** tries, backOffMsMax)).unref())
      }
    }
  }
}
