/** Connections to PostgreSQL: where to, with which settings, and what their errors mean. */
import { Problem } from '@busbar/kernel'
import pg from 'pg'

export interface Statement {
  /** Prepared once per connection under this name; only for texts that never change. */
  readonly name?: string
  readonly text: string
}

export interface Reader {
  query<Row>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]>
}

export interface Address {
  /** As it was given, without the password: for messages. */
  readonly shown: string
  /** Tried in turn: a database that fails over has several. */
  readonly hosts: readonly string[]
  /** The connection string for one of the hosts. */
  urlOf(host: string): string
}

/** How long a connection may take to come about. */
const connectMs = 5_000
const statementMs = 60_000

/** `postgres://user:password@host:port,host2:port2/database?sslmode=…` Throws a Problem that says what is wrong. */
export function parseAddress(url: string): Address {
  const parts = /^(postgres(?:ql)?):\/\/(?:([^@/]*)@)?([^/?]*)(\/[^?]*)?(\?.*)?$/.exec(url)
  if (!parts) throw new Problem('invalid', 'the address of the database: expected postgres://user:password@host:port/database')
  const [, , credentials = '', hosts = '', path = '', query = ''] = parts
  const user = credentials.split(':')[0] ?? ''
  return {
    shown: `postgres://${user === '' ? '' : `${user}@`}${hosts}${path}`,
    hosts: hosts === '' ? ['localhost'] : hosts.split(','),
    urlOf: host => `postgres://${credentials === '' ? '' : `${credentials}@`}${host}${path}${query}`,
  }
}

export interface ConnectOptions {
  readonly address: Address
  /** Statements are sent without waiting for the answers of those before. */
  readonly pipeline?: boolean
  /** `SET` for the session, `name=value`. */
  readonly settings?: readonly string[]
  /** Called once, when the connection is no more. */
  readonly onEnd: (error: Error) => void
}

/** Whole numbers of 64 bits as numbers: ours are instants, counts and positions, all far below 2^53. */
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8 && format !== 'binary' ? Number : (pg.types.getTypeParser(oid, format) as (value: string) => unknown),
}

/** A connection to the host that takes writes. Throws a Problem `unavailable` that says why there is none. */
export async function connect({ address, pipeline = false, settings = [], onEnd }: ConnectOptions): Promise<pg.Client> {
  let reason: unknown
  for (const host of address.hosts) {
    const config = {
      connectionString: address.urlOf(host),
      application_name: 'busbar',
      connectionTimeoutMillis: connectMs,
      keepAlive: true,
      statement_timeout: statementMs,
      pipeline,
      types,
    }
    const client = new pg.Client(config as pg.ClientConfig)
    let hasEnded = false
    const end = (error: Error) => {
      if (hasEnded) return
      hasEnded = true
      onEnd(error)
    }
    try {
      // Without a listener an error of an idle connection would end the process.
      client.on('error', error => end(error))
      await client.connect()
      await mustTakeWrites(client)
      for (const setting of settings) await client.query(`SET ${setting}`)
      client.on('end', () => end(new Error('the connection ended')))
      return client
    } catch (error) {
      reason = error
      hasEnded = true
      client.end().catch(() => {})
    }
  }
  throw unreachable(address, reason)
}

async function mustTakeWrites(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ standby: boolean; readonly: string }>(
    "SELECT pg_is_in_recovery() AS standby, current_setting('default_transaction_read_only') AS readonly",
  )
  if (rows[0]?.standby || rows[0]?.readonly === 'on') throw new Problem('unavailable', 'it is a standby or read-only')
}

// ── Errors ──

export function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
}

const aboutTheServer = /^(08|57P|53|58|XX|25006)/

/** The connection, or the server behind it, is in trouble: what was sent may have been done or not. */
export function isLost(error: unknown): boolean {
  const code = codeOf(error)
  if (code === null) return true
  return !/^(?=.*\d)[0-9A-Z]{5}$/.test(code) || /^(08|57P0)/.test(code)
}

/** Run again as it was: it was not done, and is not at fault. */
export function isTransient(error: unknown): boolean {
  const code = codeOf(error)
  return code === '40P01' || code === '40001' || code === '57014' || code === '55P03'
}

export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  const code = codeOf(error)
  const reason = error instanceof Error ? error.message : String(error)
  if (code !== null && /^22/.test(code)) return new Problem('invalid', `the database refused a value: ${reason}`, { cause: error })
  const what = code === null || aboutTheServer.test(code) || isLost(error) ? 'cannot be reached or cannot write' : 'refused a statement'
  return new Problem('unavailable', `the database ${what}: ${reason}; try again`, { cause: error })
}

const hints: Readonly<Record<string, string>> = {
  '28P01': 'the password is wrong',
  '28000': 'this user may not connect (pg_hba.conf)',
  '3D000': 'there is no such database: create it first',
  '53300': 'it has no connection left: raise max_connections or lower the pool',
  '57P03': 'it is starting up or shutting down',
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
}

function unreachable(address: Address, error: unknown): Problem {
  const reason = hints[codeOf(error) ?? ''] ?? (error instanceof Error ? error.message : String(error))
  return new Problem('unavailable', `the database ${address.shown} cannot be used: ${reason}`, { cause: error })
}
