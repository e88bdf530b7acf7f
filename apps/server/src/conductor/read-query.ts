/** Query values as Conductor reads them: an empty one is the default, a wrong one is named. */
import { Problem } from '@busbar/kernel'
import type { Call } from '../http/call.js'

const words: Readonly<Record<string, boolean>> = { true: true, on: true, yes: true, '1': true, false: false, off: false, no: false, '0': false }

export function readFlag(call: Call, name: string, fallback: boolean): boolean {
  const value = call.query(name)
  if (value === undefined || value === '') return fallback
  const flag = words[value.toLowerCase()]
  if (flag === undefined) throw new Problem('invalid', `the query parameter ${name}: expected true or false, found "${value.slice(0, 100)}"`)
  return flag
}

export function readInteger<T extends number | null>(call: Call, name: string, fallback: T): number | T {
  const value = call.query(name)
  if (value === undefined || value === '') return fallback
  const number = Number(value)
  if (!/^\s*[-+]?\d+\s*$/.test(value) || !Number.isSafeInteger(number)) {
    throw new Problem('invalid', `the query parameter ${name}: expected a whole number, found "${value.slice(0, 100)}"`)
  }
  return number
}

/** Null when absent. An empty text is a text. */
export function readText(call: Call, name: string): string | null {
  return call.query(name) ?? null
}

/** A required parameter. */
export function mustText(call: Call, name: string): string {
  const value = call.query(name)
  if (value === undefined) throw new Problem('invalid', `the query parameter ${name} is missing`)
  return value
}
