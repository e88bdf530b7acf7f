/** Whether an item meets a filter's condition, by Jayway's rules of comparison. */
import { assertNever, isJsonObject, type Json } from '@busbar/kernel'
import type { Fuel } from './compile-regex.js'
import { javaText } from './java-text.js'
import type { Condition, Operand, Operator, Path } from './path.js'

/** Reads the paths of a condition: `@…` from the item, `$…` from the document. */
export interface PathReader {
  /** Null when nothing is there; a list for an indefinite path. */
  valueOf(path: Path): Json
  exists(path: Path): boolean
  readonly fuel: Fuel
}

export function matchesFilter(condition: Condition, reader: PathReader): boolean {
  switch (condition.kind) {
    case 'any':
      return condition.of.some(each => matchesFilter(each, reader))
    case 'all':
      return condition.of.every(each => matchesFilter(each, reader))
    case 'not':
      return !matchesFilter(condition.of, reader)
    case 'exists':
      return reader.exists(condition.path)
    case 'compare':
      return compare(condition.left, condition.operator, condition.right, reader)
  }
}

function compare(left: Operand, operator: Operator, right: Operand, reader: PathReader): boolean {
  if (left.kind === 'regex' || right.kind === 'regex') return operator === '=~' && matchesRegex(left, right, reader)
  return compareValues(valueOf(left, reader), operator, valueOf(right, reader))
}

function valueOf(operand: Exclude<Operand, { kind: 'regex' }>, reader: PathReader): Json {
  return operand.kind === 'path' ? reader.valueOf(operand.path) : operand.value
}

function compareValues(left: Json, operator: Operator, right: Json): boolean {
  switch (operator) {
    case '==':
      return isEqual(left, right)
    case '!=':
      return !isEqual(left, right)
    case '===':
      return kindOf(left) === kindOf(right) && isEqual(left, right)
    case '!==':
      return kindOf(left) !== kindOf(right) || !isEqual(left, right)
    case '<':
      return order(left, right) < 0
    case '<=':
      return order(left, right) <= 0
    case '>':
      return order(left, right) > 0
    case '>=':
      return order(left, right) >= 0
    case 'in':
      return isList(right) && holds(right, left)
    case 'nin':
      return isList(right) ? !holds(right, left) : isJsonObject(right)
    case 'subsetof':
      return isList(left) && isList(right) && left.every(each => holds(right, each))
    case 'anyof':
      return isList(left) && isList(right) && left.some(each => holds(right, each))
    case 'noneof':
      return isList(left) && isList(right) && !left.some(each => holds(right, each))
    case 'all':
      return isList(left) && isList(right) && right.every(each => holds(left, each))
    case 'contains':
      return typeof left === 'string' ? typeof right === 'string' && left.includes(right) : isList(left) && holds(left, right)
    case 'size':
      return typeof right === 'number' && (typeof left === 'string' || isList(left)) && left.length === Math.trunc(right)
    case 'empty':
      return typeof right === 'boolean' && isEmpty(left) === right
    case '=~':
      return false
    default:
      return assertNever(operator)
  }
}

function matchesRegex(left: Operand, right: Operand, reader: PathReader): boolean {
  const [regex, other] = left.kind === 'regex' ? [left, right] : [right, left]
  if (regex.kind !== 'regex' || other.kind === 'regex') return false
  const value = valueOf(other, reader)
  return isList(value) ? value.some(each => regex.matches(regexInput(each), reader.fuel)) : regex.matches(regexInput(value), reader.fuel)
}

function regexInput(value: Json): string {
  return value === null || typeof value === 'object' ? '' : javaText(value)
}

/** A text equals a number when it is the number's notation; a number equals a text that means it (Jayway is not symmetric here). */
function isEqual(left: Json, right: Json): boolean {
  if (typeof left === 'string' && typeof right === 'number') return left === javaText(right)
  if (typeof left === 'number' && typeof right === 'string') return right.trim() !== '' && Number(right) === left
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return left === right
  return isSame(left, right)
}

function isSame(left: Json, right: Json): boolean {
  if (isList(left)) return isList(right) && left.length === right.length && left.every((each, index) => isSame(each, right[index] ?? null))
  if (!isJsonObject(left)) return left === right
  if (!isJsonObject(right)) return false
  const keys = Object.keys(left)
  return keys.length === Object.keys(right).length && keys.every(key => Object.hasOwn(right, key) && isSame(left[key] ?? null, right[key] ?? null))
}

/** Below, at or above zero; NaN, which is none of these, for values that have no order between them. */
function order(left: Json, right: Json): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  if (typeof left !== 'string' || typeof right !== 'string') return Number.NaN
  return left < right ? -1 : left > right ? 1 : 0
}

function isEmpty(value: Json): boolean | null {
  if (typeof value === 'string' || isList(value)) return value.length === 0
  return isJsonObject(value) ? Object.keys(value).length === 0 : null
}

function holds(list: readonly Json[], value: Json): boolean {
  return list.some(each => isEqual(value, each))
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function kindOf(value: Json): string {
  return value === null ? 'null' : typeof value
}
