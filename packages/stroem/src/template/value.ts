/**
 * The values of templates.
 *
 * JavaScript has one number type, Tera has three. A `number` that is a safe integer is an integer; any other `number`
 * is a float. `bigint` holds integers beyond that, `WholeFloat` holds floats such as 2.0 that would look like integers.
 */
import { checkDepth, type Fuel, TemplateError } from './fuel.js'

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
  if (typeof value === 'object') return keysOf(value).length > 0
  return Boolean(value)
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

/** Equal in kind and content: 1 and 1.0 are not. */
export function isSame(a: Value, b: Value, fuel: Fuel, depth = 0): boolean {
  fuel.spend(1)
  checkDepth(depth, 'a value')
  if (isNumeric(a)) return isNumeric(b) && isInteger(a) === isInteger(b) && (isInteger(a) ? a === b : toFloat(a) === toFloat(b))
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, i) => isSame(item, b[i] as Value, fuel, depth + 1))
  if (!isObject(a)) return a === b
  if (!isObject(b)) return false
  const keys = keysOf(a)
  return keys.length === keysOf(b).length && keys.every(key => Object.hasOwn(b, key) && isSame(a[key] ?? null, b[key] ?? null, fuel, depth + 1))
}

// ── As text ──

/** How a value prints: null is empty, texts in lists have no quotes, objects do not show. */
export function toText(value: Value, fuel: Fuel): string {
  if (typeof value === 'string') return value
  if (!isList(value)) return scalarText(value)
  const writer = new Writer(fuel)
  writeText(value, writer, 0)
  return writer.text
}

function scalarText(value: Exclude<Value, readonly Value[]>): string {
  if (value === null) return ''
  if (isNumeric(value)) return numberText(value)
  return typeof value === 'object' ? '[object]' : String(value)
}

function writeText(value: Value, writer: Writer, depth: number): void {
  if (!isList(value)) return writer.write(scalarText(value))
  checkDepth(depth, 'a list')
  writer.write('[')
  value.forEach((item, i) => {
    if (i > 0) writer.write(', ')
    writeText(item, writer, depth + 1)
  })
  writer.write(']')
}

/** Floats print without a point when they are whole, and never with an exponent. */
export function numberText(value: Numeric): string {
  if (typeof value === 'bigint') return value.toString()
  const float = toFloat(value)
  if (Number.isInteger(float)) return Object.is(float, -0) ? (isInteger(value) ? '0' : '-0') : wholeText(float)
  const text = String(float)
  return text.includes('e-') ? expand(text) : text
}

/** The shortest digits that name this float, filled up with zeros: 1e23 has the digits 1 and 23 zeros. */
function wholeText(float: number): string {
  const text = String(float)
  const at = text.indexOf('e+')
  if (at < 0) return text
  const [whole = '', fraction = ''] = text.slice(0, at).split('.')
  return whole + fraction.padEnd(Number(text.slice(at + 2)), '0')
}

function expand(text: string): string {
  const [mantissa = '', exponent = '0'] = text.split('e-')
  const sign = mantissa.startsWith('-') ? '-' : ''
  return `${sign}0.${'0'.repeat(Number(exponent) - 1)}${mantissa.replace(/[-.]/g, '')}`
}

// ── As JSON ──

export function toJsonText(value: Value, pretty: boolean, fuel: Fuel): string {
  const writer = new Writer(fuel)
  writeJson(value, pretty, writer, 0)
  return writer.text
}

function writeJson(value: Value, pretty: boolean, writer: Writer, depth: number): void {
  checkDepth(depth, 'a value')
  if (isNumeric(value)) return writer.write(jsonNumber(value))
  if (isList(value)) {
    return writeBlock('[', ']', value, pretty, writer, depth, item => writeJson(item, pretty, writer, depth + 1))
  }
  if (isObject(value)) {
    return writeBlock('{', '}', keysOf(value), pretty, writer, depth, key => {
      writer.write(JSON.stringify(key) + (pretty ? ': ' : ':'))
      writeJson(value[key] ?? null, pretty, writer, depth + 1)
    })
  }
  writer.write(JSON.stringify(value))
}

function writeBlock<T>(open: string, close: string, items: readonly T[], pretty: boolean, writer: Writer, depth: number, write: (item: T) => void): void {
  if (items.length === 0) return writer.write(open + close)
  const indent = pretty ? `\n${'  '.repeat(depth + 1)}` : ''
  writer.write(open)
  items.forEach((item, i) => {
    writer.write((i > 0 ? ',' : '') + indent)
    write(item)
  })
  writer.write((pretty ? `\n${'  '.repeat(depth)}` : '') + close)
}

/** Here floats do show what they are. */
function jsonNumber(value: Numeric): string {
  if (isInteger(value)) return numberText(value)
  const float = toFloat(value)
  if (!Number.isFinite(float)) return 'null'
  if (Math.abs(float) >= 1e16) return String(float).replace('e+', 'e')
  return Number.isInteger(float) ? `${numberText(value)}.0` : String(float)
}

/** Collects a text piece by piece, and pays for it. */
export class Writer {
  readonly #fuel: Fuel
  #text = ''
  constructor(fuel: Fuel) {
    this.#fuel = fuel
  }

  write(piece: string): void {
    this.#text += piece
    this.#fuel.spend(1 + Math.floor(piece.length / 256))
    this.#fuel.bound(this.#text.length)
  }

  get text(): string {
    return this.#text
  }
}

// ── What filters ask of their values ──

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
