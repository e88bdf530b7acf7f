import type { ExecutionId, Instant } from '@busbar/kernel'
import { remove } from './memory-executions.js'
import type { MemoryState, StoredExecution } from './memory-state.js'

export function removeEnded(state: MemoryState, endedBefore: Instant, limit: number): readonly ExecutionId[] {
  const ids = endedFirst(state, endedBefore, limit, () => true)
  for (const id of ids) remove(state, id)
  return ids
}

export function removeLogs(state: MemoryState, endedBefore: Instant, limit: number): number {
  const ids = endedFirst(state, endedBefore, limit, row => row.logs.length > 0)
  for (const id of ids) {
    const row = state.executions.get(id)
    if (row) row.logs = []
  }
  return ids.length
}

function endedFirst(state: MemoryState, endedBefore: Instant, limit: number, isMeant: (row: StoredExecution) => boolean): readonly ExecutionId[] {
  const ended: { readonly id: ExecutionId; readonly at: Instant }[] = []
  for (const [id, row] of state.executions) {
    const { endedAt } = row.execution
    if (endedAt !== null && endedAt < endedBefore && isMeant(row)) ended.push({ id, at: endedAt })
  }
  ended.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
  return ended.slice(0, limit).map(({ id }) => id)
}

export function removeSnapshots(state: MemoryState, unusedSince: Instant, limit: number): number {
  const used = new Set([...state.executions.values()].map(({ execution }) => execution.definition))
  const unused = [...state.snapshots].filter(([id, { usedAt }]) => usedAt < unusedSince && !used.has(id)).slice(0, limit)
  for (const [id] of unused) state.snapshots.delete(id)
  return unused.length
}
