/** Values as text, the way templates print them, and as JSON. */
import { checkDepth, type Fuel } from './fuel.js'
import { isInteger, isList, isNumeric, isObject, keysOf, type Numeric, toFloat, type Value } from './value.js'

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
    this.#fuel.text(piece.length)
    this.#fuel.bound(this.#text.length)
  }

  get text(): string {
    return this.#text
  }
}
