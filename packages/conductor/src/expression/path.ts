/** A JSONPath of the Jayway dialect, parsed. */
import type { Json } from '@busbar/kernel'
import type { Matcher } from './compile-regex.js'

export interface Path {
  /** `$` begins at the document, `@` at the item that a filter looks at. */
  readonly from: 'document' | 'item'
  readonly segments: readonly Segment[]
  /** Leads to one value or none; otherwise the result is a list. */
  readonly isDefinite: boolean
}

export type Segment =
  /** One name; or several, which make a new object at the end of a path and go their own ways before it. */
  | { readonly kind: 'property'; readonly names: readonly string[] }
  | { readonly kind: 'wildcard' }
  /** Negative: from the end. */
  | { readonly kind: 'index'; readonly indexes: readonly number[] }
  | { readonly kind: 'slice'; readonly from: number | null; readonly to: number | null }
  | { readonly kind: 'filter'; readonly condition: Condition }
  /** `..`: the next segment, applied to every value below. */
  | { readonly kind: 'deep' }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Argument[] }

export type Argument = { readonly kind: 'path'; readonly path: Path } | { readonly kind: 'value'; readonly value: Json }

export type Condition =
  | { readonly kind: 'any' | 'all'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'exists'; readonly path: Path }
  | { readonly kind: 'compare'; readonly left: Operand; readonly operator: Operator; readonly right: Operand }

export type Operand = Argument | { readonly kind: 'regex'; readonly matches: Matcher }

export const symbolOperators = ['===', '!==', '==', '!=', '<=', '>=', '=~', '<', '>'] as const
export const wordOperators = ['in', 'nin', 'subsetof', 'anyof', 'noneof', 'contains', 'all', 'size', 'empty'] as const
export type Operator = (typeof symbolOperators)[number] | (typeof wordOperators)[number]

/** These give a double whatever they are given, which shows inside a text: `3.0`. */
const doubles: ReadonlySet<string> = new Set(['sum', 'avg', 'min', 'max', 'stddev'])

export function givesDouble(path: Path): boolean {
  const last = path.segments.at(-1)
  return last?.kind === 'call' && doubles.has(last.name)
}

export function isDefinite(segments: readonly Segment[]): boolean {
  return segments.every((segment, index) => {
    switch (segment.kind) {
      case 'property':
        return segment.names.length === 1 || index === segments.length - 1
      case 'index':
        return segment.indexes.length === 1
      case 'call':
        return true
      default:
        return false
    }
  })
}
