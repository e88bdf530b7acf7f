import type { Violation } from '@busbar/conductor'
import { Problem } from '@busbar/kernel'

export function invalidValue(path: string, message: string, value: number | string): Violation {
  return { path, message, invalidValue: String(value) }
}

export function violated(violations: readonly Violation[]): Problem {
  const told = violations.map(({ path, message }) => `${path}: ${message}`).join('; ')
  return new Problem('invalid', told, { details: { violations } })
}
