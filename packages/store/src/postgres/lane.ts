/**
 * A lane: one connection that writes, one flush after the other, each a single statement.
 *
 * N1. Calls that come while a flush is under way form the next one; there is no timer.
 * N2. Every flush carries the lane's epoch and its own number, and notes number and result in the lane's row, in its own
 *     transaction. When the connection breaks under a flush, the lane opens another one, raises the epoch (which waits for a flush
 *     that is still running and fences one that arrives late) and reads what became of it. So an outcome is known, not guessed.
 * N3. A flush that was not written is sent again as it was: versions and fences say whether it still holds.
 * N4. While there is no connection, calls that were not sent fail at once. Those of a flush in doubt wait until it is known.
 */
import { Problem } from '@busbar/kernel'
import type pg from 'pg'
import { type Address, codeOf, connect, isLost, isTransient, problemOf, type Statement } from './connection.js'

export interface LaneRow {
  readonly server: string
  readonly lane: number
}

/** What a lane does with its calls. */
export interface LaneWork<Call, Result> {
  /** What no two calls of one flush may have in common. */
  keysOf?(call: Call): readonly string[]
  /** Calls of another group are left for the next flush; undefined: all go together. */
  groupOf?(call: Call): string
  /** Rough size in characters, for the bound of a flush. */
  sizeOf?(call: Call): number
  /** The statement's first four values are server, lane, epoch and flush; these follow. */
  readonly statement: (calls: readonly Call[]) => Statement
  values(calls: readonly Call[]): readonly unknown[]
  /** One for each call, in their order. */
  results(rows: readonly never[], calls: readonly Call[]): readonly Result[]
  /** The same from what the flush noted. */
  recovered(noted: string, calls: readonly Call[]): Promise<readonly Result[]>
}

interface Waiting<Call, Result> {
  readonly call: Call
  readonly settle: (result: Result) => void
  readonly fail: (error: unknown) => void
}

const callsPerFlushMax = 1_000
const charsPerFlushMax = 8_000_000
const waitingMax = 50_000
const backOffMs = 50
const backOffMsMax = 1_000
/** A server that says nothing for so long is taken for gone. */
const silenceMsMax = 75_000
const fenced = 'BB001'

/** Plans by index, whatever the statistics of a table that was empty a moment ago say. */
const settings = ['plan_cache_mode = force_generic_plan', 'enable_seqscan = off', 'enable_hashjoin = off', 'enable_mergejoin = off', 'jit = off']

export class Lane<Call, Result> {
  readonly #address: Address
  readonly #row: LaneRow
  readonly #work: LaneWork<Call, Result>
  readonly #log: (event: string, fields: Record<string, unknown>) => void
  #client: pg.Client | null = null
  #epoch = 0
  #flush = 0
  #waiting: Waiting<Call, Result>[] = []
  #isRunning = false
  #isClosed = false
  #drained: (() => void)[] = []
  /** Why there is no connection; null when there is one. */
  trouble: string | null = 'the store is not open yet'
  flushes = 0
  calls = 0
  reconnects = 0

  constructor(address: Address, row: LaneRow, work: LaneWork<Call, Result>, log: (event: string, fields: Record<string, unknown>) => void) {
    this.#address = address
    this.#row = row
    this.#work = work
    this.#log = log
  }

  /** Throws a Problem when the database cannot be reached now; later the lane finds its way by itself. */
  async open(): Promise<void> {
    await this.#connect()
  }

  call(call: Call): Promise<Result> {
    if (this.#isClosed) return Promise.reject(new Problem('unavailable', 'the store is closed; open it before you use it'))
    if (this.trouble !== null) return Promise.reject(new Problem('unavailable', `the database cannot be used now: ${this.trouble}; try again`))
    if (this.#waiting.length >= waitingMax) return Promise.reject(new Problem('throttled', `${waitingMax} writes wait for the database; try again later`))
    return new Promise((settle, fail) => {
      this.#waiting.push({ call, settle, fail })
      if (this.#isRunning) return
      this.#isRunning = true
      // What else this turn of the event loop asks for belongs to the same flush.
      setImmediate(() => void this.#run())
    })
  }

  /** Finishes what was accepted; a flush in doubt is given up when the database does not come back at once. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#isRunning && this.trouble === null) await new Promise<void>(resolve => this.#drained.push(resolve))
    await this.#client?.end().catch(() => {})
  }

  // ── Flushes ──

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#take()
      await this.#settle(batch)
    }
    this.#isRunning = false
    for (const resolve of this.#drained.splice(0)) resolve()
  }

  async #settle(batch: readonly Waiting<Call, Result>[]): Promise<void> {
    try {
      const results = await this.#write(batch.map(({ call }) => call))
      for (const [index, { settle }] of batch.entries()) settle(results[index] as Result)
    } catch (error) {
      // Nothing of it was written. One of many may be at fault: they are sent one by one.
      const isOneAtFault = batch.length > 1 && problemOf(error).code === 'invalid'
      if (isOneAtFault) for (const one of batch) await this.#settle([one])
      else for (const { fail } of batch) fail(problemOf(error))
    }
  }

  /** The longest beginning of what waits that may go together. */
  #take(): Waiting<Call, Result>[] {
    const { keysOf, groupOf, sizeOf } = this.#work
    const keys = new Set<string>()
    const taken: Waiting<Call, Result>[] = []
    const left: Waiting<Call, Result>[] = []
    let group: string | undefined
    let size = 0
    for (const [index, one] of this.#waiting.entries()) {
      const itsGroup = groupOf?.(one.call)
      const itsKeys = keysOf?.(one.call) ?? []
      const isFull = taken.length >= callsPerFlushMax || size >= charsPerFlushMax
      if (isFull) {
        left.push(...this.#waiting.slice(index))
        break
      }
      const fits = (taken.length === 0 || itsGroup === group) && !itsKeys.some(key => keys.has(key))
      // Later calls on the same keys stay behind this one.
      for (const key of itsKeys) keys.add(key)
      if (!fits) {
        left.push(one)
        continue
      }
      group = itsGroup
      size += sizeOf?.(one.call) ?? 0
      taken.push(one)
    }
    this.#waiting = left
    return taken
  }

  async #write(calls: readonly Call[]): Promise<readonly Result[]> {
    const values = this.#work.values(calls)
    const statement = this.#work.statement(calls)
    let flush = ++this.#flush
    for (;;) {
      const client = this.#client
      if (!client) throw new Problem('unavailable', `the database cannot be used now: ${this.trouble}; try again`)
      try {
        const { server, lane } = this.#row
        const { rows } = await answerOf(client, client.query({ ...statement, values: [server, lane, this.#epoch, flush, ...values] }))
        this.flushes += 1
        this.calls += calls.length
        return this.#work.results(rows as unknown as readonly never[], calls)
      } catch (error) {
        if (isTransient(error)) continue
        if (!isLost(error) && codeOf(error) !== fenced) throw error
        const noted = await this.#findOut(client, error)
        if (noted?.flush === flush) return this.#work.recovered(noted.result, calls)
        flush = ++this.#flush
      }
    }
  }

  // ── Connections ──

  /** Opens another connection, however long that takes, and reads what the last flush noted. */
  async #findOut(broken: pg.Client, error: unknown): Promise<Noted | null> {
    this.#lose(broken, error)
    for (let tries = 0; ; tries++) {
      if (this.#isClosed) throw new Problem('unavailable', 'the store was closed before the database said what became of the write')
      try {
        return await this.#connect()
      } catch (cause) {
        this.trouble = problemOf(cause).message
        await new Promise(resolve => setTimeout(resolve, Math.min(backOffMs * 2 ** tries, backOffMsMax)))
      }
    }
  }

  async #connect(): Promise<Noted | null> {
    const client: pg.Client = await connect({ address: this.#address, settings, onEnd: error => this.#lose(client, error) })
    try {
      const { server, lane } = this.#row
      const { rows } = await client.query<{ epoch: number; flush: number; result: string }>(
        `INSERT INTO lanes AS l (server, lane, epoch, flush, result, seen_at) VALUES ($1, $2, 1, 0, '', busbar_now())
         ON CONFLICT (server, lane) DO UPDATE SET epoch = l.epoch + 1, seen_at = excluded.seen_at RETURNING epoch, flush, result`,
        [server, lane],
      )
      const [row] = rows
      if (!row) throw new Problem('unavailable', 'the database did not answer for the lane')
      this.#epoch = row.epoch
      this.#client = client
      this.trouble = null
      return { flush: row.flush, result: row.result }
    } catch (error) {
      client.end().catch(() => {})
      throw error
    }
  }

  #lose(client: pg.Client, error: unknown): void {
    if (this.#client !== client) return
    this.#client = null
    this.trouble = error instanceof Error ? error.message : String(error)
    if (this.#isClosed) return
    this.reconnects += 1
    this.#log('connection to the database lost', { lane: this.#row.lane, reason: this.trouble })
    client.end().catch(() => {})
    // What waits was not sent: it fails at once (N4).
    const waiting = this.#waiting
    this.#waiting = []
    for (const { fail } of waiting) fail(new Problem('unavailable', `the connection to the database was lost: ${this.trouble}; nothing was changed, try again`))
    if (!this.#isRunning) void this.#comeBack()
  }

  /** Without a flush in doubt nobody waits for the connection: it is opened for the next call. */
  async #comeBack(): Promise<void> {
    for (let tries = 0; !this.#isClosed && this.#client === null && !this.#isRunning; tries++) {
      try {
        await this.#connect()
      } catch (cause) {
        this.trouble = problemOf(cause).message
        await new Promise(resolve => setTimeout(resolve, Math.min(backOffMs * 2 ** tries, backOffMsMax)))
      }
    }
  }
}

interface Noted {
  readonly flush: number
  readonly result: string
}

/** The answer, or the end of a connection that says nothing any more: a network that is cut tells nobody. */
function answerOf<T>(client: pg.Client, answer: Promise<T>): Promise<T> {
  const timer = setTimeout(() => (client as unknown as { connection: { stream: { destroy(error: Error): void } } }).connection.stream.destroy(new Error('no answer')), silenceMsMax)
  return answer.finally(() => clearTimeout(timer))
}
