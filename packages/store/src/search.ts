/**
 * Searches: a read path of their own, beside the lists. What is looked for travels as data; each adapter makes its
 * statement of it. The store knows no dialect: what a dialect keeps in JSON is named by where it stands.
 *
 * A search looks at no more than `searchedMax` executions (and as many attempts), the newest of those that its conditions on
 * indexed columns leave. What it finds, its order and its total are of these.
 */
import {
  type Attempt,
  type Condition,
  type DialectName,
  type Execution,
  type ExecutionField,
  type ExecutionId,
  isPlain,
  never,
  type SearchOrder,
} from '@busbar/kernel'

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
  readonly attempts: readonly { readonly execution: ExecutionId; readonly attempt: Attempt }[]
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
