import type { Execution } from './execution.js'

/** The types of one dialect. `plan` is the compiled definition; everything else is JSON. */
export interface DialectTypes {
  readonly plan: unknown
  readonly brief: unknown
  readonly state: unknown
  readonly data: unknown
  /** What the outside tells an execution. JSON, because messages carry commands too. */
  readonly command: { readonly kind: string }
  /** What `apply` answers to the caller. */
  readonly reply: unknown
}

export type ExecutionOf<T extends DialectTypes> = Execution<T['brief'], T['state']>
