/** Searches in memory: the meaning of ../search.ts, row by row. */
import { type Attempt, type Condition, type Execution, isJsonObject, type JsonObject, type SearchField, type SearchOrder } from '@busbar/kernel'
import { countedAheadMax, searchedMax } from '../limits.js'
import { conjuncts, type FoundAttempts, type FoundExecutions, narrows, plainCondition, type SearchRequest } from '../search.js'
import { jsonCopyOf, type MemoryState, type StoredExecution } from './memory-state.js'

interface Row {
  readonly stored: StoredExecution
  readonly execution: Execution
  readonly attempt: Attempt | null
}

type Value = string | number | null

export function searchExecutions(state: MemoryState, request: SearchRequest): FoundExecutions {
  const { rows, total } = pageOf(narrowed(state, request), request)
  return jsonCopyOf({ executions: rows.map(({ execution }) => execution), total })
}

export function searchAttempts(state: MemoryState, request: SearchRequest): FoundAttempts {
  const attempts = narrowed(state, request).flatMap(row => [...row.stored.attempts.values()].toReversed().map(attempt => ({ ...row, attempt })))
  const { rows, total } = pageOf(attempts.slice(0, searchedMax), request)
  return jsonCopyOf({ attempts: rows.flatMap(({ execution, attempt }) => (attempt ? [{ execution: execution.id, attempt }] : [])), total })
}

/** The newest of those that conditions on indexed columns leave. */
function narrowed(state: MemoryState, { dialect, namespace, where }: SearchRequest): readonly Row[] {
  const narrow = conjuncts(plainCondition(where)).filter(narrows)
  return [...state.executions.values()]
    .map(stored => ({ stored, execution: stored.execution, attempt: null }))
    .filter(row => row.execution.dialect === dialect && row.execution.label.namespace === namespace && narrow.every(one => holds(one, row)))
    .sort((a, b) => b.execution.createdAt - a.execution.createdAt || (a.execution.id > b.execution.id ? -1 : 1))
    .slice(0, searchedMax)
}

function pageOf(rows: readonly Row[], { where, order, offset, limit }: SearchRequest): { readonly rows: readonly Row[]; readonly total: number } {
  const condition = plainCondition(where)
  const found = rows.filter(row => holds(condition, row)).sort((a, b) => compare(a, b, order))
  return { rows: found.slice(offset, offset + limit), total: Math.min(found.length, offset + limit + countedAheadMax) }
}

function holds(condition: Condition, row: Row): boolean {
  switch (condition.kind) {
    case 'all':
      return condition.of.every(one => holds(one, row))
    case 'any':
      return condition.of.some(one => holds(one, row))
    case 'not':
      return !holds(condition.of, row)
    case 'having':
      return [...row.stored.attempts.values()].some(attempt => holds(condition.of, { ...row, attempt }))
    case 'absent':
      return valueOf(condition.field, row) === null
    case 'is': {
      const value = valueOf(condition.field, row)
      return value !== null && condition.values.some(one => String(one) === String(value))
    }
    case 'above':
    case 'below': {
      const value = numberOf(valueOf(condition.field, row))
      return value !== null && (condition.kind === 'above' ? value > condition.value : value < condition.value)
    }
    case 'like': {
      const text = lower(valueOf(condition.field, row))
      return text !== null && patternOf(condition.pattern).test(text)
    }
    case 'contains':
      return lower(valueOf(condition.field, row))?.includes(lower(condition.text) ?? '') ?? false
  }
}

function compare(a: Row, b: Row, order: readonly SearchOrder[]): number {
  for (const { field, descending, ranks } of order) {
    const [left, right] = [rankOf(valueOf(field, a), ranks), rankOf(valueOf(field, b), ranks)]
    if (left === right) continue
    const isLess = left === null || (right !== null && left < right)
    return isLess === descending ? 1 : -1
  }
  return 0
}

function rankOf(value: Value, ranks: readonly string[] | undefined): Value {
  if (!ranks) return value
  const rank = ranks.indexOf(String(value))
  return rank === -1 ? ranks.length : rank
}

function valueOf(field: SearchField, { execution, attempt }: Row): Value {
  if (typeof field === 'object') return insideOf({ brief: execution.brief, state: execution.state, data: attempt?.data ?? null }[field.in], field.path)
  switch (field) {
    case 'id':
      return execution.id
    case 'name':
    case 'version':
      return execution.label[field]
    case 'handle':
      return execution.label.handle === '' ? null : execution.label.handle
    case 'status':
      return execution.status
    case 'parent':
      return execution.parent?.execution ?? null
    case 'createdAt':
    case 'updatedAt':
    case 'endedAt':
      return execution[field]
    case 'state':
      return attempt?.state.kind ?? null
    case 'stateAt':
      return attempt && momentOf(attempt)
    case 'outcome':
      return attempt?.state.kind === 'closed' ? attempt.state.outcome : null
    default:
      return attempt?.[field] ?? null
  }
}

function momentOf({ state }: Attempt): number {
  if (state.kind === 'waiting') return state.notBefore
  return state.kind === 'closed' ? state.at : state.since
}

function insideOf(payload: unknown, path: readonly string[]): Value {
  if (path.length === 0) return JSON.stringify(payload)
  let value = payload
  for (const name of path) value = isJsonObject(value) && Object.hasOwn(value, name) ? (value as JsonObject)[name] : undefined
  if (value === undefined || value === null) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function numberOf(value: Value): number | null {
  if (typeof value !== 'string') return value
  return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : null
}

function lower(value: Value): string | null {
  return value === null ? null : String(value).replace(/[A-Z]/g, letter => letter.toLowerCase())
}

function patternOf(pattern: string): RegExp {
  const parts = (lower(pattern) ?? '').split('*').map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^]*')}$`)
}
