/**
 * The connection of a lane. When it breaks, another one is sought at once and until it is found; each raises the lane's epoch,
 * which waits for a flush that is still running and fences one that arrives late, and reads what the lane's row says.
 */
import { Problem } from '@busbar/kernel'
import type pg from 'pg'
import type { Address } from './address.js'
import { answerOf, connect, cut, end, endMs, problemOf, prompt } from './connection.js'
import { admission, keptOut } from './door.js'

export interface LaneRow {
  readonly server: string
  readonly lane: number
}

export interface Session {
  readonly client: pg.Client
  readonly epoch: number
}

/** What the last flush that was written noted. */
export interface Noted {
  readonly flush: number
  readonly result: string
  /** The row was not there any more: nobody knows about earlier flushes. */
  readonly isForgotten: boolean
}

export type Log = (event: string, fields: Record<string, unknown>) => void

const backOffMs = 50
const backOffMsMax = 1_000

/** Plans by index, whatever the statistics of a table that was empty a moment ago say. */
const settings = ['plan_cache_mode = force_generic_plan', 'enable_seqscan = off', 'enable_hashjoin = off', 'enable_mergejoin = off', 'jit = off']

// An epoch begins with the time, so that no two are the same even where the row was removed and made again.
const raiseEpoch = `
INSERT INTO lanes AS l (server, lane, epoch, flush, result, seen_at) VALUES ($1, $2, busbar_now(), 0, '', busbar_now())
ON CONFLICT (server, lane) DO UPDATE SET epoch = greatest(l.epoch + 1, excluded.epoch), seen_at = excluded.seen_at
RETURNING epoch, flush, result, xmax = 0 AS fresh, ${admission('$3')} AS admitted`

export class LaneLink {
  /** Null while there is no connection. */
  session: Session | null = null
  /** Why there is no connection; null when there is one. */
  trouble: string | null = 'the store is not open yet'
  reconnects = 0
  readonly #address: Address
  readonly #row: LaneRow
  readonly #log: Log
  readonly #onLost: (reason: string) => void
  #noted: Noted = { flush: 0, result: '', isForgotten: false }
  #wasOpen = false
  #seeking: Promise<void> | null = null
  #wake: (() => void) | null = null
  /** One more attempt, then no other. */
  #isLast = false
  #isClosed = false

  constructor(address: Address, row: LaneRow, log: Log, onLost: (reason: string) => void) {
    this.#address = address
    this.#row = row
    this.#log = log
    this.#onLost = onLost
  }

  /** Throws a Problem when the database cannot be reached now; once open, the link finds its way by itself. */
  async open(): Promise<void> {
    if (!this.session && !this.#seeking) await this.#connect()
  }

  /** No use any more. */
  lose(session: Session, error: unknown): void {
    if (this.session !== session) return
    this.session = null
    const reason = error instanceof Error ? error.message : String(error)
    this.trouble = reason
    session.client.end().catch(() => {})
    if (this.#isClosed) return
    this.reconnects += 1
    this.#log('connection to the database lost', { lane: this.#row.lane, reason })
    const seeking = this.#seek().finally(() => {
      if (this.#seeking === seeking) this.#seeking = null
    })
    this.#seeking = seeking
    this.#onLost(reason)
  }

  /** What the lane's row says, once there is a connection again. Throws a Problem when the store is closed before. */
  async back(): Promise<Noted> {
    while (!this.session) {
      if (!this.#seeking) throw new Problem('unavailable', 'the store was closed before the database said what became of the write')
      await this.#seeking
    }
    return this.#noted
  }

  /** Waits no longer than one more attempt for a connection. */
  hurry(): void {
    this.#isLast = true
    this.#wake?.()
  }

  /** Waits for no answer any more. */
  giveUp(): void {
    this.#isClosed = true
    if (this.session) cut(this.session.client)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.hurry()
    // Who still seeks ends what it finds.
    await Promise.race([this.#seeking, new Promise(resolve => setTimeout(resolve, endMs).unref())])
    if (this.session) await end(this.session.client)
    this.session = null
    this.trouble = 'the store is closed'
  }

  async #seek(): Promise<void> {
    for (let tries = 0; ; tries++) {
      const isLast = this.#isLast
      try {
        await this.#connect()
        return
      } catch (error) {
        this.trouble = problemOf(error).message
        if (isLast || this.#isClosed) return
        if (!this.#isLast) await this.#pause(Math.min(backOffMs * 2 ** tries, backOffMsMax))
      }
    }
  }

  async #connect(): Promise<void> {
    let session: Session | null = null
    let over: Error | null = null
    const onEnd = (error: Error) => {
      over = error
      if (session) this.lose(session, error)
    }
    const client = await connect({ address: this.#address, settings, pace: prompt, onEnd })
    try {
      const { server, lane } = this.#row
      const { rows } = await answerOf(
        client,
        client.query<{ epoch: number; flush: number; result: string; fresh: boolean; admitted: boolean }>(raiseEpoch, [server, lane, this.#address.isAlone]),
        prompt.silenceMs,
      )
      const [row] = rows
      if (!row || over || this.#isClosed) throw over ?? new Problem('unavailable', 'the database did not answer for the lane')
      if (!row.admitted) throw keptOut(this.#address)
      this.#noted = { flush: row.flush, result: row.result, isForgotten: row.fresh && this.#wasOpen }
      this.#wasOpen = true
      session = { client, epoch: row.epoch }
      this.session = session
      this.trouble = null
    } catch (error) {
      client.end().catch(() => {})
      throw error
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
