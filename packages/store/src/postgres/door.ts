/**
 * Who may come in: servers together, or one program alone. It is an advisory lock of the database: every lane of a server
 * shares it as long as its connection lives; who copies everything takes it for itself, and servers wait outside.
 */
import { Problem } from '@busbar/kernel'
import type pg from 'pg'
import type { Address } from './address.js'
import { answerOf, connect } from './connection.js'

/** Any number, the same for all, and nobody else's in this database. */
const key = 6_173_205_119

/** An expression that is true when the session was let in, or need not ask. */
export const admission = (isAlone: string) => `CASE WHEN ${isAlone} THEN true ELSE pg_try_advisory_lock_shared(${key}) END`

export function keptOut({ shown }: Address): Problem {
  return new Problem('unavailable', `the database ${shown} is being copied (busbar migrate): wait until that has ended`)
}

/** Keeps servers out until the connection is ended. Throws a Problem when there are some. `onEnd`: they may come in again. */
export async function shutDoor(address: Address, onEnd: (error: Error) => void): Promise<pg.Client> {
  const client = await connect({ address, onEnd })
  try {
    const { rows } = await answerOf(client, client.query<{ shut: boolean }>('SELECT pg_try_advisory_lock($1) AS shut', [key]))
    if (rows[0]?.shut) return client
    throw new Problem(
      'conflict',
      `servers use the database ${address.shown}: stop all of them first (a connection whose machine died is let go by the database after a while)`,
    )
  } catch (error) {
    await client.end().catch(() => {})
    throw error
  }
}
