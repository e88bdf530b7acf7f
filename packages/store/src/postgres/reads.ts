/** A few connections for single statements: each carries many at a time, and is opened when it is needed. */
import { Problem } from '@busbar/kernel'
import type pg from 'pg'
import type { Address } from './address.js'
import {
  answerOf,
  closeMs,
  connect,
  cut,
  end,
  isDemoted,
  isInTheWay,
  isLost,
  type Pace,
  patient,
  problemOf,
  prompt,
  type Reader,
  type Statement,
} from './connection.js'
import { answerMsMax, inTime, noAnswer } from './in-time.js'

interface Seat {
  client: Promise<pg.Client> | null
  underWay: number
}

/** Sent again at once, on another connection, when its own broke or somebody was in its way. */
const triesMax = 3
const underWayMax = 10_000

export class Reads implements Reader {
  readonly #address: Address
  readonly #seats: Seat[]
  readonly #isPatient: boolean
  readonly #pace: Pace
  #isClosed = false
  /** When something was heard from the database, or asked while nothing else was. */
  #silentSince = 0
  #drained: (() => void) | null = null
  statements = 0

  /** `isPatient`: its callers wait for as long as a statement may take. */
  constructor(address: Address, connections: number, { isPatient = false } = {}) {
    this.#address = address
    this.#isPatient = isPatient
    this.#pace = isPatient ? patient : prompt
    this.#seats = Array.from({ length: connections }, () => ({ client: null, underWay: 0 }))
  }

  query<Row>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]> {
    const answer = this.#query<Row>(statement, values)
    return this.#isPatient ? answer : inTime(answer)
  }

  async #query<Row>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]> {
    for (let tries = 1; ; tries++) {
      const seat = this.#freest()
      if (this.#isIdle()) this.#silentSince = performance.now()
      seat.underWay += 1
      try {
        const client = await this.#clientOf(seat)
        return await this.#ask<Row>(client, statement, values)
      } catch (error) {
        // A server that has become a standby answers reads too, with what was true a while ago.
        if (isDemoted(error)) leave(seat)
        if (tries >= triesMax || !mayBeSentAgain(error, statement)) throw problemOf(error)
      } finally {
        seat.underWay -= 1
        this.#silentSince = performance.now()
        if (this.#isIdle()) this.#drained?.()
      }
    }
  }

  /** Finishes what is under way, unless the database says nothing. */
  async close(): Promise<void> {
    this.#isClosed = true
    const late = setTimeout(() => this.#seats.forEach(({ client }) => void client?.then(cut, () => {})), closeMs)
    if (!this.#isIdle()) await new Promise<void>(resolve => (this.#drained = resolve))
    clearTimeout(late)
    await Promise.all(
      this.#seats.map(async ({ client }) => {
        const open = await client?.catch(() => null)
        if (open) await end(open)
      }),
    )
  }

  async #ask<Row>(client: pg.Client, { name, text }: Statement, values: readonly unknown[]): Promise<readonly Row[]> {
    this.statements += 1
    const asked = client.query({ ...(name === undefined ? {} : { name }), text, values: [...values] })
    const { rows } = await answerOf(client, asked, this.#pace.silenceMs)
    return rows as readonly Row[]
  }

  #isIdle(): boolean {
    return this.#seats.every(({ underWay }) => underWay === 0)
  }

  #freest(): Seat {
    if (this.#isClosed) throw new Problem('unavailable', 'the store is closed; open it before you use it')
    if (!this.#isPatient && !this.#isIdle() && performance.now() - this.#silentSince >= answerMsMax) throw noAnswer()
    let best = this.#seats[0]
    for (const seat of this.#seats) {
      // An open one that has nothing to do is better than opening another.
      if (seat.client && seat.underWay === 0) return seat
      if (!best || seat.underWay < best.underWay) best = seat
    }
    if (!best || best.underWay >= underWayMax)
      throw new Problem('throttled', `${underWayMax} statements wait on each connection to the database; try again later`)
    return best
  }

  #clientOf(seat: Seat): Promise<pg.Client> {
    if (seat.client) return seat.client
    const forget = () => {
      if (seat.client === client) seat.client = null
    }
    const client: Promise<pg.Client> = connect({
      address: this.#address,
      pipeline: true,
      settings: ['plan_cache_mode = force_generic_plan'],
      pace: this.#pace,
      onEnd: forget,
    })
    seat.client = client
    client.catch(forget)
    return client
  }
}

function leave(seat: Seat): void {
  const { client } = seat
  seat.client = null
  void client?.then(left => left.end()).catch(() => {})
}

/** A Problem says that there is no connection: nothing was sent. The caller hears at once. */
function mayBeSentAgain(error: unknown, { once }: Statement): boolean {
  if (error instanceof Problem) return false
  return isInTheWay(error) || isDemoted(error) || (isLost(error) && once !== true)
}
