import { Problem } from '@busbar/kernel'

/** One broken constraint, as Conductor's validation answers list them. */
export interface Violation {
  readonly path: string
  readonly message: string
  /** Present when the value is a plain one. */
  readonly invalidValue?: string
}

export function invalidValue(path: string, message: string, value: number | string): Violation {
  return { path, message, invalidValue: String(value) }
}

export function violated(violations: readonly Violation[]): Problem {
  const told = violations.map(({ path, message }) => `${path}: ${message}`).join('; ')
  return new Problem('invalid', told, { details: { violations } })
}
