import { type SchemaStatus, statusOf } from '../schema-status.js'
import { type Address, parseAddress } from './address.js'
import { connect } from './connection.js'
import { migrate, migrations, pending } from './migrate.js'

/** Looks, and changes nothing. */
export function postgresSchema(url: string): Promise<SchemaStatus> {
  return withSchema(parseAddress(url), async client => statusOf(migrations, await pending(client)))
}

/** Applies what is missing; returns how it was before. */
export function upgradePostgres(url: string): Promise<SchemaStatus> {
  return withSchema(parseAddress(url), async client => {
    const before = statusOf(migrations, await pending(client))
    await migrate(client)
    return before
  })
}

export async function withSchema<Result>(address: Address, use: (client: Awaited<ReturnType<typeof connect>>) => Promise<Result>): Promise<Result> {
  const client = await connect({ address, onEnd: () => {} })
  try {
    return await use(client)
  } finally {
    await client.end().catch(() => {})
  }
}
