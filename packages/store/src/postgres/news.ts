/**
 * Hints between servers, by LISTEN and NOTIFY on a connection of their own. Outside the flushes, because a NOTIFY takes a
 * lock on the whole database when it commits: all flushes of all servers would queue for each other's sync. It is only a
 * hint, so it is not synced either. One is under way at a time; what comes meanwhile goes with the next.
 */
import type { ExecutionId, QueueName } from '@busbar/kernel'
import type pg from 'pg'
import type { ChangedExecution, Heard, News } from '../sharing.js'
import { type Address, connect, problemOf } from './connection.js'

const channel = 'busbar'
/** PostgreSQL takes payloads below 8,000 bytes; names may need several bytes a character. */
const payloadCharsMax = 7_000
/** What is told at once; the surveys find what is beyond it. */
const toldMax = 20_000
const backOffMs = 50
const backOffMsMax = 2_000

/** `h`: hello, who is there? `a`: I am. Else news. */
interface Payload {
  readonly f: string
  readonly k?: 'h' | 'a'
  readonly q?: readonly QueueName[]
  readonly c?: readonly ExecutionId[]
  /** Changed and ended. */
  readonly e?: readonly ExecutionId[]
  readonly l?: readonly ExecutionId[]
  readonly w?: 1
  readonly s?: 1
}

export class NewsWire {
  readonly #address: Address
  readonly #server: string
  readonly #log: (event: string, fields: Record<string, unknown>) => void
  readonly #listeners = new Set<(heard: Heard) => void>()
  #client: pg.Client | null = null
  #isClosed = false
  /** Another server was heard of: before that nobody listens. */
  #hasOthers = false
  #isSending = false
  #stocked = new Set<QueueName>()
  /** Whether it has ended. */
  #changed = new Map<ExecutionId, boolean>()
  #logged = new Set<ExecutionId>()
  #workers = false
  #surveyed = false
  sent = 0

  constructor(address: Address, server: string, log: (event: string, fields: Record<string, unknown>) => void) {
    this.#address = address
    this.#server = server
    this.#log = log
  }

  async open(): Promise<void> {
    await this.#connect()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#listeners.clear()
    await this.#client?.end().catch(() => {})
  }

  hear(listener: (heard: Heard) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  tell({ stocked = [], changed = [], logged = [], workers, surveyed }: News): void {
    if (!this.#hasOthers || this.#isClosed || this.#stocked.size + this.#changed.size + this.#logged.size >= toldMax) return
    for (const queue of stocked) this.#stocked.add(queue)
    for (const { id, ended } of changed) this.#changed.set(id, ended || this.#changed.get(id) === true)
    for (const id of logged) this.#logged.add(id)
    this.#workers ||= workers === true
    this.#surveyed ||= surveyed === true
    if (this.#isSending) return
    this.#isSending = true
    // What else this turn of the event loop has to tell goes with it.
    setImmediate(() => void this.#send())
  }

  // ── Sending ──

  async #send(): Promise<void> {
    while (this.#client && this.#stocked.size + this.#changed.size + this.#logged.size + Number(this.#workers) + Number(this.#surveyed) > 0) {
      const payloads = this.#take()
      try {
        await this.#notify(payloads)
      } catch {
        // The listeners of the others hear nothing of it: their surveys find what it was about.
        break
      }
    }
    this.#isSending = false
  }

  #take(): readonly string[] {
    const [stocked, changed, logged] = [[...this.#stocked], [...this.#changed], [...this.#logged]]
    const flags = { ...(this.#workers ? { w: 1 as const } : {}), ...(this.#surveyed ? { s: 1 as const } : {}) }
    this.#stocked = new Set()
    this.#changed = new Map()
    this.#logged = new Set()
    this.#workers = false
    this.#surveyed = false
    const ids = (isEnded: boolean) => changed.filter(([, ended]) => ended === isEnded).map(([id]) => id)
    return payloadsOf({ f: this.#server, q: stocked, c: ids(false), e: ids(true), l: logged, ...flags })
  }

  async #notify(payloads: readonly string[]): Promise<void> {
    this.sent += 1
    await this.#client?.query({ name: 'notify', text: `SELECT pg_notify('${channel}', p) FROM unnest($1::text[]) p`, values: [payloads] })
  }

  // ── Hearing ──

  #heard(text: string | undefined): void {
    const payload = parsed(text)
    if (payload === null || payload.f === this.#server) return
    this.#hasOthers = true
    if (payload.k === 'h') void this.#notify([JSON.stringify({ f: this.#server, k: 'a' })]).catch(() => {})
    if (payload.k === undefined) this.#say({ kind: 'news', news: newsOf(payload) })
  }

  #say(heard: Heard): void {
    for (const listener of [...this.#listeners]) listener(heard)
  }

  async #connect(): Promise<void> {
    const client: pg.Client = await connect({
      address: this.#address,
      settings: ['synchronous_commit = off'],
      onEnd: error => this.#lost(client, error),
    })
    client.on('notification', ({ payload }) => this.#heard(payload))
    try {
      await client.query(`LISTEN ${channel}`)
      this.#client = client
      await this.#notify([JSON.stringify({ f: this.#server, k: 'h' })])
    } catch (error) {
      client.end().catch(() => {})
      throw error
    }
  }

  #lost(client: pg.Client, error: Error): void {
    if (this.#client !== client) return
    this.#client = null
    if (this.#isClosed) return
    this.#log('connection for news lost', { reason: error.message })
    client.end().catch(() => {})
    void this.#comeBack()
  }

  async #comeBack(): Promise<void> {
    for (let tries = 0; !this.#isClosed; tries++) {
      try {
        await this.#connect()
        // What was told meanwhile is lost.
        this.#say({ kind: 'lost' })
        return
      } catch (error) {
        if (tries === 0) this.#log('news wait for the database', { reason: problemOf(error).message })
        await new Promise(resolve => setTimeout(resolve, Math.min(backOffMs * 2 ** tries, backOffMsMax)))
      }
    }
  }
}

function parsed(text: string | undefined): Payload | null {
  try {
    // Written by `payloadsOf` of another server; whoever else writes to the channel is passed over.
    const payload = JSON.parse(text ?? '') as Payload | null
    return typeof payload === 'object' && payload !== null && typeof payload.f === 'string' ? payload : null
  } catch {
    return null
  }
}

function newsOf({ q = [], c = [], e = [], l = [], w, s }: Payload): News {
  const changed: ChangedExecution[] = [...c.map(id => ({ id, ended: false })), ...e.map(id => ({ id, ended: true }))]
  return { stocked: q, changed, logged: l, ...(w ? { workers: true } : {}), ...(s ? { surveyed: true } : {}) }
}

/** In as many pieces as it needs. */
function payloadsOf({ f, q = [], c = [], e = [], l = [], ...flags }: Payload): readonly string[] {
  const payloads: string[] = []
  let piece: Record<'q' | 'c' | 'e' | 'l', string[]> = { q: [], c: [], e: [], l: [] }
  let size = 0
  const end = (more: object) => {
    const full = Object.fromEntries(Object.entries(piece).filter(([, list]) => list.length > 0))
    payloads.push(JSON.stringify({ f, ...full, ...more }))
    piece = { q: [], c: [], e: [], l: [] }
    size = 0
  }
  for (const [kind, list] of [['c', c], ['e', e], ['l', l], ['q', q]] as const) {
    for (const each of list) {
      const cost = Buffer.byteLength(each) + 3
      if (size + cost > payloadCharsMax) end({})
      piece[kind].push(each)
      size += cost
    }
  }
  end(flags)
  return payloads
}
