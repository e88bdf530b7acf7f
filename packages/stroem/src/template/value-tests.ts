/** What stands behind `is`. `undefined`: the variable was not found. */
import { RE2JS } from 're2js'
import { mustBeNumeric, mustBeText } from './demand.js'
import { type Fuel, TemplateError } from './fuel.js'
import { isList, isNumeric, isObject, isSame, kindOf, member, toFloat, type Value } from './value.js'

export type ValueTest = (value: Value | undefined, args: readonly Value[], fuel: Fuel) => boolean

type DefinedTest = (value: Value, argument: Value, fuel: Fuel) => boolean

export const valueTests: ReadonlyMap<string, ValueTest> = new Map<string, ValueTest>([
  ['defined', (value, args) => withoutArguments('defined', args) && value !== undefined],
  ['undefined', (value, args) => withoutArguments('undefined', args) && value === undefined],
  plain('string', value => typeof value === 'string'),
  plain('number', isNumeric),
  plain('object', isObject),
  plain('iterable', value => isList(value) || isObject(value)),
  plain('odd', value => remainder(value, 2, 'odd') !== 0),
  plain('even', value => remainder(value, 2, 'even') === 0),
  withArgument('divisibleby', (value, by) => remainder(value, toFloat(mustBeNumeric(by, 'the argument of `divisibleby`')), 'divisibleby') === 0),
  withArgument('starting_with', (value, start, fuel) => textOf(value, 'starting_with', fuel).startsWith(mustBeText(start, 'the argument of `starting_with`'))),
  withArgument('ending_with', (value, end, fuel) => textOf(value, 'ending_with', fuel).endsWith(mustBeText(end, 'the argument of `ending_with`'))),
  withArgument('containing', isContaining),
  withArgument('matching', (value, pattern, fuel) => isMatching(textOf(value, 'matching', fuel), mustBeText(pattern, 'the argument of `matching`'), fuel)),
])

function plain(name: string, test: (value: Value) => boolean): [string, ValueTest] {
  return [name, (value, args) => withoutArguments(name, args) && test(mustBeDefined(name, value))]
}

function withArgument(name: string, test: DefinedTest): [string, ValueTest] {
  return [
    name,
    (value, args, fuel) => {
      const [argument] = args
      if (argument === undefined || args.length > 1) throw new TemplateError(`the test \`${name}\` takes one argument, and got ${args.length}`)
      return test(mustBeDefined(name, value), argument, fuel)
    },
  ]
}

function withoutArguments(name: string, args: readonly Value[]): true {
  if (args.length > 0) throw new TemplateError(`the test \`${name}\` takes no arguments`)
  return true
}

function mustBeDefined(name: string, value: Value | undefined): Value {
  if (value === undefined) throw new TemplateError(`the test \`${name}\` was called on an undefined variable`)
  return value
}

function remainder(value: Value, by: number, name: string): number {
  return toFloat(mustBeNumeric(value, `the variable of \`${name}\``)) % by
}

function textOf(value: Value, name: string, fuel: Fuel): string {
  const text = mustBeText(value, `the variable of \`${name}\``)
  fuel.text(text.length)
  return text
}

function isContaining(value: Value, wanted: Value, fuel: Fuel): boolean {
  if (isList(value)) return value.some(item => isSame(item, wanted, fuel))
  if (isObject(value)) return member(value, mustBeText(wanted, 'the argument of `containing`')) !== undefined
  if (typeof value !== 'string') throw new TemplateError(`the variable of \`containing\` must be text, an array or an object, and is ${kindOf(value)}`)
  fuel.text(value.length)
  return value.includes(mustBeText(wanted, 'the argument of `containing`'))
}

// ── Regular expressions: in time that grows with text times pattern, never faster ──

const patternLengthMax = 1000
const programSizeMax = 5000

function isMatching(text: string, pattern: string, fuel: Fuel): boolean {
  const regex = compile(pattern)
  const size = regex.programSize()
  if (size > programSizeMax) throw new TemplateError(`\`matching\`: the pattern ${pattern} is too large`)
  fuel.spend(size + Math.ceil((text.length * size) / 100))
  return regex.matcher(text).find()
}

function compile(pattern: string): RE2JS {
  if (pattern.length > patternLengthMax) throw new TemplateError(`\`matching\`: a pattern may have ${patternLengthMax} characters, and has ${pattern.length}`)
  try {
    return RE2JS.compile(pattern)
  } catch (error) {
    throw new TemplateError(`\`matching\`: ${pattern} is no regular expression: ${error instanceof Error ? error.message : String(error)}`)
  }
}
