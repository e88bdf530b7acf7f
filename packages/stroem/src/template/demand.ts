/** What filters, tests and functions ask of their values. `what` names the asker and the part: `` `join`: `sep` ``. */
import { TemplateError } from './fuel.js'
import { numberText } from './print.js'
import { isList, isNumeric, kindOf, type Numeric, type Value } from './value.js'

export function mustBeText(value: Value, what: string): string {
  if (typeof value === 'string') return value
  throw new TemplateError(`${what} must be text, and is ${kindOf(value)}`)
}

export function mustBeList(value: Value, what: string): readonly Value[] {
  if (isList(value)) return value
  throw new TemplateError(`${what} must be an array, and is ${kindOf(value)}`)
}

export function mustBeNumeric(value: Value, what: string): Numeric {
  if (isNumeric(value)) return value
  throw new TemplateError(`${what} must be a number, and is ${kindOf(value)}`)
}

export function mustBeInteger(value: Value, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  throw new TemplateError(`${what} must be a whole number, and is ${isNumeric(value) ? numberText(value) : kindOf(value)}`)
}

export function mustBeBoolean(value: Value, what: string): boolean {
  if (typeof value === 'boolean') return value
  throw new TemplateError(`${what} must be true or false, and is ${kindOf(value)}`)
}
