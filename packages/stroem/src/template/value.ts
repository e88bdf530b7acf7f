/**
 * The values of templates.
 *
 * JavaScript has one number type, Tera has three. A `number` that is a safe integer is an integer; any other `number`
 * is a float. `bigint` holds integers beyond that, `WholeFloat` holds floats such as 2.0 that would look like integers.
 */
import { checkDepth, type Fuel } from './fuel.js'

export type Value = null | boolean | string | Numeric | readonly Value[] | ObjectValue
export type Numeric = number | bigint | WholeFloat
export interface ObjectValue {
  readonly [key: string]: Value | undefined
}

export class WholeFloat {
  readonly float: number
  constructor(float: number) {
    this.float = float
  }
}

export function isNumeric(value: Value): value is Numeric {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof WholeFloat
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value)
}

export function isObject(value: Value): value is ObjectValue {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof WholeFloat)
}

export function isInteger(value: Numeric): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))
}

export function toFloat(value: Numeric): number {
  return value instanceof WholeFloat ? value.float : Number(value)
}

export function fromFloat(float: number): number | WholeFloat {
  return Number.isSafeInteger(float) ? new WholeFloat(float) : float
}

export function fromInteger(integer: bigint): number | bigint {
  const small = Number(integer)
  return Number.isSafeInteger(small) ? small : integer
}

export function kindOf(value: Value): string {
  if (value === null) return 'null'
  if (isNumeric(value)) return 'a number'
  if (isList(value)) return 'an array'
  if (typeof value === 'string') return 'text'
  return typeof value === 'boolean' ? 'a boolean' : 'an object'
}

export function isTruthy(value: Value): boolean {
  if (value === null) return false
  if (isNumeric(value)) {
    const float = toFloat(value)
    return float !== 0 && !Number.isNaN(float)
  }
  if (isList(value)) return value.length > 0
  if (typeof value === 'object') return !isEmpty(value)
  return Boolean(value)
}

function isEmpty(object: ObjectValue): boolean {
  for (const key in object) if (object[key] !== undefined) return false
  return true
}

/** Keys in the order of Unicode code points: the order templates see objects in. */
export function keysOf(object: ObjectValue): string[] {
  return Object.keys(object)
    .filter(key => object[key] !== undefined)
    .sort(compareText)
}

export function compareText(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const left = a.charCodeAt(i)
    const right = b.charCodeAt(i)
    if (left !== right) return inCodePointOrder(left) - inCodePointOrder(right)
  }
  return a.length - b.length
}

/** Halves of surrogate pairs sort behind every other unit, as the code points they make do. */
function inCodePointOrder(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit
}

export function member(value: Value, key: string): Value | undefined {
  if (isList(value)) return /^(0|[1-9]\d{0,15})$/.test(key) ? value[Number(key)] : undefined
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

/** Follows a dotted path such as `meta.size`; the empty path is the value itself. */
export function memberAt(value: Value, path: string): Value | undefined {
  let found: Value | undefined = value
  if (path === '') return found
  for (const key of path.split('.')) {
    if (found === undefined) return undefined
    found = member(found, key)
  }
  return found
}

function isSameText(a: string, b: string, fuel: Fuel): boolean {
  if (a.length !== b.length) return false
  fuel.text(a.length)
  return a === b
}

/** Equal in kind and content: 1 and 1.0 are not. */
export function isSame(a: Value, b: Value, fuel: Fuel, depth = 0): boolean {
  fuel.spend(1)
  checkDepth(depth, 'a value')
  if (isNumeric(a)) return isNumeric(b) && isInteger(a) === isInteger(b) && (isInteger(a) ? a === b : toFloat(a) === toFloat(b))
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, i) => isSame(item, b[i] as Value, fuel, depth + 1))
  if (typeof a === 'string') return typeof b === 'string' && isSameText(a, b, fuel)
  if (!isObject(a)) return a === b
  if (!isObject(b)) return false
  const keys = keysOf(a)
  return keys.length === keysOf(b).length && keys.every(key => Object.hasOwn(b, key) && isSame(a[key] ?? null, b[key] ?? null, fuel, depth + 1))
}
