import type { DefinitionKind, ExecutionId, Note } from '@busbar/kernel'
import type { LogLine, LogRequest, StoredDefinition, StoredWorker, WorkerPage, WorkerSighting } from '../store.js'
import type { MemoryState, StoredExecution } from './memory-state.js'

// ── Definitions ──

export function putDefinition(state: MemoryState, definition: StoredDefinition): void {
  const { kind, namespace, name, version } = definition
  state.definitions.set(keyOf(kind, namespace, name, version), { ...definition })
}

export function definition(state: MemoryState, kind: DefinitionKind, namespace: string, name: string, version: number | null): StoredDefinition | null {
  if (version === null) return definitions(state, kind, namespace, name).at(-1) ?? null
  return state.definitions.get(keyOf(kind, namespace, name, version)) ?? null
}

/** By name, then by version. */
export function definitions(state: MemoryState, kind: DefinitionKind, namespace: string, name?: string): readonly StoredDefinition[] {
  return [...state.definitions.values()]
    .filter(one => one.kind === kind && one.namespace === namespace && (name === undefined || one.name === name))
    .sort((a, b) => (a.name === b.name ? a.version - b.version : a.name < b.name ? -1 : 1))
}

export function deleteDefinition(state: MemoryState, kind: DefinitionKind, namespace: string, name: string, version: number): boolean {
  return state.definitions.delete(keyOf(kind, namespace, name, version))
}

function keyOf(kind: DefinitionKind, namespace: string, name: string, version: number): string {
  return JSON.stringify([kind, namespace, name, version])
}

// ── Workers ──

export function putWorker(state: MemoryState, worker: StoredWorker): void {
  state.workers.set(worker.id, { ...worker })
}

export function seenWorkers(state: MemoryState, seen: readonly WorkerSighting[]): void {
  for (const { id, at } of seen) {
    const worker = state.workers.get(id)
    if (worker && worker.lastSeen < at) state.workers.set(id, { ...worker, lastSeen: at })
  }
}

/** In the order of registration. */
export function workers(state: MemoryState, offset: number, limit: number): WorkerPage {
  const all = [...state.workers.values()].sort((a, b) => a.registeredAt - b.registeredAt || (a.id < b.id ? -1 : 1))
  return { workers: all.slice(offset, offset + limit), total: all.length }
}

// ── Logs ──

export function appendNotes(row: StoredExecution, notes: readonly Note[]): void {
  append(
    row,
    notes.map(note => ({ ...note, at: new Date(note.at).toISOString() })),
  )
}

/** Lines of an execution that does not exist (any more) are dropped. */
export function appendLogs(state: MemoryState, execution: ExecutionId, lines: readonly Omit<LogLine, 'position'>[]): void {
  const row = state.executions.get(execution)
  if (row) append(row, lines)
}

function append(row: StoredExecution, lines: readonly Omit<LogLine, 'position'>[]): void {
  for (const { source, stream, at, text } of lines) row.logs.push({ position: row.logs.length + 1, source, stream, at, text })
}

export function logs(state: MemoryState, execution: ExecutionId, { source, after, limit }: LogRequest): readonly LogLine[] {
  const all = state.executions.get(execution)?.logs ?? []
  return all.filter(line => line.position > after && (source === undefined || line.source === source)).slice(0, limit)
}
