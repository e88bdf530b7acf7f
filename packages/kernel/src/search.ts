/** What is looked for: data, which a dialect makes of its queries and a store makes statements of. */
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
