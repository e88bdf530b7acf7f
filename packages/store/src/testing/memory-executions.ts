import {
  type Attempt,
  type Changes,
  type DialectName,
  type Execution,
  type ExecutionId,
  type ExecutionStatus,
  type Instant,
  type Message,
} from '@busbar/kernel'
import type { CommitResult, DueExecution, ExecutionHead, Listed, ListRequest, LoadedExecution } from '../store.js'
import type { KnownExecution } from '../sharing.js'
import { countedAheadMax } from '../limits.js'
import { dropAttempt, putAttempt } from './memory-attempts.js'
import { appendNotes } from './memory-books.js'
import { jsonCopyOf, type MemoryState, type StoredExecution } from './memory-state.js'

/** Checks everything, then writes everything: nothing is left behind by a change that is refused. */
export function commit(state: MemoryState, changes: Changes, now: Instant): CommitResult {
  const stored = state.executions.get(changes.id)
  if (isStale(stored, changes) || (changes.definitionsEpoch ?? state.definitionsEpoch) !== state.definitionsEpoch) return 'stale'
  if (new Set(changes.taken).size < changes.taken.length || changes.taken.some(id => !state.messages.has(id))) return 'taken'
  const row = stored ?? created(state, changes)
  if (changes.execution) {
    row.execution = { ...changes.execution, brief: changes.briefChanged ? changes.execution.brief : row.execution.brief }
    row.version += 1
    row.due = changes.due
    row.lastOrdinal = changes.lastOrdinal
    row.lastMessage = changes.lastMessage
  }
  if (changes.reworked) row.reworked = changes.version + 1
  for (const ordinal of changes.removed) dropAttempt(state, row, ordinal)
  for (const { attempt } of changes.attempts) putAttempt(state, row, attempt)
  for (const message of changes.sent) putMessage(state, message, now)
  for (const id of changes.taken) state.messages.delete(id)
  appendNotes(row, changes.notes)
  return 'written'
}

function isStale(stored: StoredExecution | undefined, changes: Changes): boolean {
  if ((stored?.version ?? 0) !== changes.version) return true
  if (!changes.execution && !stored) return true
  return changes.attempts.some(({ attempt, expectedFence }) => (stored?.attempts.get(attempt.ordinal)?.fence ?? null) !== expectedFence)
}

/** Behind all others, also when a number is used again after its sender was removed. */
export function putMessage(state: MemoryState, message: Message, sentAt: Instant): void {
  state.messages.delete(message.id)
  state.messages.set(message.id, { message, position: ++state.lastPosition, sentAt })
}

function created(state: MemoryState, changes: Changes): StoredExecution {
  const execution = changes.execution as Execution
  const row: StoredExecution = { execution, version: 0, due: null, lastOrdinal: 0, lastMessage: 0, reworked: 0, attempts: new Map(), logs: [] }
  state.executions.set(changes.id, row)
  return row
}

export function load(state: MemoryState, id: ExecutionId): LoadedExecution | null {
  const row = state.executions.get(id)
  if (!row) return null
  return loadedFrom(row, row.execution, [...row.attempts.values()])
}

export function loadChanges(state: MemoryState, { id, version, lastOrdinal, open }: KnownExecution): LoadedExecution | 'reworked' | null {
  const row = state.executions.get(id)
  if (!row) return null
  // A lower version is that of another execution, which began anew under the id.
  if (row.reworked > version || row.version < version) return 'reworked'
  const attempts = [...row.attempts.values()].filter(({ ordinal }) => ordinal > lastOrdinal || open.includes(ordinal))
  return loadedFrom(row, { ...row.execution, brief: null }, attempts)
}

function loadedFrom({ version, due, lastOrdinal, lastMessage }: StoredExecution, execution: Execution, attempts: readonly Attempt[]): LoadedExecution {
  return jsonCopyOf({ execution, version, due, lastOrdinal, lastMessage, attempts })
}

export function head(state: MemoryState, id: ExecutionId): ExecutionHead | null {
  const row = state.executions.get(id)
  return row ? { dialect: row.execution.dialect, status: row.execution.status, version: row.version } : null
}

export function remove(state: MemoryState, id: ExecutionId): boolean {
  const row = state.executions.get(id)
  if (!row) return false
  for (const ordinal of [...row.attempts.keys()]) dropAttempt(state, row, ordinal)
  for (const { message } of [...state.messages.values()]) if (message.to === id) state.messages.delete(message.id)
  return state.executions.delete(id)
}

export function list(state: MemoryState, request: ListRequest): Listed {
  const found = [...state.executions.values()].map(row => row.execution).filter(execution => matches(execution, request))
  const sign = request.order === 'newest' ? -1 : 1
  found.sort((a, b) => sign * (a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)))
  const { offset, limit } = request
  return { executions: jsonCopyOf(found.slice(offset, offset + limit)), total: Math.min(found.length, offset + limit + countedAheadMax) }
}

function matches({ id, dialect, label, status, createdAt }: Execution, request: ListRequest): boolean {
  if (dialect !== request.dialect) return false
  for (const field of ['namespace', 'name', 'version', 'handle', 'source'] as const) {
    if (request[field] !== undefined && request[field] !== label[field]) return false
  }
  if (request.statuses && !request.statuses.includes(status)) return false
  if (request.createdFrom !== undefined && createdAt < request.createdFrom) return false
  if (request.createdBefore !== undefined && createdAt >= request.createdBefore) return false
  const text = request.text?.toLowerCase()
  return !text || [label.namespace, label.name, label.handle, id].some(field => field.toLowerCase().includes(text))
}

export function countByStatus(state: MemoryState, dialect: DialectName): ReadonlyMap<ExecutionStatus, number> {
  const counts = new Map<ExecutionStatus, number>()
  for (const { execution } of state.executions.values()) {
    if (execution.dialect === dialect) counts.set(execution.status, (counts.get(execution.status) ?? 0) + 1)
  }
  return counts
}

export function due(state: MemoryState, now: Instant, limit: number): readonly DueExecution[] {
  return allDue(state)
    .filter(({ at }) => at <= now)
    .slice(0, limit)
}

export function nextDue(state: MemoryState): Instant | null {
  return allDue(state)[0]?.at ?? null
}

function allDue(state: MemoryState): DueExecution[] {
  const all: DueExecution[] = []
  for (const [id, row] of state.executions) if (row.due !== null) all.push({ id, at: row.due })
  return all.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
}
