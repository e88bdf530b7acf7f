/**
 * Searches: a read path of their own, beside the lists. What is looked for travels as data; each adapter makes its
 * statement of it. The store knows no dialect: what a dialect keeps in JSON is named by where it stands.
 *
 * A search looks at no more than `searchedMax` executions (and as many attempts), the newest of those that its conditions on
 * indexed columns leave. What it finds, its order and its total are of these.
 */
import { type DialectName, type Execution, isPlain } from '@busbar/kernel'
import type { Claimed } from './store.js'

/** `parent` is the id of the execution that started it. */
export type ExecutionField = 'id' | 'name' | 'version' | 'handle' | 'status' | 'parent' | 'createdAt' | 'updatedAt' | 'endedAt'
/** `stateAt`: waiting: not before; leased and held: since; closed: when. */
export type AttemptField = 'ordinal' | 'key' | 'number' | 'queue' | 'state' | 'stateAt' | 'outcome' | 'openedAt' | 'firstClaimedAt' | 'lastWorker'

/** A text, number or list inside what the dialect keeps; without a path all of it, as JSON text. */
export interface Inside {
  readonly in: 'brief' | 'state' | 'data'
  readonly path: readonly string[]
}

/** Fields of attempts, and what is inside their data, are only for searches of attempts and for `having`. */
export type SearchField = ExecutionField | AttemptField | Inside

/** A field that is absent fulfils no condition but `absent`; `not` is true where what it denies is not. */
export type Condition =
  | { readonly kind: 'all' | 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  /** Equal to one of the values. */
  | { readonly kind: 'is'; readonly field: SearchField; readonly values: readonly (string | number)[] }
  | { readonly kind: 'above' | 'below'; readonly field: SearchField; readonly value: number }
  /** `*` stands for any text. The case of ASCII letters does not matter; what other letters do is up to the database. */
  | { readonly kind: 'like'; readonly field: SearchField; readonly pattern: string }
  /** The text stands somewhere in the field, whatever the case of its ASCII letters. */
  | { readonly kind: 'contains'; readonly field: SearchField; readonly text: string }
  | { readonly kind: 'absent'; readonly field: SearchField }
  /** Of executions: one of their attempts is like this. */
  | { readonly kind: 'having'; readonly of: Condition }

export const always: Condition = { kind: 'all', of: [] }
export const never: Condition = { kind: 'any', of: [] }

export interface SearchOrder {
  readonly field: SearchField
  readonly descending: boolean
  /** The values in the order that is meant, where it is not that of the texts. */
  readonly ranks?: readonly string[]
}

export interface SearchRequest {
  readonly dialect: DialectName
  readonly namespace: string
  readonly where: Condition
  /** Absent fields come before all others. Where it decides nothing: the newest first. */
  readonly order: readonly SearchOrder[]
  readonly offset: number
  readonly limit: number
}

export interface FoundExecutions {
  readonly executions: readonly Execution[]
  readonly total: number
}

export interface FoundAttempts {
  readonly attempts: readonly Claimed[]
  readonly total: number
}

/** What no column can hold matches nothing, in no database. */
export function plainCondition(condition: Condition): Condition {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return { kind: condition.kind, of: condition.of.map(plainCondition) }
    case 'not':
    case 'having':
      return { kind: condition.kind, of: plainCondition(condition.of) }
    case 'is': {
      const values = condition.values.filter(value => typeof value === 'number' || isPlain(value))
      return values.length === 0 ? never : { ...condition, values }
    }
    case 'like':
      return isPlain(condition.pattern) ? condition : never
    case 'contains':
      return isPlain(condition.text) ? condition : never
    default:
      return condition
  }
}

/** The members of a conjunction, those of inner ones too. */
export function conjuncts(condition: Condition): readonly Condition[] {
  return condition.kind === 'all' ? condition.of.flatMap(conjuncts) : [condition]
}

const narrowing: ReadonlySet<unknown> = new Set<ExecutionField>(['id', 'name', 'handle', 'status', 'createdAt', 'parent'])

/** Whether an index serves it: these conditions come before the bound of what is looked at. */
export function narrows(condition: Condition): boolean {
  if (condition.kind !== 'is' && condition.kind !== 'above' && condition.kind !== 'below') return false
  return narrowing.has(condition.field)
}
