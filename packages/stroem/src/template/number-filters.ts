import { type Arguments, booleanArgument, countArgument, type Filter, integerArgument, type Surroundings, textArgument } from './builtin.js'
import { mustBeNumeric } from './demand.js'
import { TemplateError } from './fuel.js'
import { fromFloat, fromInteger, isInteger, isNumeric, kindOf, type Numeric, toFloat, type Value } from './value.js'

export const numberFilters: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ['abs', value => absolute(mustBeNumeric(value, 'the value of `abs`'))],
  ['round', (value, args) => round(toFloat(mustBeNumeric(value, 'the value of `round`')), args)],
  ['pluralize', (value, args) => pluralize(toFloat(mustBeNumeric(value, 'the value of `pluralize`')), args)],
  ['int', toInt],
  ['float', toFloatNumber],
  ['filesizeformat', fileSize],
])

function absolute(value: Numeric): Numeric {
  if (typeof value === 'bigint') return value < 0n ? -value : value
  return typeof value === 'number' ? Math.abs(value) : fromFloat(Math.abs(value.float))
}

/** Halves round away from zero. */
function round(value: number, args: Arguments): Value {
  const precision = integerArgument(args, 'round', 'precision', 0)
  const factor = 10 ** precision
  const result = rounding(textArgument(args, 'round', 'method', 'common'))(value * factor) / factor
  return Number.isFinite(result) ? fromFloat(result) : null
}

function rounding(method: string): (value: number) => number {
  switch (method) {
    case 'common':
      return value => Math.sign(value) * Math.round(Math.abs(value))
    case 'ceil':
      return Math.ceil
    case 'floor':
      return Math.floor
    default:
      throw new TemplateError(`\`round\`: \`method\` must be common, ceil or floor, and is ${method}`)
  }
}

function pluralize(count: number, args: Arguments): string {
  const plural = textArgument(args, 'pluralize', 'plural', 's')
  const singular = textArgument(args, 'pluralize', 'singular', '')
  return Math.abs(count) === 1 ? singular : plural
}

// ── From text ──

const prefixes: Readonly<Record<number, string>> = { 2: '0b', 8: '0o', 16: '0x' }
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
const integerMax = 2n ** 63n

function toInt(value: Value, args: Arguments, { fuel }: Surroundings): Value {
  const otherwise = integerArgument(args, 'int', 'default', 0)
  const base = countArgument(args, 'int', 'base', 10)
  if (base < 2 || base > 36) throw new TemplateError(`\`int\`: \`base\` must be from 2 to 36, and is ${base}`)
  if (typeof value === 'string') {
    fuel.text(value.length)
    return integerOf(value.trim(), base) ?? otherwise
  }
  if (!isNumeric(value)) throw new TemplateError(`the value of \`int\` must be text or a number, and is ${kindOf(value)}`)
  return isInteger(value) ? value : truncated(toFloat(value))
}

function integerOf(text: string, base: number): Value | null {
  const prefix = prefixes[base]
  const digits = prefix !== undefined && text.startsWith(prefix) ? text.slice(prefix.length) : text
  const integer = parseDigits(digits, base)
  if (integer !== null) return integer >= -integerMax && integer < integerMax ? fromInteger(integer) : null
  return digits.includes('.') && decimal.test(digits) ? truncated(Number(digits)) : null
}

/** 64 bits have at most 64 digits, besides zeros in front. */
function parseDigits(text: string, base: number): bigint | null {
  const [, sign = '', digits = ''] = /^([+-]?)0*([0-9a-z]+)$/i.exec(text) ?? []
  if (digits === '' || digits.length > 64) return null
  let integer = 0n
  for (const character of digits) {
    const digit = Number.parseInt(character, 36)
    if (Number.isNaN(digit) || digit >= base) return null
    integer = integer * BigInt(base) + BigInt(digit)
  }
  return sign === '-' ? -integer : integer
}

/** Floats beyond 64 bits become the nearest integer that fits. */
function truncated(float: number): Value {
  if (Number.isNaN(float)) return 0
  if (Math.abs(float) < Number(integerMax)) return fromInteger(BigInt(Math.trunc(float)))
  return float > 0 ? integerMax - 1n : -integerMax
}

function toFloatNumber(value: Value, args: Arguments, { fuel }: Surroundings): Value {
  const fallback = args.get('default') ?? 0
  if (typeof value === 'string') {
    fuel.text(value.length)
    const text = value.trim()
    return fromFloat(decimal.test(text) ? Number(text) : toFloat(mustBeNumeric(fallback, '`float`: `default`')))
  }
  if (!isNumeric(value)) throw new TemplateError(`the value of \`float\` must be text or a number, and is ${kindOf(value)}`)
  return fromFloat(toFloat(value))
}

// ── File sizes ──

const sizes = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB']
const binarySizes = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']

function fileSize(value: Value, args: Arguments): string {
  const bytes = mustBeNumeric(value, 'the value of `filesizeformat`')
  if (!isInteger(bytes) || bytes < 0) throw new TemplateError('the value of `filesizeformat` must be a whole number that is not negative')
  const names = booleanArgument(args, 'filesizeformat', 'binary') ? binarySizes : sizes
  let size = Number(bytes)
  let unit = 0
  while (size >= 1024 && unit < names.length - 1) {
    size /= 1024
    unit += 1
  }
  return `${Number.isInteger(size) ? size : size.toFixed(2)} ${names[unit]}`
}
