/**
 * A real PostgreSQL for tests: a fresh data folder, a free port of 127.0.0.1, no trace left behind, whatever happens to
 * the test. It syncs its writes unless told otherwise, so that `kill` means what it means in life.
 */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFileSync, chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { type Binaries, findBinaries, type RunAs, unprivileged } from './postgres-binaries.js'
import { Guard, PostgresProcess } from './postgres-process.js'

export interface PostgresOptions {
  /** False: nothing is synced; for tests that look at meanings only. */
  readonly fsync?: boolean
  readonly connectionsMax?: number
  /** Further settings of the server. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface StandbyOptions {
  /** The primary answers a commit when the standby has it too; true unless told otherwise. */
  readonly synchronous?: boolean
  /** Where it listens, e.g. in the place of a primary that is gone; a free port unless told otherwise. */
  readonly port?: number
}

export interface Session {
  query(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>
  end(): Promise<void>
}

export type Row = Readonly<Record<string, unknown>>

const user = 'busbar'
const readyMsMax = 60_000
const retryMs = 20
const portTriesMax = 5
const standbyName = 'standby'

export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const place = newPlace()
  const password = randomBytes(12).toString('hex')
  const secret = join(place.folder, 'password')
  writeFileSync(secret, password, { mode: 0o600 })
  give(secret, place.runAs)
  run(place, place.binaries.initdb, [
    ...['-D', place.data, '-U', user, `--pwfile=${secret}`, '--auth=password'],
    ...['--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'],
  ])
  return startOn(null, place, password, options)
}

/** One server: primary or standby. `restart`, `kill` and `start` keep its data and its port. */
export class PostgresServer {
  readonly port: number
  /** Of the database that every server has. */
  readonly url: string
  readonly #place: Place
  readonly #password: string
  readonly #options: PostgresOptions
  #process: PostgresProcess | null = null
  #databases = 0

  constructor(place: Place, password: string, port: number, options: PostgresOptions) {
    this.#place = place
    this.#password = password
    this.#options = options
    this.port = port
    this.url = this.urlOf('postgres')
  }

  /** What it wrote last, for messages of tests. */
  get said(): string {
    return this.#process?.said ?? ''
  }

  urlOf(database: string): string {
    return `postgres://${user}:${this.#password}@127.0.0.1:${this.port}/${database}`
  }

  /** The URL of a new database: empty, or a copy of the template (which nobody may be connected to). */
  async newDatabase(name = `test_${++this.#databases}`, template = 'template0'): Promise<string> {
    await this.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${pg.escapeIdentifier(template)}`)
    return this.urlOf(name)
  }

  async dropDatabase(name: string): Promise<void> {
    await this.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`)
  }

  /** On a connection of its own. */
  async query(sql: string, values: readonly unknown[] = [], database = 'postgres'): Promise<readonly Row[]> {
    const session = await this.connect(this.urlOf(database))
    try {
      return await session.query(sql, values)
    } finally {
      await session.end()
    }
  }

  /** A session that stays until it is ended: of the tests' own role, or of the one that the URL names. */
  async connect(url = this.url): Promise<Session> {
    const client = new pg.Client({ connectionString: url })
    // A server that dies under a query tells it twice: the query's own rejection is the one that counts.
    client.on('error', () => {})
    await client.connect()
    return {
      query: async (sql, values = []) => (await client.query<Row>(sql, [...values])).rows,
      end: () => client.end().catch(() => {}),
    }
  }

  // ── Life and death ──

  async start(): Promise<void> {
    if (this.#process && !this.#process.isOver) return
    const settings = { ...settingsOf(this.#options), port: String(this.port) }
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const { binaries, data, folder, runAs, guard } = this.#place
    this.#process = new PostgresProcess({ command: binaries.postgres, args: ['-D', data, ...flags], folder, runAs, guard })
    await this.#ready(this.#process)
  }

  /** `fast` ends sessions in order; `immediate` is a crash that the postmaster orders: recovery at the next start. */
  async restart(mode: 'fast' | 'immediate'): Promise<void> {
    await this.#process?.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
    await this.start()
  }

  /** SIGKILL for the postmaster; its children end when they notice. */
  async kill(): Promise<void> {
    await this.#process?.kill('SIGKILL')
  }

  /** Ends it in order, but keeps its data: `start` goes on. */
  async halt(mode: 'fast' | 'immediate' = 'fast'): Promise<void> {
    await this.#process?.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
  }

  /** Ends it and removes its data. */
  async stop(): Promise<void> {
    await this.#process?.kill('SIGQUIT')
    rmSync(this.#place.folder, { recursive: true, force: true, maxRetries: 5 })
    this.#place.guard.dismiss()
  }

  // ── A standby ──

  /** A streaming replica, up to date when this resolves. It lives on when the primary dies. */
  async startStandby({ synchronous = true, port }: StandbyOptions = {}): Promise<PostgresServer> {
    const place = newPlace()
    if (place.binaries.baseBackup === null) await this.#backUpBySql(place)
    else this.#backUp(place, place.binaries.baseBackup)
    const connection = `host=127.0.0.1 port=${this.port} user=${user} password=${this.#password} application_name=${standbyName}`
    appendFileSync(join(place.data, 'postgresql.auto.conf'), `primary_conninfo = '${connection}'\nsynchronous_standby_names = ''\n`)
    writeFileSync(join(place.data, 'standby.signal'), '')
    giveAll(place)
    const standby = await startOn(port ?? null, place, this.#password, this.#options)
    if (synchronous) {
      await this.query(`ALTER SYSTEM SET synchronous_standby_names = '${standbyName}'`)
      await this.query('SELECT pg_reload_conf()')
    }
    const wanted = synchronous ? 'sync' : 'async'
    await until(`the standby streams (${wanted})`, async () => {
      const rows = await this.query(`SELECT 1 FROM pg_stat_replication WHERE application_name = $1 AND state = 'streaming' AND sync_state = $2`, [
        standbyName,
        wanted,
      ])
      return rows.length > 0
    })
    return standby
  }

  /** Makes a standby a primary. */
  async promote(): Promise<void> {
    await this.query('SELECT pg_promote(true, 60)')
    await until('it is a primary', async () => (await this.query('SELECT pg_is_in_recovery() AS waits'))[0]?.['waits'] === false)
  }

  #backUp(place: Place, baseBackup: string): void {
    const source = ['-h', '127.0.0.1', '-p', String(this.port), '-U', user]
    run(place, baseBackup, ['-D', place.data, ...source, '-X', 'stream', '-c', 'fast', '--no-sync'], { PGPASSWORD: this.#password })
  }

  /** The folder as it is, made whole by the log that the standby then streams from the start of the backup. */
  async #backUpBySql(place: Place): Promise<void> {
    const client = new pg.Client({ connectionString: this.url })
    await client.connect()
    try {
      await client.query(`SELECT pg_backup_start('standby', true)`)
      mkdirSync(place.data)
      for (const name of readdirSync(this.#place.data)) {
        if (/^(postmaster\.(pid|opts)|pg_wal|pg_replslot|pg_stat_tmp)$/.test(name)) continue
        cpSync(join(this.#place.data, name), join(place.data, name), { recursive: true })
      }
      for (const name of ['pg_wal/archive_status', 'pg_wal/summaries', 'pg_replslot', 'pg_stat_tmp']) mkdirSync(join(place.data, name), { recursive: true })
      const [stopped] = (await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)')).rows
      writeFileSync(join(place.data, 'backup_label'), stopped?.labelfile ?? '')
    } finally {
      await client.end()
    }
  }

  async #ready(process: PostgresProcess): Promise<void> {
    await until('PostgreSQL answers', async () => {
      if (process.isOver) throw new Ended(`PostgreSQL did not start: ${process.said}`)
      return this.query('SELECT 1').then(
        () => true,
        () => false,
      )
    })
  }
}

// ── Starting ──

interface Place {
  readonly folder: string
  readonly data: string
  readonly runAs: RunAs
  readonly binaries: Binaries
  readonly guard: Guard
}

class Ended extends Error {
  override readonly name = 'Ended'
}

function newPlace(): Place {
  const runAs = unprivileged()
  const folder = mkdtempSync(join(tmpdir(), 'busbar-postgres-'))
  const guard = new Guard(folder)
  chmodSync(folder, 0o700)
  give(folder, runAs)
  return { folder, data: join(folder, 'data'), runAs, binaries: findBinaries(runAs, folder), guard }
}

/** Somebody else may take a free port between our looking and PostgreSQL's listening. */
async function startOn(port: number | null, place: Place, password: string, options: PostgresOptions): Promise<PostgresServer> {
  for (let tries = 1; ; tries++) {
    const server = new PostgresServer(place, password, port ?? (await freePort()), options)
    try {
      await server.start()
      return server
    } catch (error) {
      const isTaken = error instanceof Ended && /could not bind|in use/.test(error.message)
      if (isTaken && port === null && tries < portTriesMax) continue
      await server.stop()
      throw error
    }
  }
}

function settingsOf({ fsync = true, connectionsMax = 100, settings }: PostgresOptions): Record<string, string> {
  return {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: String(connectionsMax),
    shared_buffers: '64MB',
    // What a standby that fell behind still needs; and no test waits for a checkpoint.
    wal_keep_size: '256MB',
    max_wal_size: '4GB',
    hot_standby: 'on',
    // A standby comes back at once when its primary does.
    wal_retrieve_retry_interval: '100ms',
    wal_level: 'replica',
    max_wal_senders: '8',
    logging_collector: 'off',
    log_min_messages: 'fatal',
    log_statement: 'none',
    fsync: fsync ? 'on' : 'off',
    full_page_writes: fsync ? 'on' : 'off',
    ...settings,
  }
}

function run({ folder, runAs }: Place, command: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): void {
  const { status, stderr, error } = spawnSync(command, args, { ...runAs, cwd: folder, encoding: 'utf8', env: { ...process.env, ...environment } })
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${error?.message ?? stderr.slice(-2_000)}`)
}

function give(path: string, runAs: RunAs): void {
  if ('uid' in runAs) chownSync(path, runAs.uid, runAs.gid)
}

function giveAll({ data, runAs }: Place): void {
  chmodSync(data, 0o700)
  give(data, runAs)
  for (const name of readdirSync(data, { recursive: true, encoding: 'utf8' })) give(join(data, name), runAs)
}

/** Asks again, for a bounded time: what happens in another program cannot be waited for in any other way. */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + readyMsMax
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error(`expected that ${what} within ${readyMsMax / 1000} s, and it did not come about`)
    await sleep(retryMs)
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port was given'))))
    })
  })
}
