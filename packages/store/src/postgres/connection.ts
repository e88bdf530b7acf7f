/** Connections to PostgreSQL: with which settings, and what their errors mean. */
import type { Socket } from 'node:net'
import { Problem } from '@busbar/kernel'
import pg from 'pg'
import type { Address } from './address.js'

export interface Statement {
  /** Prepared once per connection under this name; only for texts that never change. */
  readonly name?: string
  readonly text: string
  /** Its answer would be another one if it were done a second time: so it is not sent again when its answer was lost. */
  readonly once?: true
}

export interface Reader {
  query<Row>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]>
}

export interface ConnectOptions {
  readonly address: Address
  /** Statements are sent without waiting for the answers of those before. */
  readonly pipeline?: boolean
  /** `SET` for the session, `name=value`. */
  readonly settings?: readonly string[]
  /** Default: patient. */
  readonly pace?: Pace
  /** Called once, when a connection that came about is no more. */
  readonly onEnd: (error: Error) => void
}

/** How long a connection may take to come about. */
const connectMs = 5_000
export interface Pace {
  /** How long the server works on a statement. */
  readonly statementMs: number
  /** A server that says nothing for so long is taken for gone; longer than a statement may take, so that what was given up is not still at work. */
  readonly silenceMs: number
}

/** Where callers wait for as long as it takes: lists, retention, copies. */
export const patient: Pace = { statementMs: 60_000, silenceMs: 75_000 }
/** Where callers hear within ten seconds, whatever the database says later (in-time.ts): what they asked for is of no use any more. */
export const prompt: Pace = { statementMs: 10_000, silenceMs: 15_000 }
/** After so long without a word an idle connection is looked after by the system. */
const keepAliveMs = 10_000

/** Whole numbers of 64 bits as numbers: ours are instants, counts and positions, all far below 2^53. */
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8 && format !== 'binary' ? Number : (pg.types.getTypeParser(oid, format) as (value: string) => unknown),
}

/** A connection to the first host that takes writes. Throws a Problem `unavailable` that says why there is none. */
export async function connect(options: ConnectOptions): Promise<pg.Client> {
  const { address } = options
  const reasons: string[] = []
  let cause: unknown
  for (const host of address.hosts) {
    try {
      return await connectTo(host, options)
    } catch (error) {
      cause = error
      reasons.push(address.hosts.length > 1 ? `${host}: ${reasonOf(error)}` : reasonOf(error))
    }
  }
  throw new Problem('unavailable', `the database ${address.shown} cannot be used: ${reasons.join('; ')}`, { cause })
}

async function connectTo(host: string, { address, pipeline = false, settings = [], pace = patient, onEnd }: ConnectOptions): Promise<pg.Client> {
  const config = {
    connectionString: address.urlOf(host),
    application_name: 'busbar',
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
    statement_timeout: pace.statementMs,
    pipeline,
    types,
  }
  const client = new pg.Client(config as pg.ClientConfig)
  let over: Error | null = null
  let isOpen = false
  const end = (error: Error) => {
    if (over) return
    over = error
    if (isOpen) onEnd(error)
  }
  // Without a listener an error of an idle connection would end the process.
  client.on('error', end)
  client.on('end', () => end(new Error('the connection ended')))
  try {
    await client.connect()
    await answerOf(client, prepare(client, address, settings), connectMs)
    // The last answer and the end may have come in one piece: whoever got this connection would never hear of its end.
    mustLive(over)
    isOpen = true
    return client
  } catch (error) {
    client.end().catch(() => {})
    throw error
  }
}

function mustLive(over: Error | null): void {
  if (over) throw over
}

interface Server {
  readonly version: number
  readonly standby: boolean
  readonly readonly: string
  readonly synchronous: string
  readonly fsync: string
}

const askServer = `SELECT current_setting('server_version_num')::int AS version, pg_is_in_recovery() AS standby, current_setting('default_transaction_read_only') AS readonly,
  current_setting('synchronous_commit') AS synchronous, current_setting('fsync') AS fsync`

/** Looks at the server and sets up the session, in one round trip. */
async function prepare(client: pg.Client, { isDurable }: Address, settings: readonly string[]): Promise<void> {
  const answers = (await client.query([askServer, ...settings.map(setting => `SET ${setting}`)].join('; '))) as unknown as
    | pg.QueryResult<Server>
    | readonly pg.QueryResult<Server>[]
  const [server] = (Array.isArray(answers) ? answers[0] : answers).rows
  if (server.version < 140_000) throw new Problem('unavailable', `it is PostgreSQL ${Math.floor(server.version / 10_000)}, and 14 or newer is needed`)
  if (server.standby) throw new Problem('unavailable', 'it is a standby: name the host that takes writes too')
  if (server.readonly === 'on') throw new Problem('unavailable', 'it is read-only (default_transaction_read_only)')
  if (!isDurable) return
  if (server.synchronous === 'off')
    throw new Problem('unavailable', 'synchronous_commit is off for this user or database, so what was acknowledged could be lost: set it to on')
  if (server.fsync === 'off') throw new Problem('unavailable', 'fsync is off, so a power cut could lose what was acknowledged: set it to on')
}

/** The answer, or the end of a connection that says nothing any more, to nobody: a network that is cut tells no one. */
export function answerOf<T>(client: pg.Client, answer: Promise<T>, silenceMs = patient.silenceMs): Promise<T> {
  const stream = streamOf(client)
  let heard = stream.bytesRead
  const timer = setInterval(() => {
    if (stream.bytesRead === heard) stream.destroy(new Error(`no answer within ${silenceMs / 1000} s`))
    heard = stream.bytesRead
  }, silenceMs)
  timer.unref()
  return answer.finally(() => clearInterval(timer))
}

/** Who waits for an answer hears that there is none. */
export function cut(client: pg.Client): void {
  streamOf(client).destroy(new Error('the connection was cut'))
}

/** How long a store that is closed waits for what is under way, and then for a connection to end. */
export const closeMs = 2_000
export const endMs = 500

/** In order, or cut when the other side does not answer. Never throws. */
export async function end(client: pg.Client): Promise<void> {
  const timer = setTimeout(cut, endMs, client)
  await client.end().catch(() => {})
  clearTimeout(timer)
}

function streamOf(client: pg.Client): Socket {
  return (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream
}

// ── Errors ──

export function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
}

/** The connection, or the server behind it, is in trouble: what was sent may have been done or not. */
export function isLost(error: unknown): boolean {
  const code = codeOf(error)
  // An error of the system (ECONNRESET, EPIPE) has a code too; one of the server has five characters and a digit among them.
  return code === null || !/^(?=.*\d)[0-9A-Z]{5}$/.test(code) || /^(08|57P0)/.test(code)
}

/** It was not done, and is not at fault: it came in the way of another. */
export function isInTheWay(error: unknown): boolean {
  const code = codeOf(error)
  return code === '40P01' || code === '40001'
}

/** It was not done: the server has become a standby, and another one takes the writes. */
export function isDemoted(error: unknown): boolean {
  return codeOf(error) === '25006'
}

export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  const code = codeOf(error)
  const reason = error instanceof Error ? error.message : String(error)
  // A value that is none, that breaks a rule of its table, or that is too large for it.
  if (code !== null && /^(22|23|54)/.test(code)) return new Problem('invalid', `the database refused a value: ${reason}`, { cause: error })
  const what = isLost(error) || isDemoted(error) || /^(53|58|XX)/.test(code ?? '') ? 'cannot be reached or cannot write' : 'refused a statement'
  return new Problem('unavailable', `the database ${what}: ${reason}; try again`, { cause: error })
}

const hints: Readonly<Record<string, string>> = {
  '28P01': 'the password or the user is wrong',
  '28000': 'this user may not connect (pg_hba.conf)',
  '3D000': 'there is no such database: create it first',
  '53300': 'it has no connection left: raise max_connections',
  '57P03': 'it is starting up or shutting down',
  ECONNREFUSED: 'nothing listens there',
  ENOENT: 'there is no such socket',
  ENOTFOUND: 'there is no such host',
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  if (/password must be a string/.test(message)) return 'it asks for a password, and the address has none'
  // A host of several addresses fails with an error that has no words of its own.
  return hints[codeOf(error) ?? ''] ?? (message === '' ? 'no connection' : message)
}
