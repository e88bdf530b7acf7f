import type { DefinitionId, DefinitionKind, ExecutionId, Instant, Note } from '@busbar/kernel'
import { snapshotGraceMs } from '../limits.js'
import { chunksOf, linesAfter, linesOfNotes, type NewLine } from '../log-chunks.js'
import type { LogLine, LogRequest, StoredDefinition, StoredWorker, WorkerPage, WorkerSighting } from '../store.js'
import type { MemoryState, StoredExecution } from './memory-state.js'

// ── Definitions ──

export function putSnapshot(state: MemoryState, id: DefinitionId, text: string, now: Instant): void {
  const known = state.snapshots.get(id)
  if (!known) state.snapshots.set(id, { text, usedAt: now })
  else if (known.usedAt <= now - snapshotGraceMs) state.snapshots.set(id, { ...known, usedAt: now })
}

export function putDefinition(state: MemoryState, definition: StoredDefinition): void {
  const { kind, namespace, name, version } = definition
  state.definitions.set(definitionKeyOf(kind, namespace, name, version), { ...definition })
  state.definitionsEpoch += 1
}

export function definition(state: MemoryState, kind: DefinitionKind, namespace: string, name: string, version: number | null): StoredDefinition | null {
  if (version === null) return definitions(state, kind, namespace, name).at(-1) ?? null
  return state.definitions.get(definitionKeyOf(kind, namespace, name, version)) ?? null
}

/** By name, then by version. */
export function definitions(state: MemoryState, kind: DefinitionKind, namespace: string, name?: string): readonly StoredDefinition[] {
  return [...state.definitions.values()]
    .filter(one => one.kind === kind && one.namespace === namespace && (name === undefined || one.name === name))
    .sort((a, b) => (a.name === b.name ? a.version - b.version : a.name < b.name ? -1 : 1))
}

export function deleteDefinition(state: MemoryState, kind: DefinitionKind, namespace: string, name: string, version: number): boolean {
  const isGone = state.definitions.delete(definitionKeyOf(kind, namespace, name, version))
  if (isGone) state.definitionsEpoch += 1
  return isGone
}

export function definitionKeyOf(kind: DefinitionKind, namespace: string, name: string, version: number): string {
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
  append(row, linesOfNotes(notes))
}

/** Lines of an execution that does not exist (any more) are dropped. */
export function appendLogs(state: MemoryState, execution: ExecutionId, lines: readonly NewLine[]): void {
  const row = state.executions.get(execution)
  if (row) append(row, lines)
}

function append(row: StoredExecution, lines: readonly NewLine[]): void {
  for (const chunk of chunksOf(lines)) {
    const last = row.logs.at(-1)
    row.logs.push({ ...chunk, first: last ? last.first + last.lines.length : 1 })
  }
}

export function logs(state: MemoryState, execution: ExecutionId, { source, after, limit }: LogRequest): readonly LogLine[] {
  const chunks = state.executions.get(execution)?.logs ?? []
  return chunks
    .filter(chunk => source === undefined || chunk.source === source)
    .flatMap(chunk => linesAfter(chunk, chunk.first, after))
    .slice(0, limit)
}
