/** JSON values as Java's `toString` shows them: what a value becomes inside a text (conductor-semantics.md §8.1). */
import { isJsonObject, type Json } from '@busbar/kernel'
import { expressionLimits } from './limits.js'

export function javaText(value: Json | undefined, depth = 0): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'string') return value
  if (typeof value === 'number') return javaNumber(value)
  if (typeof value === 'boolean') return String(value)
  if (depth >= expressionLimits.valueDepthMax) return '...'
  if (!isJsonObject(value)) return `[${value.map(each => javaText(each, depth + 1)).join(', ')}]`
  const members: string[] = []
  for (const [key, member] of Object.entries(value)) if (member !== undefined) members.push(`${key}=${javaText(member, depth + 1)}`)
  return `{${members.join(', ')}}`
}

/** JSON's `1` and `1.0` are one number to us: whole ones are shown as integers, as most of them were written. */
function javaNumber(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? String(value) : javaDouble(value)
}

/** Java's notation of a double: `3.0`, `1.0E-6`, `1.2345E10`. */
export function javaDouble(value: number): string {
  const size = Math.abs(value)
  if (size === 0 || !Number.isFinite(value)) return size === 0 ? '0.0' : String(value)
  if (size >= 1e-3 && size < 1e7) return withFraction(String(value))
  const [digits = '', exponent = ''] = value.toExponential().split('e')
  return `${withFraction(digits)}E${exponent.replace('+', '')}`
}

function withFraction(digits: string): string {
  return digits.includes('.') ? digits : `${digits}.0`
}
