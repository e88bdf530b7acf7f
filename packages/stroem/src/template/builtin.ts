import { mustBeBoolean, mustBeInteger, mustBeText } from './demand.js'
import { type Fuel, TemplateError } from './fuel.js'
import type { Value } from './value.js'

/** The named arguments of one call. */
export type Arguments = ReadonlyMap<string, Value>

/** What the outside lends to a template: the time, chances, and how much it may cost. Null: not lent here. */
export interface Surroundings {
  readonly fuel: Fuel
  readonly nowMs: number | null
  readonly nextChance: (() => number) | null
}

export type Filter = (value: Value, args: Arguments, surroundings: Surroundings) => Value
export type TemplateFunction = (args: Arguments, surroundings: Surroundings) => Value

export function textArgument(args: Arguments, of: string, name: string, otherwise?: string): string {
  const value = args.get(name)
  if (value === undefined) return otherwise ?? missing(of, name)
  return mustBeText(value, `\`${of}\`: \`${name}\``)
}

export function integerArgument(args: Arguments, of: string, name: string, otherwise?: number): number {
  const value = args.get(name)
  if (value === undefined) return otherwise ?? missing(of, name)
  return mustBeInteger(value, `\`${of}\`: \`${name}\``)
}

/** A whole number that counts something. */
export function countArgument(args: Arguments, of: string, name: string, otherwise?: number): number {
  const count = integerArgument(args, of, name, otherwise)
  if (count < 0) throw new TemplateError(`\`${of}\`: \`${name}\` must not be negative, and is ${count}`)
  return count
}

export function booleanArgument(args: Arguments, of: string, name: string): boolean {
  const value = args.get(name)
  return value === undefined ? false : mustBeBoolean(value, `\`${of}\`: \`${name}\``)
}

export function valueArgument(args: Arguments, of: string, name: string): Value {
  return args.get(name) ?? (args.has(name) ? null : missing(of, name))
}

function missing(of: string, name: string): never {
  throw new TemplateError(`\`${of}\` needs an argument: \`${of}(${name}=…)\``)
}
