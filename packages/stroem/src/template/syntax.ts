/** What a template becomes when it is parsed. */
import type { MathOperator } from './number.js'
import type { Value } from './value.js'

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly value: Expression }
  | { readonly kind: 'if'; readonly branches: readonly Branch[]; readonly otherwise: readonly Node[] }
  | {
      readonly kind: 'for'
      readonly key: string | null
      readonly item: string
      readonly container: Expression
      readonly body: readonly Node[]
      readonly otherwise: readonly Node[]
    }
  | { readonly kind: 'set'; readonly name: string; readonly global: boolean; readonly value: Expression }
  | { readonly kind: 'filter'; readonly filter: Call; readonly body: readonly Node[] }
  | { readonly kind: 'break' }
  | { readonly kind: 'continue' }

export interface Branch {
  readonly when: Expression
  readonly body: readonly Node[]
}

export type Expression =
  | { readonly kind: 'literal'; readonly value: Value }
  | Variable
  | { readonly kind: 'array'; readonly items: readonly Expression[] }
  | { readonly kind: 'concat'; readonly parts: readonly Expression[] }
  | { readonly kind: 'math'; readonly operator: MathOperator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'compare'; readonly operator: CompareOperator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'in'; readonly item: Expression; readonly container: Expression; readonly negated: boolean }
  | { readonly kind: 'test'; readonly of: Variable; readonly name: string; readonly args: readonly Expression[]; readonly negated: boolean }
  | { readonly kind: 'call'; readonly call: Call }
  | { readonly kind: 'filtered'; readonly of: Expression; readonly filters: readonly Call[] }

export interface Variable {
  readonly kind: 'variable'
  /** As written, for messages. */
  readonly text: string
  readonly root: string
  readonly path: readonly PathPart[]
}

/** `.name`, `["name"]`, `[1]`, or `[other.variable]`. */
export type PathPart = string | Variable

export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>='

/** A filter or a function with its named arguments. */
export interface Call {
  readonly name: string
  readonly args: readonly Argument[]
}

export interface Argument {
  readonly name: string
  readonly value: Expression
}
