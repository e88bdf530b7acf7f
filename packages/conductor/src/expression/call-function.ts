/** The functions at the end of a path: `length()`, `sum()`, … */
import { isJsonObject, type Json } from '@busbar/kernel'
import { javaText } from './java-text.js'

/** Undefined when the function does not exist or has nothing to work on: then the whole path gives null. */
export function callFunction(name: string, value: Json, args: readonly Json[]): Json | undefined {
  switch (name) {
    case 'length':
    case 'size':
      return lengthOf(value)
    case 'keys':
      return isJsonObject(value) ? Object.keys(value) : null
    case 'sum':
      return aggregate(value, args, sum)
    case 'avg':
      return aggregate(value, args, numbers => sum(numbers) / numbers.length)
    case 'min':
      return aggregate(value, args, numbers => numbers.reduce((a, b) => (b < a ? b : a)))
    case 'max':
      return aggregate(value, args, numbers => numbers.reduce((a, b) => (b > a ? b : a)))
    case 'stddev':
      return aggregate(value, args, deviation)
    case 'first':
      return isList(value) ? value.at(0) : undefined
    case 'last':
      return isList(value) ? value.at(-1) : undefined
    case 'index':
      return isList(value) && typeof args[0] === 'number' ? value.at(Math.trunc(args[0])) : undefined
    case 'concat':
      return texts(value)
        .concat(args.flatMap(argument => (isList(argument) ? argument : [argument])).flatMap(asText))
        .join('')
    case 'append':
      return isList(value) ? [...value, ...args] : value
    default:
      return undefined
  }
}

function lengthOf(value: Json): number | null {
  if (isList(value)) return value.length
  return isJsonObject(value) ? Object.keys(value).length : null
}

function aggregate(value: Json, args: readonly Json[], of: (numbers: readonly number[]) => number): number | undefined {
  const values = (isList(value) ? value : []).concat(args.flatMap(argument => (isList(argument) ? argument : [argument])))
  const numbers = values.filter(each => typeof each === 'number')
  return numbers.length === 0 ? undefined : of(numbers)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}

function deviation(numbers: readonly number[]): number {
  const mean = sum(numbers) / numbers.length
  return Math.sqrt(Math.max(0, sum(numbers.map(number => number * number)) / numbers.length - mean * mean))
}

function texts(value: Json): readonly string[] {
  return isList(value) ? value.filter(each => typeof each === 'string') : []
}

function asText(value: Json): readonly string[] {
  return value === null ? [] : [javaText(value)]
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
