/** Arithmetic: integers stay integers (64 bits, signed, or unsigned when both are), everything else is a float. */
import { TemplateError } from './fuel.js'
import { fromFloat, fromInteger, isInteger, type Numeric, toFloat } from './value.js'
import { numberText } from './print.js'

export type MathOperator = '+' | '-' | '*' | '/' | '%'

const signedMin = -(2n ** 63n)
const signedMax = 2n ** 63n - 1n
const unsignedMax = 2n ** 64n - 1n

/** Null: not a number (division by zero and the like). */
export function calculate(operator: MathOperator, left: Numeric, right: Numeric): Numeric | null {
  if (operator === '/') return divide(toFloat(left), toFloat(right))
  if (!isInteger(left) || !isInteger(right)) return finite(floatResult(operator, toFloat(left), toFloat(right)))
  if (operator === '%' && Number(right) === 0) throw new TemplateError(`cannot take ${numberText(left)} modulo zero`)
  if (typeof left === 'number' && typeof right === 'number') {
    const quick = floatResult(operator, left, right)
    if (Number.isSafeInteger(quick)) return quick + 0
  }
  return exactResult(operator, BigInt(left), BigInt(right))
}

function floatResult(operator: Exclude<MathOperator, '/'>, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '%':
      return left % right
  }
}

function exactResult(operator: Exclude<MathOperator, '/'>, left: bigint, right: bigint): Numeric | null {
  const signed = isSigned(left) && isSigned(right)
  if (!signed && (left < 0n || right < 0n)) return finite(floatResult(operator, Number(left), Number(right)))
  const result = operator === '+' ? left + right : operator === '-' ? left - right : operator === '*' ? left * right : left % right
  const fits = signed ? isSigned(result) : result >= 0n && result <= unsignedMax
  if (!fits) throw new TemplateError(`${left} ${operator} ${right} is outside the range of 64-bit integers`)
  return fromInteger(result)
}

function isSigned(integer: bigint): boolean {
  return integer >= signedMin && integer <= signedMax
}

/** Whole quotients are integers: 4 / 2 is 2, not 2.0. */
function divide(left: number, right: number): Numeric | null {
  const quotient = left / right
  return Number.isSafeInteger(quotient) ? quotient + 0 : finite(quotient)
}

function finite(float: number): Numeric | null {
  return Number.isFinite(float) ? fromFloat(float) : null
}

/** The integer of a literal, or null when 64 bits cannot hold it. */
export function integerLiteral(digits: string): Numeric | null {
  const integer = BigInt(digits)
  return isSigned(integer) ? fromInteger(integer) : null
}
