/** The port on SQLite: one writing connection on the event loop's own thread (see DESIGN.md), one transaction per turn of the loop. */
import { statSync } from 'node:fs'
import { isPlain, Problem } from '@busbar/kernel'
import type { Changes, DefinitionId, DefinitionKind, DialectName, ExecutionId, Instant, Message, QueueName, WorkerId } from '@busbar/kernel'
import type { Facts } from '../facts.js'
import { FlushQueue } from '../flush-queue.js'
import { changesMustBePlain, mustBePlain } from '../plain-text.js'
import { mustBeCurrent, statusOf } from '../schema-status.js'
import type { SearchRequest } from '../search.js'
import type { ClaimRequest, ListRequest, LogLine, LogRequest, Store, StoredDefinition, StoredWorker, WorkerSighting } from '../store.js'
import { prepareClaim } from './claim.js'
import { prepareCommit, written } from './commit.js'
import { connect, type Connection, type SqliteOptions } from './connection.js'
import { prepareDefinitions, prepareSnapshots } from './definitions.js'
import type { Database } from './driver.js'
import { prepareDue, prepareNextDue } from './due.js'
import { factsOf } from './facts.js'
import { Flusher } from './flush.js'
import { list } from './list.js'
import { prepareHead, prepareLoad } from './load.js'
import { prepareLogs } from './logs.js'
import { prepareOutbox } from './messages.js'
import { migrate, migrations, pending } from './migrate.js'
import { prepareOpenAttempts, prepareQueueSizes } from './queues.js'
import { prepareRemove } from './remove.js'
import { prepareRemoveEnded, prepareRemoveLogs, prepareRemoveSnapshots } from './retention.js'
import { searchAttempts, searchExecutions } from './search.js'
import type { SqliteStats } from './stats.js'
import { Tallies } from './tallies.js'
import { SqliteTransfer } from './transfer.js'
import { prepareWorkers } from './workers.js'

/**
 * Opens the database file, making it and its folder when they are not there, and migrates it. Throws a Problem that says
 * what is wrong.
 */
export function openSqliteStore(path: string, options: SqliteOptions = {}): Promise<SqliteStore> {
  return new Promise(resolve => {
    const connection = connect(path, options)
    try {
      if (options.migrate === 'check') mustBeCurrent(statusOf(migrations, pending(connection.database)), path)
      else migrate(connection.database)
      resolve(new SqliteStore(path, connection))
    } catch (error) {
      connection.close()
      throw error
    }
  })
}

export class SqliteStore implements Store {
  /** One server for one database: see the lock in connection.ts. */
  readonly sharing = null
  readonly transfer: SqliteTransfer
  readonly facts: Facts
  readonly blobs = null
  readonly #path: string
  /** Kept as long as the store: the packaged driver must not lose a database before its statements. */
  readonly #connection: Connection
  readonly #tallies: Tallies
  readonly #flusher: Flusher
  readonly #queue: FlushQueue
  readonly #sql: Statements
  #isClosed = false

  constructor(path: string, connection: Connection) {
    this.#path = path
    this.#connection = connection
    this.#tallies = new Tallies(connection.database)
    this.#flusher = new Flusher(connection.database, this.#tallies)
    this.#queue = new FlushQueue(calls => this.#flusher.flush(calls))
    this.#sql = prepareStatements(connection.database, this.#tallies)
    this.transfer = new SqliteTransfer(this.#queue, connection.database, this.#tallies)
    this.facts = factsOf(this.#queue, connection.database)
  }

  // ── Life ──

  /** It was opened before anybody could have it; this only says so. */
  open(): Promise<void> {
    return this.#isClosed ? Promise.reject(new Problem('unavailable', 'the store was closed: open the file again')) : Promise.resolve()
  }

  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    this.#isClosed = true
    this.#queue.close()
    this.#connection.close()
    return Promise.resolve()
  }

  trouble(): Promise<string | null> {
    return Promise.resolve(this.#isClosed ? 'the store is closed' : this.#flusher.trouble)
  }

  stats(): SqliteStats {
    const { flushes, calls, replays, slowestMs } = this.#flusher
    const rowsWritten = this.#isClosed ? 0 : this.#sql.rowsWritten()
    return { flushes, calls, replays, slowestFlushMs: slowestMs, rowsWritten, databaseBytes: bytesOf(this.#path), walBytes: bytesOf(`${this.#path}-wal`) }
  }

  // ── Executions ──

  async commit(changes: Changes) {
    changesMustBePlain(changes)
    const change = written(changes)
    return this.#queue.write(() => this.#sql.commit(change))
  }
  load(id: ExecutionId) {
    return this.#queue.read(() => this.#sql.load(id))
  }
  async list(request: ListRequest) {
    if (!isPlain(request.namespace, request.name, request.version, request.handle, request.source, request.text)) return { executions: [], total: 0 }
    return this.#queue.read(() => list(this.#connection.database, this.#tallies, request))
  }
  countByStatus(dialect: DialectName) {
    return this.#queue.read(() => this.#tallies.of(dialect))
  }
  head(id: ExecutionId) {
    return this.#queue.read(() => this.#sql.head(id))
  }
  remove(id: ExecutionId) {
    return this.#queue.write(() => this.#sql.remove(id))
  }

  // ── Searches ──

  searchExecutions(request: SearchRequest) {
    return searchExecutions(this.#connection.database, this.#queue, request)
  }
  searchAttempts(request: SearchRequest) {
    return searchAttempts(this.#connection.database, this.#queue, request)
  }

  // ── Retention ──

  removeEnded(endedBefore: Instant, limit: number) {
    return this.#queue.write(() => this.#sql.removeEnded(endedBefore, limit))
  }
  removeLogs(endedBefore: Instant, limit: number) {
    return this.#queue.write(() => this.#sql.removeLogs(endedBefore, limit))
  }
  removeSnapshots(unusedSince: Instant, limit: number) {
    return this.#queue.write(() => this.#sql.removeSnapshots(unusedSince, limit))
  }

  // ── Queues ──

  async claim(request: ClaimRequest) {
    mustBePlain('the worker', request.worker)
    mustBePlain('the queue', ...request.queues)
    return this.#queue.write(() => this.#sql.claim(request))
  }
  queueSizes(now: Instant) {
    return this.#queue.read(() => this.#sql.queueSizes(now))
  }
  async openAttempts(queue: QueueName, offset: number, limit: number) {
    if (!isPlain(queue)) return []
    return this.#queue.read(() => this.#sql.openAttempts(queue, offset, limit))
  }

  // ── Timers and messages ──

  due(now: Instant, limit: number) {
    return this.#queue.read(() => this.#sql.due(now, limit))
  }
  nextDue() {
    return this.#queue.read(() => this.#sql.nextDue())
  }
  messages(limit: number) {
    return this.#queue.read(() => this.#sql.outbox.first(limit))
  }
  messagesTo(receiver: ExecutionId, limit: number) {
    return this.#queue.read(() => this.#sql.outbox.to(receiver, limit))
  }
  dropMessage(id: Message['id']) {
    return this.#queue.write(() => void this.#sql.outbox.take(id))
  }

  // ── Definitions ──

  async putSnapshot(id: DefinitionId, text: string, now: Instant) {
    mustBePlain('the snapshot', text)
    return this.#queue.write(() => this.#sql.snapshots.put(id, text, now))
  }
  snapshot(id: DefinitionId) {
    return this.#queue.read(() => this.#sql.snapshots.get(id))
  }
  async putDefinition(definition: StoredDefinition) {
    mustBePlain('the definition', definition.namespace, definition.name, definition.body)
    return this.#queue.write(() => this.#sql.definitions.put(definition))
  }
  async definition(kind: DefinitionKind, namespace: string, name: string, version: number | null) {
    if (!isPlain(namespace, name)) return null
    return this.#queue.read(() => this.#sql.definitions.get(kind, namespace, name, version))
  }
  async definitions(kind: DefinitionKind, namespace: string, name?: string) {
    if (!isPlain(namespace, name)) return []
    return this.#queue.read(() => this.#sql.definitions.list(kind, namespace, name))
  }
  async deleteDefinition(kind: DefinitionKind, namespace: string, name: string, version: number) {
    if (!isPlain(namespace, name)) return false
    return this.#queue.write(() => this.#sql.definitions.remove(kind, namespace, name, version))
  }

  // ── Workers ──

  async putWorker(worker: StoredWorker) {
    mustBePlain('the worker', worker.id, worker.name, worker.detail)
    return this.#queue.write(() => this.#sql.workers.put(worker))
  }
  seenWorkers(seen: readonly WorkerSighting[]) {
    return this.#queue.write(() => this.#sql.workers.seen(seen))
  }
  worker(id: WorkerId) {
    return this.#queue.read(() => this.#sql.workers.get(id))
  }
  workers(offset: number, limit: number) {
    return this.#queue.read(() => this.#sql.workers.list(offset, limit))
  }

  // ── Logs ──

  async appendLogs(execution: ExecutionId, lines: readonly Omit<LogLine, 'position'>[]) {
    for (const { source } of lines) mustBePlain('the source', source)
    return this.#queue.write(() => this.#sql.logs.append(execution, lines))
  }
  async logs(execution: ExecutionId, request: LogRequest) {
    if (!isPlain(request.source)) return []
    return this.#queue.read(() => this.#sql.logs.read(execution, request))
  }
}

type Statements = ReturnType<typeof prepareStatements>

function prepareStatements(database: Database, tallies: Tallies) {
  const outbox = prepareOutbox(database)
  const logs = prepareLogs(database)
  const remove = prepareRemove(database, tallies)
  const totalChanges = database.prepare<{ rows: number }>('SELECT total_changes() AS rows')
  return {
    outbox,
    logs,
    commit: prepareCommit(database, { tallies, outbox, logs }),
    load: prepareLoad(database),
    head: prepareHead(database),
    remove,
    removeEnded: prepareRemoveEnded(database, remove),
    removeLogs: prepareRemoveLogs(database),
    removeSnapshots: prepareRemoveSnapshots(database),
    claim: prepareClaim(database),
    queueSizes: prepareQueueSizes(database),
    openAttempts: prepareOpenAttempts(database),
    due: prepareDue(database),
    nextDue: prepareNextDue(database),
    snapshots: prepareSnapshots(database),
    definitions: prepareDefinitions(database),
    workers: prepareWorkers(database),
    rowsWritten: () => totalChanges.get()?.rows ?? 0,
  }
}

function bytesOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
