/** The changes of one flush as the arrays of `busbar_commit_v1`. */
import type { Attempt, Changes } from '@busbar/kernel'
import { chunksOf, linesOfNotes } from '../log-chunks.js'
import { changingColumns, stateFormat, textOf } from '../rows.js'
import type { CommitResult } from '../store.js'
import { arrayText, type Cell } from './array-text.js'
import type { LaneWork } from './lane.js'
import { partsOf } from '../message-rows.js'

/** A change with its JSON already written: views go on changing while it waits. */
export interface WrittenChanges {
  readonly id: string
  readonly version: number
  readonly kind: 'insert' | 'update' | 'attempts'
  /** `Changes.definitionsEpoch`. */
  readonly definitions: number | null
  readonly head: readonly Cell[]
  readonly attempts: readonly (readonly Cell[])[]
  readonly removed: readonly number[]
  readonly taken: readonly string[]
  readonly sent: readonly (readonly Cell[])[]
  readonly notes: readonly (readonly Cell[])[]
  readonly size: number
}

const kinds = { insert: 0, update: 1, attempts: 2 } as const

export function written(changes: Changes): WrittenChanges {
  const { id, version, execution, attempts, removed, taken, sent } = changes
  const kind = execution === null ? 'attempts' : version === 0 ? 'insert' : 'update'
  const head = headOf(changes, kind)
  const rows = attempts.map(({ attempt, expectedFence }) => attemptCells(attempt, expectedFence, version + 1))
  let size = 500
  for (const cell of head) if (typeof cell === 'string') size += cell.length
  for (const row of rows) size += String(row.at(-1)).length + 200
  return {
    id,
    version,
    kind,
    definitions: changes.definitionsEpoch ?? null,
    head,
    attempts: rows,
    removed,
    taken,
    sent: sent.map(({ id: message, to, body }) => [...cellsOf(message), to, textOf(body)]),
    notes: notesOf(changes),
    size,
  }
}

/** The columns c_dialect to c_reworked, but c_format. What an update leaves as it is is null. */
function headOf({ execution, version, briefChanged, due, lastOrdinal, lastMessage, reworked }: Changes, kind: WrittenChanges['kind']): readonly Cell[] {
  if (execution === null) return emptyHead
  const { dialect, label, definition, parent, status, createdAt, updatedAt, endedAt, state, brief } = execution
  const isLabelled = kind === 'insert' || (briefChanged && version > 0)
  const labels = isLabelled ? [label.namespace, label.name, label.version, label.handle, label.source, definition] : [null, null, null, null, null, null]
  const parentId = parent?.attempt ?? null
  const times = [status, createdAt, updatedAt, endedAt, due, lastOrdinal, lastMessage]
  return [dialect, ...labels, parentId, ...times, textOf(state), briefChanged || kind === 'insert' ? textOf(brief) : null, reworked]
}

const emptyHead: readonly Cell[] = Array.from({ length: 18 }, () => null)

/** The columns a_ordinal to a_data. */
function attemptCells(attempt: Attempt, expectedFence: number | null, changed: number): readonly Cell[] {
  const { ordinal, key, queue, priority, leaseMs } = attempt
  const [number, state, at, until, outcome, fence, claims, openedAt, firstClaimedAt, lastWorker, wakeAt, data] = changingColumns(attempt, textOf(attempt.data))
  return [
    ...[ordinal, expectedFence ?? -1, key, number ?? 0, queue, priority, leaseMs, state ?? null, at ?? null, until ?? null, outcome ?? null],
    ...[fence ?? 0, claims ?? 0, openedAt ?? 0, firstClaimedAt ?? null, lastWorker ?? null, wakeAt ?? null, changed, data ?? 'null'],
  ]
}

function notesOf({ notes }: Changes): readonly (readonly Cell[])[] {
  if (notes.length === 0) return []
  let tail = 0
  return chunksOf(linesOfNotes(notes)).map(({ source, lines }) => {
    tail += lines.length
    return [tail, lines.length, source, JSON.stringify(lines)]
  })
}

function cellsOf(message: string): readonly [string, number] {
  const { sender, number } = partsOf(message)
  return [sender, number]
}

// ── The flush ──

const headColumns = 18
const attemptColumns = 19
/** The types of the arguments after server, lane, epoch and flush. */
const argumentTypes = [
  ...['text', 'int', 'int'],
  ...['text', 'text', 'text', 'text', 'text', 'text', 'text', 'text', 'text', 'bigint', 'bigint', 'bigint', 'bigint', 'int', 'bigint'],
  'format',
  ...['text', 'text', 'boolean', 'bigint'],
  ...['int', 'text', 'int', 'int', 'text', 'int', 'text', 'bigint', 'bigint', 'text', 'bigint', 'bigint', 'text', 'int', 'int', 'bigint', 'bigint', 'text'],
  ...['bigint', 'int', 'text'],
  ...['int', 'text', 'int'],
  ...['int', 'text', 'bigint'],
  ...['int', 'text', 'bigint', 'text', 'text'],
  ...['int', 'text', 'int', 'int', 'text', 'text'],
] as const
/** Where c_format stands among the columns of the head. */
const formatAfter = 15

const places = argumentTypes.map((type, index) => `$${index + 5}${type === 'format' ? '::int' : `::${type}[]`}`)
export const commitStatement = { name: 'commit', text: `SELECT busbar_commit_v1($1, $2, $3, $4, ${places.join(', ')}) AS answer` }

export const commitWork: LaneWork<WrittenChanges, CommitResult> = {
  keysOf: ({ id, taken }) => (taken.length === 0 ? [id] : [id, ...taken]),
  sizeOf: ({ size }) => size,
  statement: commitStatement,
  values: valuesOf,
  results: (rows, calls) => resultsOf((rows as readonly { readonly answer: string }[])[0]?.answer ?? '', calls),
  recovered: (noted, calls) => Promise.resolve(resultsOf(noted, calls)),
}

/** In the order of ids: that is the order in which rows are locked. */
function sorted(calls: readonly WrittenChanges[]): readonly WrittenChanges[] {
  return [...calls].sort((a, b) => (a.id < b.id ? -1 : 1))
}

function valuesOf(calls: readonly WrittenChanges[]): readonly unknown[] {
  const changes = sorted(calls)
  const rowsOf = <Row>(each: (change: WrittenChanges) => readonly Row[], cells: (row: Row, change: WrittenChanges) => readonly Cell[]) =>
    changes.flatMap((change, index) => each(change).map(row => [index + 1, ...cells(row, change)]))
  const heads = changes.map(({ id, version, kind, head, definitions }) => [id, version, kinds[kind], ...head, definitions])
  const attempts = rowsOf(
    change => [...change.attempts].sort((a, b) => Number(a[0]) - Number(b[0])),
    (row, { id }) => [id, ...row],
  )
  const removed = rowsOf(
    change => change.removed,
    (ordinal, { id }) => [id, ordinal],
  )
  const taken = rowsOf(
    change => [...change.taken].sort(),
    message => cellsOf(message),
  )
  const sent = rowsOf(
    change => change.sent,
    row => row,
  )
  const notes = rowsOf(
    change => change.notes,
    (row, { id }) => [id, ...row],
  )
  const headArrays = columnsOf(heads, headColumns + 4)
  return [
    ...headArrays.slice(0, formatAfter + 3),
    stateFormat,
    ...headArrays.slice(formatAfter + 3),
    ...columnsOf(attempts, attemptColumns + 2),
    ...columnsOf(removed, 3),
    ...columnsOf(taken, 3),
    ...columnsOf(sent, 5),
    ...columnsOf(notes, 6),
  ]
}

function columnsOf(rows: readonly (readonly Cell[])[], width: number): readonly string[] {
  return Array.from({ length: width }, (_, column) => arrayText(rows, column))
}

/** The answer names changes by their place among the sorted ones. */
function resultsOf(answer: string, calls: readonly WrittenChanges[]): readonly CommitResult[] {
  const [stale = '', taken = ''] = answer.split(';')
  if (stale === '' && taken === '') return calls.map(() => 'written')
  const bad = new Map<WrittenChanges, CommitResult>()
  const changes = sorted(calls)
  for (const [numbers, result] of [
    [stale, 'stale'],
    [taken, 'taken'],
  ] as const) {
    for (const number of numbers === '' ? [] : numbers.split(',')) {
      const change = changes[Number(number) - 1]
      if (change) bad.set(change, result)
    }
  }
  return calls.map(call => bad.get(call) ?? 'written')
}
