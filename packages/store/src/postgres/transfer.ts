/** Everything, in the order of its keys, in and out. A page is one statement, and so is a batch that is written. */
import { type Execution, type ExecutionId, Problem } from '@busbar/kernel'
import type { StoredLine } from '../log-chunks.js'
import { attemptFromRow, type AttemptRow, changingColumns, stateFormat, textOf } from '../rows.js'
import { alreadyThere, keyAfter, type PageKey, pageOf, withoutOwner } from '../transfer-page.js'
import type { AttemptRecord, ExecutionRecord, LogRecord, RecordKind, RecordPage, Records, SnapshotRecord, Transfer } from '../transfer.js'
import type { Reader } from './connection.js'
import { type DefinitionRow, definitionFromRow } from './definitions.js'
import { type HeadRow, recordFromRow } from './load.js'
import { messageFromRow, type MessageRow, partsOf } from '../message-rows.js'
import { type WorkerRow, workerFromRow } from './workers.js'

interface Kind<Of extends RecordKind> {
  /** The types of the key's parts. */
  readonly key: readonly ('string' | 'number')[]
  page(after: PageKey | null, limit: number): Promise<RecordPage<Of>>
  count(): Promise<number>
  write(records: readonly Records[Of][]): Promise<void>
}

type Kinds = { readonly [Of in RecordKind]: Kind<Of> }

export class PostgresTransfer implements Transfer {
  readonly #kinds: Kinds

  constructor(reader: Reader) {
    this.#kinds = {
      snapshot: snapshots(reader),
      definition: definitions(reader),
      worker: workers(reader),
      execution: executions(reader),
      attempt: attempts(reader),
      log: logs(reader),
      message: messages(reader),
    }
  }

  async read<Of extends RecordKind>(kind: Of, after: string | null, limit: number): Promise<RecordPage<Of>> {
    const { key, page }: Kind<Of> = this.#kinds[kind]
    return page(keyAfter(after, key), limit)
  }

  async write<Of extends RecordKind>(kind: Of, records: readonly Records[Of][]): Promise<void> {
    const { write }: Kind<Of> = this.#kinds[kind]
    if (records.length > 0) await write(records)
  }

  count(kind: RecordKind): Promise<number> {
    return this.#kinds[kind].count()
  }
}

// ── Reading ──

interface Reading<Of extends RecordKind, Row> {
  readonly table: string
  readonly columns?: string
  readonly key: Readonly<Record<string, 'string' | 'number'>>
  keyOf(row: Row): PageKey
  recordOf(row: Row): Records[Of]
}

function reading<Of extends RecordKind, Row>(reader: Reader, { table, columns = '*', key, keyOf, recordOf }: Reading<Of, Row>): Omit<Kind<Of>, 'write'> {
  const names = Object.keys(key)
  const places = names.map((_, index) => `$${index + 1}`).join(', ')
  const order = names.join(', ')
  const first = `SELECT ${columns} FROM ${table} ORDER BY ${order} LIMIT $1`
  const next = `SELECT ${columns} FROM ${table} WHERE (${order}) > (${places}) ORDER BY ${order} LIMIT $${names.length + 1}`
  return {
    key: Object.values(key),
    async page(after, limit) {
      const rows = after === null ? await reader.query<Row>({ text: first }, [limit + 1]) : await reader.query<Row>({ text: next }, [...after, limit + 1])
      return pageOf(rows, limit, recordOf, keyOf)
    },
    async count() {
      const [row] = await reader.query<{ count: number }>({ text: `SELECT count(*)::bigint AS count FROM ${table}` }, [])
      return row?.count ?? 0
    },
  }
}

// ── Writing ──

interface Column<Of extends RecordKind> {
  readonly type: 'text' | 'bigint' | 'int'
  valueOf(record: Records[Of]): unknown
}

/** An array for each column, and one row for each of their elements: as quick as a copy, and no rule of its own for the text. */
function writing<Of extends RecordKind>(
  reader: Reader,
  kind: Of,
  table: string,
  columns: Readonly<Record<string, Column<Of>>>,
  further: readonly string[] = [],
) {
  const names = Object.keys(columns)
  const arrays = Object.values(columns).map(({ type }, index) => `$${index + 1}::${type}[]`)
  const text = `
WITH given AS (SELECT * FROM unnest(${arrays.join(', ')}) WITH ORDINALITY AS g(${names.join(', ')}, place)),
written AS (INSERT INTO ${table} (${names.join(', ')}) SELECT ${names.join(', ')} FROM given ORDER BY place)${further.map(one => `,\n${one}`).join('')}
SELECT 1`
  return async (records: readonly Records[Of][]): Promise<void> => {
    const values = Object.values(columns).map(({ valueOf }) => records.map(valueOf))
    try {
      await reader.query({ text, once: true }, values)
    } catch (error) {
      throw isDuplicate(error) ? alreadyThere(kind) : error
    }
  }
}

const uniqueViolation = '23505'

function isDuplicate(error: unknown): boolean {
  const cause = error instanceof Problem ? error.cause : error
  return cause instanceof Error && 'code' in cause && cause.code === uniqueViolation
}

function snapshots(reader: Reader): Kind<'snapshot'> {
  const read = reading<'snapshot', SnapshotRecord>(reader, {
    table: 'snapshots',
    columns: 'id, text',
    key: { id: 'string' },
    keyOf: ({ id }) => [id],
    recordOf: ({ id, text }) => ({ id, text }),
  })
  const write = writing(reader, 'snapshot', 'snapshots', {
    id: { type: 'text', valueOf: ({ id }) => id },
    text: { type: 'text', valueOf: ({ text }) => text },
    used_at: { type: 'bigint', valueOf: () => 0 },
  })
  return { ...read, write }
}

function definitions(reader: Reader): Kind<'definition'> {
  const read = reading<'definition', DefinitionRow>(reader, {
    table: 'definitions',
    key: { kind: 'string', namespace: 'string', name: 'string', version: 'number' },
    keyOf: ({ kind, namespace, name, version }) => [kind, namespace, name, version],
    recordOf: definitionFromRow,
  })
  const columns: Readonly<Record<string, Column<'definition'>>> = {
    kind: { type: 'text', valueOf: ({ kind }) => kind },
    namespace: { type: 'text', valueOf: ({ namespace }) => namespace },
    name: { type: 'text', valueOf: ({ name }) => name },
    version: { type: 'int', valueOf: ({ version }) => version },
    body: { type: 'text', valueOf: ({ body }) => body },
    created_at: { type: 'bigint', valueOf: ({ createdAt }) => createdAt },
    updated_at: { type: 'bigint', valueOf: ({ updatedAt }) => updatedAt },
  }
  return { ...read, write: writing(reader, 'definition', 'definitions', columns, ['raised AS (UPDATE definitions_epoch SET epoch = epoch + 1)']) }
}

function workers(reader: Reader): Kind<'worker'> {
  const read = reading<'worker', WorkerRow>(reader, { table: 'workers', key: { id: 'string' }, keyOf: ({ id }) => [id], recordOf: workerFromRow })
  const write = writing(reader, 'worker', 'workers', {
    id: { type: 'text', valueOf: ({ id }) => id },
    name: { type: 'text', valueOf: ({ name }) => name },
    last_seen: { type: 'bigint', valueOf: ({ lastSeen }) => lastSeen },
    registered_at: { type: 'bigint', valueOf: ({ registeredAt }) => registeredAt },
    detail: { type: 'text', valueOf: ({ detail }) => detail },
  })
  return { ...read, write }
}

function executions(reader: Reader): Kind<'execution'> {
  const read = reading<'execution', HeadRow>(reader, { table: 'executions', key: { id: 'string' }, keyOf: ({ id }) => [id], recordOf: recordFromRow })
  const of = (valueOf: (execution: Execution) => unknown) => (record: ExecutionRecord) => valueOf(record.execution)
  const columns: Readonly<Record<string, Column<'execution'>>> = {
    id: { type: 'text', valueOf: of(({ id }) => id) },
    dialect: { type: 'text', valueOf: of(({ dialect }) => dialect) },
    namespace: { type: 'text', valueOf: of(({ label }) => label.namespace) },
    name: { type: 'text', valueOf: of(({ label }) => label.name) },
    label_version: { type: 'text', valueOf: of(({ label }) => label.version) },
    handle: { type: 'text', valueOf: of(({ label }) => label.handle) },
    source: { type: 'text', valueOf: of(({ label }) => label.source) },
    definition: { type: 'text', valueOf: of(({ definition }) => definition) },
    parent: { type: 'text', valueOf: of(({ parent }) => parent?.attempt ?? null) },
    status: { type: 'text', valueOf: of(({ status }) => status) },
    created_at: { type: 'bigint', valueOf: of(({ createdAt }) => createdAt) },
    updated_at: { type: 'bigint', valueOf: of(({ updatedAt }) => updatedAt) },
    ended_at: { type: 'bigint', valueOf: of(({ endedAt }) => endedAt) },
    due: { type: 'bigint', valueOf: ({ due }) => due },
    version: { type: 'int', valueOf: ({ version }) => version },
    last_ordinal: { type: 'int', valueOf: ({ lastOrdinal }) => lastOrdinal },
    last_message: { type: 'bigint', valueOf: ({ lastMessage }) => lastMessage },
    // Which changes came when is of interest to views that servers keep; nobody has a view of what comes in here.
    reworked: { type: 'int', valueOf: () => 0 },
    format: { type: 'int', valueOf: () => stateFormat },
    state: { type: 'text', valueOf: of(({ state }) => textOf(state)) },
    brief: { type: 'text', valueOf: of(({ brief }) => textOf(brief)) },
  }
  // Counted for no server: nobody uses the store meanwhile, and counts are only read as a sum.
  const tallied = `counted AS (
  INSERT INTO execution_tallies AS t (server, dialect, status, number) SELECT '', dialect, status, count(*) FROM given GROUP BY dialect, status
  ON CONFLICT (server, dialect, status) DO UPDATE SET number = t.number + excluded.number
)`
  return { ...read, write: writing(reader, 'execution', 'executions', columns, [tallied]) }
}

function attempts(reader: Reader): Kind<'attempt'> {
  const read = reading<'attempt', AttemptRow>(reader, {
    table: 'attempts',
    key: { execution_id: 'string', ordinal: 'number' },
    keyOf: ({ execution_id: execution, ordinal }) => [execution, ordinal],
    recordOf: row => ({ execution: row.execution_id, attempt: attemptFromRow(row) }),
  })
  const changing = (index: number) => (record: AttemptRecord) => changingColumns(record.attempt, textOf(record.attempt.data))[index]
  const write = writing(reader, 'attempt', 'attempts', {
    execution_id: { type: 'text', valueOf: ({ execution }) => execution },
    ordinal: { type: 'int', valueOf: ({ attempt }) => attempt.ordinal },
    key: { type: 'text', valueOf: ({ attempt }) => attempt.key },
    queue: { type: 'text', valueOf: ({ attempt }) => attempt.queue },
    priority: { type: 'bigint', valueOf: ({ attempt }) => attempt.priority },
    lease_ms: { type: 'bigint', valueOf: ({ attempt }) => attempt.leaseMs },
    number: { type: 'int', valueOf: changing(0) },
    state: { type: 'text', valueOf: changing(1) },
    state_at: { type: 'bigint', valueOf: changing(2) },
    until: { type: 'bigint', valueOf: changing(3) },
    outcome: { type: 'text', valueOf: changing(4) },
    fence: { type: 'int', valueOf: changing(5) },
    claims: { type: 'int', valueOf: changing(6) },
    opened_at: { type: 'bigint', valueOf: changing(7) },
    first_claimed_at: { type: 'bigint', valueOf: changing(8) },
    last_worker: { type: 'text', valueOf: changing(9) },
    wake_at: { type: 'bigint', valueOf: changing(10) },
    changed: { type: 'int', valueOf: () => 0 },
    data: { type: 'text', valueOf: changing(11) },
  })
  return { ...read, write: async records => mustExist(reader, 'attempt', records).then(() => write(records)) }
}

interface LogRow {
  readonly execution_id: ExecutionId
  readonly last: number
  readonly count: number
  readonly source: string
  readonly lines: string
}

function logs(reader: Reader): Kind<'log'> {
  const read = reading<'log', LogRow>(reader, {
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
  const write = writing(reader, 'log', 'logs', {
    execution_id: { type: 'text', valueOf: ({ execution }) => execution },
    last: { type: 'int', valueOf: ({ first, lines }: LogRecord) => first + lines.length - 1 },
    count: { type: 'int', valueOf: ({ lines }) => lines.length },
    source: { type: 'text', valueOf: ({ source }) => source },
    lines: { type: 'text', valueOf: ({ lines }) => JSON.stringify(lines) },
  })
  return { ...read, write: async records => mustExist(reader, 'log', records).then(() => write(records)) }
}

function messages(reader: Reader): Kind<'message'> {
  const read = reading<'message', MessageRow & { readonly position: number }>(reader, {
    table: 'messages',
    key: { position: 'number' },
    keyOf: ({ position }) => [position],
    recordOf: messageFromRow,
  })
  const write = writing(reader, 'message', 'messages', {
    sender: { type: 'text', valueOf: ({ id }) => partsOf(id).sender },
    number: { type: 'bigint', valueOf: ({ id }) => partsOf(id).number },
    receiver: { type: 'text', valueOf: ({ to }) => to },
    body: { type: 'text', valueOf: ({ body }) => textOf(body) },
    sent_at: { type: 'bigint', valueOf: () => 0 },
  })
  return { ...read, write }
}

/** Nobody else uses a store that is being filled, so what is looked at here is still there when the batch is written. */
async function mustExist(reader: Reader, kind: RecordKind, records: readonly { readonly execution: ExecutionId }[]): Promise<void> {
  const ids = [...new Set(records.map(({ execution }) => execution))]
  const text = 'SELECT count(*)::int AS known FROM executions WHERE id = ANY ($1::text[])'
  const [row] = await reader.query<{ known: number }>({ text }, [ids])
  if (row?.known !== ids.length) throw withoutOwner(kind, 'execution')
}
