/** The port on PostgreSQL, for any number of servers: three lanes that write, a few connections that read, one that listens. */
import { randomUUID } from 'node:crypto'
import { isPlain, Problem } from '@busbar/kernel'
import type pg from 'pg'
import type { Changes, DefinitionId, DefinitionKind, DialectName, ExecutionId, Instant, Message, QueueName, WorkerId } from '@busbar/kernel'
import { messageFromRow, type MessageRow, partsOf } from '../message-rows.js'
import type { Blobs } from '../blobs.js'
import type { Facts } from '../facts.js'
import { surveyedMessagesMax } from '../limits.js'
import { changesMustBePlain, mustBePlain } from '../plain-text.js'
import { mustBeCurrent, statusOf } from '../schema-status.js'
import type { SearchRequest } from '../search.js'
import type { Heard, KnownExecution, News, PollSign, Sharing, Survey } from '../sharing.js'
import type {
  Claimed,
  ClaimRequest,
  CommitResult,
  DueExecution,
  ListRequest,
  LogLine,
  LogRequest,
  Store,
  StoredDefinition,
  StoredWorker,
  WorkerSighting,
} from '../store.js'
import { type Address, parseAddress } from './address.js'
import { claimWork, queued, type QueuedClaim } from './claim.js'
import { commitWork, written, type WrittenChanges } from './commit.js'
import { end, type Reader } from './connection.js'
import * as definitions from './definitions.js'
import { dueStatements, type TakeDue, takeDueWork } from './due.js'
import { shutDoor } from './door.js'
import { blobsOf } from './blobs.js'
import { factsOf } from './facts.js'
import { inTime } from './in-time.js'
import { Lane } from './lane.js'
import { countByStatus, list } from './list.js'
import { head, loadChanges, Loads } from './load.js'
import { type Append, appendLogsWork, readLogs } from './logs.js'
import { messageStatements } from './messages.js'
import { migrate, migrations, pending } from './migrate.js'
import { NewsWire } from './news.js'
import { openAttempts, queueSizes, queueStatements, surveyStatement } from './queues.js'
import { Reads } from './reads.js'
import { removeEnded, removeLogs, removeSnapshots } from './retention.js'
import { withSchema } from './schema-status.js'
import { searchAttempts, searchExecutions } from './search.js'
import type { PostgresStats } from './stats.js'
import { PostgresTransfer } from './transfer.js'
import * as workers from './workers.js'

export interface PostgresOptions {
  /** What an operator should know: lost connections and the like. */
  readonly log?: (event: string, fields: Record<string, unknown>) => void
  /** Connections for reads, default 4. A server holds up to seven more: four that write, one for news, two for lists and retention. */
  readonly poolMax?: number
  /** `check`: never changes the schema, and refuses to open while a migration is pending. Default `run`. */
  readonly migrate?: 'run' | 'check'
  /** True: a database is taken although it may lose what it acknowledged. For tests that look at meanings only. */
  readonly mayLoseWrites?: boolean
  /** True: refuses to open while servers use the database, and keeps them out until it is closed. */
  readonly alone?: boolean
}

const readersDefault = 4
/** A list may take long, and what stands behind it on its connection waits: so lists have connections of their own. */
const walkers = 2

/** Opens the database, which must be there, and migrates it. Throws a Problem that says what is wrong. */
export async function openPostgresStore(url: string, options: PostgresOptions = {}): Promise<PostgresStore> {
  const address = parseAddress(url, { isDurable: options.mayLoseWrites !== true, isAlone: options.alone === true })
  await prepare(address, options.migrate ?? 'run')
  const store = new PostgresStore(address, options)
  try {
    await store.open()
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

function prepare(address: Address, mode: 'run' | 'check'): Promise<void> {
  return withSchema(address, async client => {
    if (mode === 'run') return migrate(client)
    mustBeCurrent(statusOf(migrations, await pending(client)), address.shown)
  })
}

export class PostgresStore implements Store {
  readonly sharing: Sharing
  readonly transfer: PostgresTransfer
  readonly facts: Facts
  readonly blobs: Blobs
  readonly #server = randomUUID()
  readonly #address: Address
  readonly #migrate: 'run' | 'check'
  readonly #reads: Reads
  readonly #loads: Loads
  readonly #walks: Reads
  readonly #commits: Lane<WrittenChanges, CommitResult>
  readonly #claims: Lane<QueuedClaim, readonly Claimed[]>
  readonly #timers: Lane<TakeDue, readonly DueExecution[]>
  readonly #logs: Lane<Append, void>
  readonly #news: NewsWire
  #opening: Promise<void> | null = null
  #door: pg.Client | null = null
  #isClosed = false

  constructor(address: Address, options: PostgresOptions) {
    const log = options.log ?? (() => {})
    const server = this.#server
    this.#address = address
    this.#migrate = options.migrate ?? 'run'
    this.#reads = new Reads(address, options.poolMax ?? readersDefault)
    this.#loads = new Loads(this.#reads)
    this.#walks = new Reads(address, walkers, { isPatient: true })
    this.#commits = new Lane(address, { server, lane: 0 }, commitWork, log)
    this.#claims = new Lane(address, { server, lane: 1 }, claimWork(this.#reads), log)
    this.#timers = new Lane(address, { server, lane: 2 }, takeDueWork, log)
    this.#logs = new Lane(address, { server, lane: 3 }, appendLogsWork, log)
    this.#news = new NewsWire(address, server, log)
    this.sharing = new PostgresSharing(this.#reads, this.#timers, this.#news)
    this.transfer = new PostgresTransfer(this.#walks)
    this.facts = factsOf(this.#reads)
    this.blobs = blobsOf(this.#walks)
  }

  // ── Life ──

  async open(): Promise<void> {
    if (this.#isClosed) throw closed()
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = null
      throw error
    })
    await this.#opening
  }

  async #open(): Promise<void> {
    // Without the door others may write, so nothing here would hold any more.
    if (this.#address.isAlone) this.#door ??= await shutDoor(this.#address, () => void this.close())
    await prepare(this.#address, this.#migrate)
    await Promise.all([...this.#lanes().map(lane => lane.open()), this.#news.open()])
    // Of servers that are gone.
    await this.#reads.query({ text: 'DELETE FROM lanes WHERE seen_at < busbar_now() - 86400000' }, [])
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await Promise.all([...this.#lanes().map(lane => lane.close()), this.#news.close(), this.#walks.close()])
    // Closing waits for it.
    this.#reads.query({ text: 'DELETE FROM lanes WHERE server = $1' }, [this.#server]).catch(() => {})
    await this.#reads.close()
    if (this.#door) await end(this.#door)
  }

  async trouble(): Promise<string | null> {
    if (this.#isClosed) return 'the store is closed'
    const lost = this.#lanes().find(lane => lane.trouble !== null)?.trouble ?? null
    if (lost !== null) return `the database cannot be used: ${lost}`
    try {
      const [row] = await this.#reads.query<{ readonly: string }>({ name: 'alive', text: "SELECT current_setting('transaction_read_only') AS readonly" }, [])
      return row?.readonly === 'on' ? 'the database takes no writes' : null
    } catch (error) {
      return (error as Error).message
    }
  }

  stats(): PostgresStats {
    const lanes = this.#lanes()
    const sum = (of: (lane: (typeof lanes)[number]) => number) => lanes.reduce((total, lane) => total + of(lane), 0)
    return {
      flushes: sum(lane => lane.flushes),
      calls: sum(lane => lane.calls),
      reads: this.#reads.statements + this.#walks.statements,
      notifications: this.#news.sent,
      reconnects: sum(lane => lane.reconnects),
    }
  }

  #lanes() {
    return [this.#commits, this.#claims, this.#timers, this.#logs] as const
  }

  // ── Executions ──

  async commit(changes: Changes) {
    changesMustBePlain(changes)
    return this.#commits.call(written(changes))
  }
  load(id: ExecutionId) {
    return inTime(this.#read(() => this.#loads.load(id)))
  }
  head(id: ExecutionId) {
    return this.#read(reader => head(reader, id))
  }
  async list(request: ListRequest) {
    if (!isPlain(request.namespace, request.name, request.version, request.handle, request.source, request.text)) return { executions: [], total: 0 }
    return this.#look(reader => list(reader, request))
  }
  countByStatus(dialect: DialectName) {
    return this.#read(reader => countByStatus(reader, dialect))
  }
  async remove(id: ExecutionId) {
    const rows = await this.#read(reader => reader.query({ name: 'remove', once: true, text: 'SELECT busbar_remove_v1($1, $2::text[])' }, [this.#server, [id]]))
    return rows.length > 0
  }
  removeEnded(endedBefore: Instant, limit: number) {
    return this.#walk(reader => removeEnded(reader, this.#server, endedBefore, limit))
  }
  removeLogs(endedBefore: Instant, limit: number) {
    return this.#walk(reader => removeLogs(reader, endedBefore, limit))
  }
  removeSnapshots(unusedSince: Instant, limit: number) {
    return this.#walk(reader => removeSnapshots(reader, unusedSince, limit))
  }

  // ── Searches ──

  searchExecutions(request: SearchRequest) {
    return this.#look(reader => searchExecutions(reader, request))
  }
  searchAttempts(request: SearchRequest) {
    return this.#look(reader => searchAttempts(reader, request))
  }

  // ── Queues ──

  async claim(request: ClaimRequest) {
    mustBePlain('the worker', request.worker)
    mustBePlain('the queue', ...request.queues)
    if (request.queues.length === 0 || request.max <= 0) return []
    return this.#claims.call(queued(request))
  }
  queueSizes(now: Instant) {
    return this.#look(reader => queueSizes(reader, now))
  }
  async openAttempts(queue: QueueName, offset: number, limit: number) {
    if (!isPlain(queue)) return []
    return this.#look(reader => openAttempts(reader, queue, offset, limit))
  }

  // ── Timers and messages ──

  due(now: Instant, limit: number) {
    return this.#read(reader => reader.query<DueExecution>(dueStatements.due, [now, limit]))
  }
  async nextDue() {
    const [row] = await this.#read(reader => reader.query<{ at: Instant }>(dueStatements.next, []))
    return row?.at ?? null
  }
  async messages(limit: number) {
    return (await this.#read(reader => reader.query<MessageRow>(messageStatements.first, [limit]))).map(messageFromRow)
  }
  async messagesTo(receiver: ExecutionId, limit: number) {
    return (await this.#read(reader => reader.query<MessageRow>(messageStatements.to, [receiver, limit]))).map(messageFromRow)
  }
  async dropMessage(id: Message['id']) {
    const { sender, number } = partsOf(id)
    await this.#read(reader => reader.query(messageStatements.drop, [sender, number]))
  }

  // ── Definitions ──

  async putSnapshot(id: DefinitionId, text: string, now: Instant) {
    mustBePlain('the snapshot', text)
    await this.#read(reader => reader.query(definitions.snapshotStatements.put, [id, text, now]))
  }
  snapshot(id: DefinitionId) {
    return this.#read(reader => definitions.snapshot(reader, id))
  }
  async putDefinition(definition: StoredDefinition) {
    mustBePlain('the definition', definition.namespace, definition.name, definition.body)
    await this.#read(reader => reader.query(definitions.definitionStatements.put, definitions.putDefinitionValues(definition)))
  }
  async definition(kind: DefinitionKind, namespace: string, name: string, version: number | null) {
    if (!isPlain(namespace, name)) return null
    return this.#read(reader => definitions.definition(reader, kind, namespace, name, version))
  }
  async definitions(kind: DefinitionKind, namespace: string, name?: string) {
    if (!isPlain(namespace, name)) return []
    return this.#read(reader => definitions.definitions(reader, kind, namespace, name))
  }
  async deleteDefinition(kind: DefinitionKind, namespace: string, name: string, version: number) {
    if (!isPlain(namespace, name)) return false
    const rows = await this.#read(reader => reader.query(definitions.definitionStatements.remove, [kind, namespace, name, version]))
    return rows.length > 0
  }

  // ── Workers ──

  async putWorker(worker: StoredWorker) {
    mustBePlain('the worker', worker.id, worker.name, worker.detail)
    await this.#read(reader => reader.query(workers.workerStatements.put, workers.putWorkerValues(worker)))
  }
  async seenWorkers(seen: readonly WorkerSighting[]) {
    if (seen.length > 0) await this.#read(reader => reader.query(workers.workerStatements.seen, workers.seenWorkersValues(seen)))
  }
  worker(id: WorkerId) {
    return this.#read(reader => workers.worker(reader, id))
  }
  workers(offset: number, limit: number) {
    return this.#read(reader => workers.workers(reader, offset, limit))
  }

  // ── Logs ──

  async appendLogs(execution: ExecutionId, lines: readonly Omit<LogLine, 'position'>[]) {
    for (const { source } of lines) mustBePlain('the source', source)
    if (lines.length > 0) await inTime(this.#logs.call({ execution, lines }))
  }
  async logs(execution: ExecutionId, request: LogRequest) {
    if (!isPlain(request.source)) return []
    return this.#read(reader => readLogs(reader, execution, request))
  }

  #read<Result>(run: (reader: Reader) => Promise<Result>): Promise<Result> {
    return this.#isClosed ? Promise.reject(closed()) : run(this.#reads)
  }

  /** A walk that somebody waits for. */
  #look<Result>(run: (reader: Reader) => Promise<Result>): Promise<Result> {
    return inTime(this.#walk(run))
  }

  #walk<Result>(run: (reader: Reader) => Promise<Result>): Promise<Result> {
    return this.#isClosed ? Promise.reject(closed()) : run(this.#walks)
  }
}

function closed(): Problem {
  return new Problem('unavailable', 'the store is closed; open it before you use it')
}

class PostgresSharing implements Sharing {
  readonly #reads: Reader
  readonly #timers: Lane<TakeDue, readonly DueExecution[]>
  readonly #news: NewsWire

  constructor(reads: Reader, timers: Lane<TakeDue, readonly DueExecution[]>, news: NewsWire) {
    this.#reads = reads
    this.#timers = timers
    this.#news = news
  }

  async clock(): Promise<Instant> {
    const [row] = await this.#reads.query<{ now: Instant }>({ name: 'clock', text: 'SELECT busbar_now() AS now' }, [])
    if (!row) throw new Problem('unavailable', 'the database did not say what time it is')
    return row.now
  }
  tell(news: News): void {
    this.#news.tell(news)
  }
  hear(listener: (heard: Heard) => void): () => void {
    return this.#news.hear(listener)
  }

  async survey(now: Instant, leftAfterMs: number): Promise<Survey> {
    const left = now - leftAfterMs
    const [row] = await this.#reads.query<{ readonly due: Instant | null; readonly stocked: readonly QueueName[]; readonly left: boolean }>(surveyStatement, [
      left,
    ])
    // Hardly ever is anything left; then a second statement reads it.
    const messages = row?.left ? await this.#reads.query<MessageRow>(messageStatements.left, [left, surveyedMessagesMax]) : []
    return { nextDue: row?.due ?? null, stocked: row?.stocked ?? [], messages: messages.map(messageFromRow) }
  }

  async stocked(now: Instant): Promise<readonly QueueName[]> {
    return (await this.#reads.query<{ queue: QueueName }>(queueStatements.stocked, [now])).map(({ queue }) => queue)
  }
  takeDue(now: Instant, until: Instant, limit: number): Promise<readonly DueExecution[]> {
    return limit <= 0 ? Promise.resolve([]) : this.#timers.call({ now, until, limit })
  }
  loadChanges(known: KnownExecution) {
    return loadChanges(this.#reads, known)
  }
  definitionsEpoch(): Promise<number> {
    return definitions.definitionsEpoch(this.#reads)
  }
  async putPolls(polls: readonly PollSign[]): Promise<void> {
    if (polls.length > 0) await this.#reads.query(workers.pollStatements.put, workers.putPollsValues(polls))
  }
  polls(queues: readonly QueueName[] | null, limit: number): Promise<readonly PollSign[]> {
    return workers.polls(this.#reads, queues, limit)
  }
  workersSince(at: Instant, limit: number): Promise<readonly StoredWorker[]> {
    return workers.workersSince(this.#reads, at, limit)
  }
}
