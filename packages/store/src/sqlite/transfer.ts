/** Everything, in the order of its keys, in and out: a page, or a batch to be written, is one call among the others. */
import type { ExecutionId } from '@busbar/kernel'
import type { FlushQueue } from '../flush-queue.js'
import type { StoredLine } from '../log-chunks.js'
import { alreadyThere, keyAfter, type PageKey, pageOf, withoutOwner } from '../transfer-page.js'
import type { RecordKind, RecordPage, Records, SnapshotRecord, Transfer } from '../transfer.js'
import { prepareAttempts, prepareExecutions } from './commit.js'
import { type DefinitionRow, definitionFromRow } from './definitions.js'
import type { Database } from './driver.js'
import { type HeadRow, recordFromRow } from './load.js'
import { messageFromRow, type MessageRow, partsOf } from '../message-rows.js'
import { attemptFromRow, type AttemptRow, textOf } from '../rows.js'
import type { Tallies } from './tallies.js'
import { type WorkerRow, workerFromRow } from './workers.js'

interface Kind<Of extends RecordKind> {
  /** The types of the key's parts. */
  readonly key: readonly ('string' | 'number')[]
  page(after: PageKey | null, limit: number): RecordPage<Of>
  count(): number
  write(records: readonly Records[Of][]): void
}

type Kinds = { readonly [Of in RecordKind]: Kind<Of> }

export class SqliteTransfer implements Transfer {
  readonly #queue: FlushQueue
  readonly #kinds: Kinds

  constructor(queue: FlushQueue, database: Database, tallies: Tallies) {
    this.#queue = queue
    this.#kinds = kindsOf(database, tallies)
  }

  async read<Of extends RecordKind>(kind: Of, after: string | null, limit: number): Promise<RecordPage<Of>> {
    const { key, page }: Kind<Of> = this.#kinds[kind]
    const from = keyAfter(after, key)
    return this.#queue.read(() => page(from, limit))
  }

  async write<Of extends RecordKind>(kind: Of, records: readonly Records[Of][]): Promise<void> {
    const { write }: Kind<Of> = this.#kinds[kind]
    return this.#queue.write(() => write(records))
  }

  count(kind: RecordKind): Promise<number> {
    return this.#queue.read(this.#kinds[kind].count)
  }
}

function kindsOf(database: Database, tallies: Tallies): Kinds {
  return {
    snapshot: snapshots(database),
    definition: definitions(database),
    worker: workers(database),
    execution: executions(database, tallies),
    attempt: attempts(database),
    log: logs(database),
    message: messages(database),
  }
}

interface Reading<Of extends RecordKind, Row> {
  readonly select: string
  readonly table: string
  readonly key: Readonly<Record<string, 'string' | 'number'>>
  keyOf(row: Row): PageKey
  recordOf(row: Row): Records[Of]
}

/** Prepared when it is asked for: moving a store is rare. */
function reading<Of extends RecordKind, Row>(database: Database, { select, table, key, keyOf, recordOf }: Reading<Of, Row>): Omit<Kind<Of>, 'write'> {
  const columns = Object.keys(key).join(', ')
  const places = Object.keys(key).map(() => '?')
  return {
    key: Object.values(key),
    page(after, limit) {
      const beyond = after === null ? '' : `WHERE (${columns}) > (${places.join(', ')})`
      const rows = database.prepare<Row>(`${select} ${beyond} ORDER BY ${columns} LIMIT ?`).all(...(after ?? []), limit + 1)
      return pageOf(rows, limit, recordOf, keyOf)
    },
    count: () => database.prepare<{ count: number }>(`SELECT count(*) AS count FROM ${table}`).get()?.count ?? 0,
  }
}

function writing<Of extends RecordKind>(kind: Of, insert: (record: Records[Of]) => boolean): (records: readonly Records[Of][]) => void {
  return records => {
    for (const record of records) if (!insert(record)) throw alreadyThere(kind)
  }
}

function snapshots(database: Database): Kind<'snapshot'> {
  const read = reading<'snapshot', SnapshotRecord>(database, {
    select: 'SELECT id, text FROM snapshots',
    table: 'snapshots',
    key: { id: 'string' },
    keyOf: ({ id }) => [id],
    recordOf: ({ id, text }) => ({ id, text }),
  })
  const insert = database.prepare('INSERT INTO snapshots (id, text) VALUES (?, ?) ON CONFLICT DO NOTHING')
  return { ...read, write: writing('snapshot', ({ id, text }) => isOne(insert.run(id, text))) }
}

function definitions(database: Database): Kind<'definition'> {
  const read = reading<'definition', DefinitionRow>(database, {
    select: 'SELECT * FROM definitions',
    table: 'definitions',
    key: { kind: 'string', namespace: 'string', name: 'string', version: 'number' },
    keyOf: ({ kind, namespace, name, version }) => [kind, namespace, name, version],
    recordOf: definitionFromRow,
  })
  const insert = database.prepare(`
    INSERT INTO definitions (kind, namespace, name, version, body, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
  const write = writing('definition', ({ kind, namespace, name, version, body, createdAt, updatedAt }) =>
    isOne(insert.run(kind, namespace, name, version, body, createdAt, updatedAt)),
  )
  return { ...read, write }
}

function workers(database: Database): Kind<'worker'> {
  const read = reading<'worker', WorkerRow>(database, {
    select: 'SELECT * FROM workers',
    table: 'workers',
    key: { id: 'string' },
    keyOf: ({ id }) => [id],
    recordOf: workerFromRow,
  })
  const insert = database.prepare('INSERT INTO workers (id, name, last_seen, registered_at, detail) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
  const write = writing('worker', ({ id, name, lastSeen, registeredAt, detail }) => isOne(insert.run(id, name, lastSeen, registeredAt, detail)))
  return { ...read, write }
}

function executions(database: Database, tallies: Tallies): Kind<'execution'> {
  const read = reading<'execution', HeadRow>(database, {
    select: 'SELECT executions.*, execution_briefs.brief AS large_brief FROM executions LEFT JOIN execution_briefs ON execution_id = id',
    table: 'executions',
    key: { id: 'string' },
    keyOf: ({ id }) => [id],
    recordOf: recordFromRow,
  })
  const { insert } = prepareExecutions(database)
  const setVersion = database.prepare('UPDATE executions SET version = ? WHERE id = ?')
  const insertAll = writing('execution', ({ execution, version, ...position }) => {
    const { id, state, brief } = execution
    return insert({ id, ...position }, execution, textOf(state), textOf(brief)) && isOne(setVersion.run(version, id))
  })
  return {
    ...read,
    write(records) {
      insertAll(records)
      // Last, because counts are kept outside the transaction until it ends: nothing may be withdrawn after this.
      for (const { execution } of records) tallies.move(execution.dialect, null, execution.status)
    },
  }
}

function attempts(database: Database): Kind<'attempt'> {
  const read = reading<'attempt', AttemptRow>(database, {
    select: 'SELECT * FROM attempts',
    table: 'attempts',
    key: { execution_id: 'string', ordinal: 'number' },
    keyOf: ({ execution_id: execution, ordinal }) => [execution, ordinal],
    recordOf: row => ({ execution: row.execution_id, attempt: attemptFromRow(row) }),
  })
  const { put } = prepareAttempts(database)
  const mustExist = prepareMustExist(database)
  const write = writing('attempt', ({ execution, attempt }) => {
    mustExist('attempt', execution)
    return put(execution, attempt, null, textOf(attempt.data))
  })
  return { ...read, write }
}

interface LogRow {
  readonly execution_id: ExecutionId
  readonly last: number
  readonly count: number
  readonly source: string
  readonly lines: string
}

function logs(database: Database): Kind<'log'> {
  const read = reading<'log', LogRow>(database, {
    select: 'SELECT execution_id, last, count, source, lines FROM logs',
    table: 'logs',
    key: { execution_id: 'string', last: 'number' },
    keyOf: ({ execution_id: execution, last }) => [execution, last],
    recordOf: ({ execution_id: execution, last, count, source, lines }) => ({
      execution,
      first: last - count + 1,
      source,
      lines: JSON.parse(lines) as readonly StoredLine[],
    }),
  })
  const overlaps = database.prepare('SELECT 1 FROM logs WHERE execution_id = ? AND last >= ? AND last - count < ? LIMIT 1')
  const insert = database.prepare('INSERT INTO logs (execution_id, last, count, source, lines) VALUES (?, ?, ?, ?, ?)')
  const mustExist = prepareMustExist(database)
  const write = writing('log', ({ execution, first, source, lines }) => {
    mustExist('log', execution)
    const last = first + lines.length - 1
    if (overlaps.get(execution, first, last)) return false
    return isOne(insert.run(execution, last, lines.length, source, JSON.stringify(lines)))
  })
  return { ...read, write }
}

function messages(database: Database): Kind<'message'> {
  const read = reading<'message', MessageRow & { readonly position: number }>(database, {
    select: 'SELECT position, sender, number, receiver, body FROM messages',
    table: 'messages',
    key: { position: 'number' },
    keyOf: ({ position }) => [position],
    recordOf: messageFromRow,
  })
  const insert = database.prepare('INSERT INTO messages (sender, number, receiver, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
  const write = writing('message', ({ id, to, body }) => {
    const { sender, number } = partsOf(id)
    return isOne(insert.run(sender, number, to, textOf(body)))
  })
  return { ...read, write }
}

function prepareMustExist(database: Database): (kind: RecordKind, id: ExecutionId) => void {
  const exists = database.prepare('SELECT 1 FROM executions WHERE id = ?')
  return (kind, id) => {
    if (!exists.get(id)) throw withoutOwner(kind, 'execution')
  }
}

function isOne({ changes }: { readonly changes: number | bigint }): boolean {
  return Number(changes) === 1
}
