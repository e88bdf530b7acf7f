/** A query, read: what the fields mean is not known here. */
export type Query =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Query[] }
  | { readonly kind: 'condition'; readonly field: string; readonly test: Test /** As it was written. */; readonly text: string }

export type Test =
  | { readonly op: 'in' | 'notIn'; readonly values: readonly string[] }
  /** `*` stands for any text. */
  | { readonly op: 'like' | 'notLike'; readonly pattern: string }
  | { readonly op: 'above' | 'below'; readonly value: string }
  | { readonly op: 'between'; readonly from: string; readonly to: string }
  | { readonly op: 'null' | 'notNull' }

/** The form of a query. `simple`: what the SQL indexes of the original read, where unknown fields are passed over. `rich`: all of it. */
export interface ParsedQuery {
  readonly form: 'simple' | 'rich'
  readonly query: Query
}

export const searchLimits = {
  queryLengthMax: 8_192,
  conditionsMax: 50,
  valuesMax: 1_000,
  depthMax: 20,
  starsMax: 10,
  freeTextLengthMax: 200,
  sortFieldsMax: 10,
} as const
