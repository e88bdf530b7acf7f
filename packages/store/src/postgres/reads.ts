/** A few connections for single statements: each carries many at a time, and is opened when it is needed. */
import { Problem } from '@busbar/kernel'
import type pg from 'pg'
import { type Address, connect, isLost, problemOf, type Reader, type Statement } from './connection.js'

interface Seat {
  client: Promise<pg.Client> | null
  underWay: number
}

/** Another connection is tried at once: a read changes nothing, and the writes that come here may be done twice. */
const triesMax = 2
const underWayMax = 10_000

export class Reads implements Reader {
  readonly #address: Address
  readonly #seats: Seat[]
  #isClosed = false
  statements = 0
  /** Why the last connection could not be opened; null when it could. */
  trouble: string | null = null

  constructor(address: Address, connections: number) {
    this.#address = address
    this.#seats = Array.from({ length: connections }, () => ({ client: null, underWay: 0 }))
  }

  async query<Row>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]> {
    for (let tries = 1; ; tries++) {
      const seat = this.#freest()
      seat.underWay += 1
      try {
        const client = await this.#clientOf(seat)
        this.statements += 1
        const { rows } = await client.query({ ...statement, values: [...values] })
        return rows as readonly Row[]
      } catch (error) {
        if (this.#isClosed || tries >= triesMax || error instanceof Problem || !isLost(error)) throw problemOf(error)
      } finally {
        seat.underWay -= 1
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const clients = this.#seats.map(({ client }) => client)
    await Promise.all(clients.map(async client => (await client?.catch(() => null))?.end().catch(() => {})))
  }

  #freest(): Seat {
    let best = this.#seats[0]
    for (const seat of this.#seats) {
      // An open one that has nothing to do is better than opening another.
      if (seat.client && seat.underWay === 0) return seat
      if (!best || seat.underWay < best.underWay) best = seat
    }
    if (this.#isClosed || !best || best.underWay >= underWayMax) throw problemOf(new Error(this.#isClosed ? 'the store is closed' : 'too many statements wait'))
    return best
  }

  #clientOf(seat: Seat): Promise<pg.Client> {
    if (seat.client) return seat.client
    const client = connect({
      address: this.#address,
      pipeline: true,
      settings: ['plan_cache_mode = force_generic_plan'],
      onEnd: () => {
        if (seat.client === client) seat.client = null
      },
    })
    seat.client = client
    client.then(
      () => (this.trouble = null),
      (error: Error) => {
        this.trouble = error.message
        if (seat.client === client) seat.client = null
      },
    )
    return client
  }
}
