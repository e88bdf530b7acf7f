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
import type { Address } from './address.js'
import { answerOf, closeMs, codeOf, isDemoted, isInTheWay, isLost, problemOf, prompt, type Statement } from './connection.js'
import { LaneLink, type LaneRow, type Log, type Noted, type Session } from './lane-link.js'

/** What a lane does with its calls. */
export interface LaneWork<Call, Result> {
  /** What no two calls of one flush may have in common. */
  keysOf?(call: Call): readonly string[]
  /** Rough size in characters, for the bound of a flush. */
  sizeOf?(call: Call): number
  /** The statement's first four values are server, lane, epoch and flush; these follow. */
  readonly statement: Statement
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

type Answer = { readonly kind: 'rows'; readonly rows: readonly never[] } | { readonly kind: 'noted'; readonly result: string }

const callsPerFlushMax = 1_000
const charsPerFlushMax = 8_000_000
const waitingMax = 50_000
/** What breaks the connection every time is not sent for ever, nor what is always in the way. */
const sendsMax = 8
const pauseMs = 20
const pauseMsMax = 1_000
const fenced = 'BB001'

export class Lane<Call, Result> {
  readonly #row: LaneRow
  readonly #work: LaneWork<Call, Result>
  readonly #link: LaneLink
  #flush = 0
  #waiting: Waiting<Call, Result>[] = []
  #isRunning = false
  #isClosed = false
  #drained: (() => void)[] = []
  flushes = 0
  calls = 0

  constructor(address: Address, row: LaneRow, work: LaneWork<Call, Result>, log: Log) {
    this.#row = row
    this.#work = work
    this.#link = new LaneLink(address, row, log, reason => this.#failWaiting(reason))
  }

  get trouble(): string | null {
    return this.#link.trouble
  }

  get reconnects(): number {
    return this.#link.reconnects
  }

  open(): Promise<void> {
    return this.#link.open()
  }

  call(call: Call): Promise<Result> {
    if (this.#isClosed) return Promise.reject(new Problem('unavailable', 'the store is closed; open it before you use it'))
    if (this.trouble !== null) return Promise.reject(notNow(this.trouble))
    if (this.#waiting.length >= waitingMax) return Promise.reject(new Problem('throttled', `${waitingMax} writes wait for the database; try again later`))
    return new Promise((settle, fail) => {
      this.#waiting.push({ call, settle, fail })
      if (this.#isRunning) return
      this.#isRunning = true
      // What else this turn of the event loop asks for belongs to the same flush.
      setImmediate(() => void this.#run())
    })
  }

  /** Finishes what was accepted. A flush in doubt is given up when the database does not come back with one more attempt, or says nothing. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#link.hurry()
    const late = setTimeout(() => this.#link.giveUp(), closeMs)
    if (this.#isRunning) await new Promise<void>(resolve => this.#drained.push(resolve))
    clearTimeout(late)
    await this.#link.close()
  }

  // ── Flushes ──

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) await this.#settle(this.#take())
    this.#isRunning = false
    for (const resolve of this.#drained.splice(0)) resolve()
  }

  /** Never throws. */
  async #settle(batch: readonly Waiting<Call, Result>[]): Promise<void> {
    try {
      const results = await this.#write(batch.map(({ call }) => call))
      for (const [index, { settle }] of batch.entries()) settle(results[index] as Result)
    } catch (error) {
      const problem = problemOf(error)
      // Nothing of it was written. One of many may be at fault: they are sent one by one.
      if (batch.length > 1 && problem.code === 'invalid') for (const one of batch) await this.#settle([one])
      else for (const { fail } of batch) fail(problem)
    }
  }

  async #write(calls: readonly Call[]): Promise<readonly Result[]> {
    const answer = await this.#sent(this.#work.values(calls))
    this.flushes += 1
    this.calls += calls.length
    return answer.kind === 'rows' ? this.#work.results(answer.rows, calls) : this.#recovered(answer.result, calls)
  }

  /** Sends the flush until it is known to be written. What is thrown says that it was not. */
  async #sent(values: readonly unknown[]): Promise<Answer> {
    for (let sends = 1; ; sends++) {
      const session = this.#link.session
      if (!session) throw notNow(this.trouble)
      const flush = ++this.#flush
      try {
        return { kind: 'rows', rows: await this.#ask(session, flush, values) }
      } catch (error) {
        if (isDemoted(error)) this.#link.lose(session, error)
        const isAgain = isInTheWay(error)
        const isInDoubt = isLost(error) || codeOf(error) === fenced
        if (isInDoubt) {
          this.#link.lose(session, error)
          const noted = await this.#link.back()
          if (noted.flush === flush) return { kind: 'noted', result: noted.result }
          mustBeKnown(noted, error)
        }
        if (sends >= sendsMax || !(isAgain || isInDoubt)) throw error
        if (isAgain) await pause(sends)
      }
    }
  }

  async #ask({ client, epoch }: Session, flush: number, values: readonly unknown[]): Promise<readonly never[]> {
    const { name, text } = this.#work.statement
    const { server, lane } = this.#row
    const asked = client.query({ ...(name === undefined ? {} : { name }), text, values: [server, lane, epoch, flush, ...values] })
    const { rows } = await answerOf(client, asked, prompt.silenceMs)
    return rows as unknown as readonly never[]
  }

  /** It was written, so its callers hear of it, however long the reading takes. */
  async #recovered(noted: string, calls: readonly Call[]): Promise<readonly Result[]> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#work.recovered(noted, calls)
      } catch (error) {
        if (this.#isClosed) throw error
        await pause(tries)
      }
    }
  }

  /** The longest beginning of what waits that may go together. */
  #take(): readonly Waiting<Call, Result>[] {
    const { keysOf, sizeOf } = this.#work
    const keys = new Set<string>()
    const taken: Waiting<Call, Result>[] = []
    const left: Waiting<Call, Result>[] = []
    let size = 0
    for (const [index, one] of this.#waiting.entries()) {
      if (taken.length >= callsPerFlushMax || size >= charsPerFlushMax) {
        left.push(...this.#waiting.slice(index))
        break
      }
      const itsKeys = keysOf?.(one.call) ?? []
      const fits = !itsKeys.some(key => keys.has(key))
      // Later calls on the same keys stay behind this one.
      for (const key of itsKeys) keys.add(key)
      if (fits) {
        size += sizeOf?.(one.call) ?? 0
        taken.push(one)
      } else left.push(one)
    }
    this.#waiting = left
    return taken
  }

  /** What waits was not sent: it fails at once (N4). */
  #failWaiting(reason: string): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { fail } of waiting) fail(new Problem('unavailable', `the connection to the database was lost: ${reason}; nothing was changed, try again`))
  }
}

function notNow(trouble: string | null): Problem {
  return new Problem('unavailable', `the database cannot be used now: ${trouble ?? 'it is not connected'}; nothing was changed, try again`)
}

function mustBeKnown({ isForgotten }: Noted, error: unknown): void {
  if (isForgotten && codeOf(error) !== fenced)
    throw new Problem('unavailable', 'the database was away for so long that it forgot whether this was written: read before you repeat it')
}

/** Longer from time to time, and not the same for two that are in each other's way. */
function pause(times: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, Math.random() * Math.min(pauseMs * 2 ** times, pauseMsMax)))
}
