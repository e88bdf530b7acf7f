import type { Json } from '@busbar/kernel'

/** One broken rule (conductor-api.md §1.3). `path` is relative to the definition; empty for a rule of the whole of it. */
export interface Violation {
  readonly path: string
  readonly message: string
  /** As text; absent where the offending value is no scalar or was not given. */
  readonly invalidValue?: string
}

export function violation(path: string, message: string, invalidValue?: Json): Violation {
  return invalidValue === undefined || invalidValue === null || typeof invalidValue === 'object'
    ? { path, message }
    : { path, message, invalidValue: String(invalidValue) }
}
