/** Answers simple scripts on the spot, so that an ordinary loop does not leave the thread for each of its conditions. */
import { isJsonObject, type Json, type JsonObject } from '@busbar/kernel'
import { type BinaryOperator, type Expression, parseSimpleScript } from './parse-simple-script.js'

type Value = Json | undefined
/** The script does something that only the sandbox may judge: an error, an inherited member, a conversion of an object. */
const outside = Symbol('outside')
type Result = Value | typeof outside

const scriptsMax = 1_000
const scripts = new Map<string, Expression | null>()

/** Its value, exactly as JavaScript has it; null when the script or what it meets is not simple. */
export function runSimpleScript(code: string, input: JsonObject): { readonly value: Json } | null {
  const script = compiled(code)
  if (script === null) return null
  const value = evaluate(script, input)
  if (value === outside || !isPlain(value)) return null
  return { value: value ?? null }
}

function compiled(code: string): Expression | null {
  const known = scripts.get(code)
  if (known !== undefined) return known
  const script = parseSimpleScript(code)
  if (scripts.size >= scriptsMax) scripts.clear()
  scripts.set(code, script)
  return script
}

/** Objects, and numbers that JSON does not have, are left to the sandbox. */
function isPlain(value: Value): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  return value === null || typeof value !== 'object'
}

function evaluate(expression: Expression, input: JsonObject): Result {
  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'input':
      return input
    case 'member':
      return member(evaluate(expression.object, input), evaluate(expression.key, input))
    case 'unary': {
      const operand = evaluate(expression.operand, input)
      if (operand === outside) return outside
      if (expression.operator === '!') return !operand
      return typeof operand === 'number' ? -operand : outside
    }
    case 'choice': {
      const test = evaluate(expression.test, input)
      return test === outside ? outside : evaluate(test ? expression.yes : expression.no, input)
    }
    case 'binary':
      return binary(expression, input)
  }
}

function member(object: Result, key: Result): Result {
  if (object === outside || (typeof key !== 'string' && typeof key !== 'number')) return outside
  if (key === 'length' && (typeof object === 'string' || Array.isArray(object))) return object.length
  if (Array.isArray(object)) return typeof key === 'number' && Number.isInteger(key) && key >= 0 ? object[key] : outside
  if (!isJsonObject(object)) return outside
  if (Object.hasOwn(object, key)) return object[key]
  return key in Object.prototype ? outside : undefined
}

function binary({ operator, left, right }: Extract<Expression, { kind: 'binary' }>, input: JsonObject): Result {
  const a = evaluate(left, input)
  if (a === outside) return outside
  if (operator === '&&') return a ? evaluate(right, input) : a
  if (operator === '||') return a ? a : evaluate(right, input)
  const b = evaluate(right, input)
  if (b === outside || !isPrimitive(a) || !isPrimitive(b)) return outside
  return compute(operator, a, b)
}

type Primitive = string | number | boolean | null | undefined

function isPrimitive(value: Value): value is Primitive {
  return value === null || typeof value !== 'object'
}

/** On primitives our own operators are JavaScript's, conversions included. */
function compute(operator: Exclude<BinaryOperator, '&&' | '||'>, a: Primitive, b: Primitive): Result {
  const [x, y] = [a as number, b as number]
  switch (operator) {
    case '===':
      return a === b
    case '!==':
      return a !== b
    case '==':
      // biome-ignore lint/suspicious/noDoubleEquals: the script says so
      return a == b
    case '!=':
      // biome-ignore lint/suspicious/noDoubleEquals: the script says so
      return a != b
    case '<':
      return x < y
    case '>':
      return x > y
    case '<=':
      return x <= y
    case '>=':
      return x >= y
    case '+':
      return x + y
    case '-':
      return x - y
    case '*':
      return x * y
    case '/':
      return x / y
    case '%':
      return x % y
  }
}
