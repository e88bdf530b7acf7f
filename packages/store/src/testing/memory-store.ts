/**
 * The port in memory: for tests and for the simulation, which crashes it. It keeps copies, as a database does, so that
 * nobody changes what is stored by changing an object.
 */
import { instant, isPlain, Problem } from '@busbar/kernel'
import type { Changes, DefinitionId, DefinitionKind, DialectName, ExecutionId, Instant, Message, QueueName, WorkerId } from '@busbar/kernel'
import type { Blobs } from '../blobs.js'
import type { Facts } from '../facts.js'
import { type Call, FlushQueue } from '../flush-queue.js'
import { changesMustBePlain, mustBePlain } from '../plain-text.js'
import type { SearchRequest } from '../search.js'
import type { ClaimRequest, ListRequest, LogLine, LogRequest, Store, StoredDefinition, StoredWorker, WorkerSighting } from '../store.js'
import * as attempts from './memory-attempts.js'
import * as books from './memory-books.js'
import * as executions from './memory-executions.js'
import * as retention from './memory-retention.js'
import { blobsOf } from './memory-blobs.js'
import { factsOf } from './memory-facts.js'
import { searchAttempts, searchExecutions } from './memory-search.js'
import { type Access, Air, MemorySharing } from './memory-sharing.js'
import { copyOf, copyOfChanges, emptyState, type MemoryState } from './memory-state.js'
import { MemoryTransfer } from './memory-transfer.js'

/** What may befall a flush. */
export type Fault =
  /** The process died before the flush was durable: nobody is ever answered, nothing of it is there afterwards. */
  | 'crash before'
  /** The process died after the flush was durable: nobody is ever answered, all of it is there afterwards. */
  | 'crash after'
  /** The disk refused: nothing is written, all callers hear `unavailable`, the store goes on. */
  | 'fail before'
  /** Written, but the callers hear `unavailable`: what a lost connection to a database does. */
  | 'fail after'

export interface MemoryOptions {
  /** Asked before each flush, with the number of calls in it. */
  readonly beforeFlush?: (calls: number) => Fault | undefined
  /** When a flush happens and news arrive; default `setImmediate`. A simulation brings its own. */
  readonly schedule?: (callback: () => void) => void
  /** The store's clock; default the machine's. */
  readonly now?: () => Instant
  /** Whether several servers may use it (see `companion`): then it has a `sharing`. */
  readonly shared?: boolean
  /** Asked for each hint and each server that would hear it: true loses it. */
  readonly lose?: () => boolean
}

/** What all servers on one store have in common. */
interface Durable {
  state: MemoryState
  readonly air: Air
}

/** The durable state at one moment, to go back to. */
export interface MemoryImage {
  readonly state: MemoryState
}

export class MemoryStore implements Store {
  readonly sharing: MemorySharing | null
  readonly transfer: MemoryTransfer
  readonly facts: Facts
  readonly blobs: Blobs
  readonly #durable: Durable
  readonly #options: MemoryOptions
  readonly #queue: FlushQueue
  readonly #now: () => Instant
  #life: 'open' | 'closed' | 'crashed' = 'open'

  /** `origin`: an image to begin from, or a store whose durable state this one shares. */
  constructor(options: MemoryOptions = {}, origin?: MemoryImage | MemoryStore) {
    const { schedule = setImmediate, now = () => instant(Date.now()), lose = () => false, shared = false } = options
    this.#durable = origin instanceof MemoryStore ? origin.#durable : { state: origin ? copyOf(origin.state) : emptyState(), air: new Air() }
    this.#options = options
    this.#now = now
    this.#queue = new FlushQueue(calls => this.#flush(calls), schedule)
    const access: Access = { read: run => this.#read(run), write: run => this.#write(run) }
    this.sharing = shared ? new MemorySharing(access, { now, schedule, lose }, this.#durable.air) : null
    this.transfer = new MemoryTransfer(access, now)
    this.facts = factsOf(access)
    this.blobs = blobsOf(access, now)
  }

  /** Another server's store on the same durable state. It lives and dies by itself. */
  companion(options: MemoryOptions = this.#options): MemoryStore {
    return new MemoryStore({ ...options, shared: true }, this)
  }

  // ── Time travel ──

  get isCrashed(): boolean {
    return this.#life === 'crashed'
  }

  /** As if the process died now: what is queued is not written, and nobody is answered any more. */
  crash(): void {
    this.#life = 'crashed'
    this.sharing?.end()
  }

  /** What the next process finds: the durable state, none of the calls under way. This store is dead afterwards. */
  successor(options: MemoryOptions = this.#options): MemoryStore {
    this.crash()
    return new MemoryStore(options, this)
  }

  image(): MemoryImage {
    return { state: copyOf(this.#durable.state) }
  }

  restore(image: MemoryImage): void {
    this.#durable.state = copyOf(image.state)
  }

  // ── The port ──

  open(): Promise<void> {
    return Promise.resolve()
  }
  close(): Promise<void> {
    if (this.#life === 'open') this.#life = 'closed'
    this.sharing?.end()
    this.#queue.close()
    return Promise.resolve()
  }
  trouble(): Promise<string | null> {
    return Promise.resolve(this.#life === 'open' ? null : `the store is ${this.#life}`)
  }

  async commit(changes: Changes) {
    changesMustBePlain(changes)
    // Copied when it is called: the caller's view goes on changing.
    const copy = copyOfChanges(changes)
    return this.#write(state => executions.commit(state, copy, this.#now()))
  }
  load(id: ExecutionId) {
    return this.#read(state => executions.load(state, id))
  }
  async list(request: ListRequest) {
    if (!isPlain(request.namespace, request.name, request.version, request.handle, request.source, request.text)) return { executions: [], total: 0 }
    return this.#read(state => executions.list(state, request))
  }
  countByStatus(dialect: DialectName) {
    return this.#read(state => executions.countByStatus(state, dialect))
  }
  head(id: ExecutionId) {
    return this.#read(state => executions.head(state, id))
  }
  remove(id: ExecutionId) {
    return this.#write(state => executions.remove(state, id))
  }

  searchExecutions(request: SearchRequest) {
    return this.#read(state => searchExecutions(state, request))
  }
  searchAttempts(request: SearchRequest) {
    return this.#read(state => searchAttempts(state, request))
  }

  removeEnded(endedBefore: Instant, limit: number) {
    return this.#write(state => retention.removeEnded(state, endedBefore, limit))
  }
  removeLogs(endedBefore: Instant, limit: number) {
    return this.#write(state => retention.removeLogs(state, endedBefore, limit))
  }
  removeSnapshots(unusedSince: Instant, limit: number) {
    return this.#write(state => retention.removeSnapshots(state, unusedSince, limit))
  }

  async claim(request: ClaimRequest) {
    mustBePlain('the worker', request.worker)
    mustBePlain('the queue', ...request.queues)
    return this.#write(state => attempts.claim(state, request))
  }
  queueSizes(now: Instant) {
    return this.#read(state => attempts.queueSizes(state, now))
  }
  async openAttempts(queue: QueueName, offset: number, limit: number) {
    if (!isPlain(queue)) return []
    return this.#read(state => attempts.openAttempts(state, queue, offset, limit))
  }

  due(now: Instant, limit: number) {
    return this.#read(state => executions.due(state, now, limit))
  }
  nextDue() {
    return this.#read(executions.nextDue)
  }
  messages(limit: number) {
    return this.#read(state => [...state.messages.values()].slice(0, limit).map(({ message }) => copyOf(message)))
  }
  messagesTo(receiver: ExecutionId, limit: number) {
    return this.#read(state => {
      const found = [...state.messages.values()].filter(({ message }) => message.to === receiver)
      return found.slice(0, limit).map(({ message }) => copyOf(message))
    })
  }
  dropMessage(id: Message['id']) {
    return this.#write(state => void state.messages.delete(id))
  }

  async putSnapshot(id: DefinitionId, text: string, now: Instant) {
    mustBePlain('the snapshot', text)
    return this.#write(state => books.putSnapshot(state, id, text, now))
  }
  snapshot(id: DefinitionId) {
    return this.#read(state => state.snapshots.get(id)?.text ?? null)
  }
  async putDefinition(definition: StoredDefinition) {
    mustBePlain('the definition', definition.namespace, definition.name, definition.body)
    return this.#write(state => books.putDefinition(state, definition))
  }
  async definition(kind: DefinitionKind, namespace: string, name: string, version: number | null) {
    if (!isPlain(namespace, name)) return null
    return this.#read(state => books.definition(state, kind, namespace, name, version))
  }
  async definitions(kind: DefinitionKind, namespace: string, name?: string) {
    if (!isPlain(namespace, name)) return []
    return this.#read(state => books.definitions(state, kind, namespace, name))
  }
  async deleteDefinition(kind: DefinitionKind, namespace: string, name: string, version: number) {
    if (!isPlain(namespace, name)) return false
    return this.#write(state => books.deleteDefinition(state, kind, namespace, name, version))
  }

  async putWorker(worker: StoredWorker) {
    mustBePlain('the worker', worker.id, worker.name, worker.detail)
    return this.#write(state => books.putWorker(state, worker))
  }
  seenWorkers(seen: readonly WorkerSighting[]) {
    return this.#write(state => books.seenWorkers(state, seen))
  }
  worker(id: WorkerId) {
    return this.#read(state => state.workers.get(id) ?? null)
  }
  workers(offset: number, limit: number) {
    return this.#read(state => books.workers(state, offset, limit))
  }

  async appendLogs(execution: ExecutionId, lines: readonly Omit<LogLine, 'position'>[]) {
    for (const { source } of lines) mustBePlain('the source', source)
    return this.#write(state => books.appendLogs(state, execution, lines))
  }
  async logs(execution: ExecutionId, request: LogRequest) {
    if (!isPlain(request.source)) return []
    return this.#read(state => books.logs(state, execution, request))
  }

  // ── Inside ──

  #write<Result>(run: (state: MemoryState) => Result): Promise<Result> {
    if (this.#life === 'crashed') return new Promise(() => {})
    return this.#queue.write(() => run(this.#durable.state))
  }

  #read<Result>(run: (state: MemoryState) => Result): Promise<Result> {
    if (this.#life === 'crashed') return new Promise(() => {})
    return this.#queue.read(() => run(this.#durable.state))
  }

  #flush(calls: readonly Call[]): void {
    const fault = this.#life === 'crashed' ? 'crash before' : this.#options.beforeFlush?.(calls.length)
    if (fault === 'crash before') return this.crash()
    if (fault === 'fail before') return failAll(calls)
    const settlements = calls.map(call => outcomeOf(call))
    if (fault === 'crash after') return this.crash()
    if (fault === 'fail after') return failAll(calls)
    for (const settle of settlements) settle()
  }
}

/** Runs a call now, and returns how to answer its caller later. A call that throws has changed nothing. */
function outcomeOf(call: Call): () => void {
  try {
    const result = call.run()
    return () => call.settle(result)
  } catch (error) {
    return () => call.fail(error)
  }
}

function failAll(calls: readonly Call[]): void {
  for (const call of calls) call.fail(new Problem('unavailable', 'the store could not write: try again'))
}
