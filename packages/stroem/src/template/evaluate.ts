/** What expressions are worth. */
import type { Arguments, Surroundings } from './builtin.js'
import { checkDepth, type Fuel, OutOfFuel, TemplateError } from './fuel.js'
import { filters } from './filters.js'
import { functions } from './functions.js'
import { calculate } from './number.js'
import { numberText, Writer } from './print.js'
import type { Scope } from './scope.js'
import type { Call, CompareOperator, Expression, PathPart, Variable } from './syntax.js'
import { isList, isNumeric, isObject, isSame, isTruthy, kindOf, member, type Numeric, toFloat, type Value } from './value.js'
import { valueTests } from './value-tests.js'

export class Evaluator {
  readonly scope: Scope
  readonly #surroundings: Surroundings
  readonly #fuel: Fuel
  readonly #truthOfObjects = new WeakMap<object, boolean>()
  #depth = 0

  constructor(scope: Scope, surroundings: Surroundings) {
    this.scope = scope
    this.#surroundings = surroundings
    this.#fuel = surroundings.fuel
  }

  evaluate(expression: Expression): Value {
    this.#fuel.spend(1)
    checkDepth(++this.#depth, 'an evaluation')
    const value = this.#valueOf(expression)
    this.#depth -= 1
    return value
  }

  #valueOf(expression: Expression): Value {
    switch (expression.kind) {
      case 'literal':
        return expression.value
      case 'variable':
        return this.#mustFind(expression)
      case 'array':
        return expression.items.map(item => this.evaluate(item))
      case 'concat':
        return this.#concat(expression.parts)
      case 'math':
        return this.#number(expression) ?? 'NaN'
      case 'call':
        return this.#call(expression.call)
      case 'filtered':
        return this.#filtered(expression.of, expression.filters)
      default:
        return this.isTrue(expression)
    }
  }

  applyFilter(value: Value, call: Call): Value {
    const filter = filters.get(call.name)
    if (!filter) throw new TemplateError(`Filter '${call.name}' not found`)
    this.#fuel.spend(1)
    return filter(value, this.#arguments(call), this.#surroundings)
  }

  // ── Conditions ──

  /** In a condition a variable that is not there is false, and so is one whose filters fail. */
  isTrue(expression: Expression): boolean {
    this.#fuel.spend(1)
    switch (expression.kind) {
      case 'and':
        return this.#deeper(() => this.isTrue(expression.left) && this.isTrue(expression.right))
      case 'or':
        return this.#deeper(() => this.isTrue(expression.left) || this.isTrue(expression.right))
      case 'not':
        return !this.#deeper(() => this.isTrue(expression.of))
      case 'compare':
        return this.#compare(expression.operator, expression.left, expression.right)
      case 'in':
        return this.#isIn(this.evaluate(expression.item), this.evaluate(expression.container)) !== expression.negated
      case 'test':
        return this.#test(expression.of, expression.name, expression.args) !== expression.negated
      case 'math':
        return this.#isTruthy(this.#number(expression) ?? 0)
      case 'variable':
        return this.#isTruthy(this.#findQuietly(expression) ?? null)
      case 'filtered':
        return expression.of.kind === 'variable' ? this.#isQuietlyTrue(expression) : this.#isTruthy(this.evaluate(expression))
      default:
        return this.#isTruthy(this.evaluate(expression))
    }
  }

  /** Looking whether an object has members takes long when it has many: once a render is enough. */
  #isTruthy(value: Value): boolean {
    if (!isObject(value)) return isTruthy(value)
    const known = this.#truthOfObjects.get(value) ?? isTruthy(value)
    this.#truthOfObjects.set(value, known)
    return known
  }

  #isQuietlyTrue(expression: Expression): boolean {
    const depth = this.#depth
    try {
      return this.#isTruthy(this.evaluate(expression))
    } catch (error) {
      if (!(error instanceof TemplateError) || error instanceof OutOfFuel) throw error
      this.#depth = depth
      return false
    }
  }

  #compare(operator: CompareOperator, leftSide: Expression, rightSide: Expression): boolean {
    if (operator === '==' || operator === '!=') return this.#isEqual(this.evaluate(leftSide), this.evaluate(rightSide), operator === '!=')
    const left = this.#number(leftSide)
    const right = this.#number(rightSide)
    if (left === null || right === null) throw new TemplateError(`\`${operator}\` cannot compare what is not a number`)
    const difference = toFloat(left) - toFloat(right)
    if (operator === '<') return difference < 0
    if (operator === '<=') return difference <= 0
    return operator === '>' ? difference > 0 : difference >= 0
  }

  /** Tera's surprise: a number compared with something else is false for `==` and for `!=`. */
  #isEqual(left: Value, right: Value, negated: boolean): boolean {
    if (!isNumeric(left) && !isNumeric(right)) return isSame(left, right, this.#fuel) !== negated
    if (!isNumeric(left) || !isNumeric(right)) return false
    return (toFloat(left) === toFloat(right)) !== negated
  }

  #isIn(item: Value, container: Value): boolean {
    if (isList(container)) return container.some(other => isSame(item, other, this.#fuel))
    if (typeof container !== 'string' && !isObject(container))
      throw new TemplateError(`\`in\` looks into text, arrays and objects, not into ${kindOf(container)}`)
    if (typeof item !== 'string') throw new TemplateError(`\`in\` looks for text in ${kindOf(container)}, not for ${kindOf(item)}`)
    if (typeof container !== 'string') return member(container, item) !== undefined
    this.#fuel.text(container.length)
    return container.includes(item)
  }

  #test(of: Variable, name: string, args: readonly Expression[]): boolean {
    const test = valueTests.get(name)
    if (!test) throw new TemplateError(`Test '${name}' not found`)
    const values = args.map(arg => this.evaluate(arg))
    return test(this.#findQuietly(of), values, this.#fuel)
  }

  // ── Numbers ──

  /** Null: not a number, as after a division by zero. */
  #number(expression: Expression): Numeric | null {
    if (expression.kind === 'math') return this.#deeper(() => this.#math(expression))
    const value = this.evaluate(expression)
    if (isNumeric(value)) return value
    throw new TemplateError(`${describe(expression)} is used as a number, but is ${kindOf(value)}`)
  }

  #math(expression: Expression & { readonly kind: 'math' }): Numeric | null {
    this.#fuel.spend(1)
    const left = this.#number(expression.left)
    const right = this.#number(expression.right)
    return left === null || right === null ? null : calculate(expression.operator, left, right)
  }

  // ── Parts ──

  #find(variable: Variable): Value | undefined {
    let found = this.scope.find(variable.root)
    for (const part of variable.path) {
      if (found === undefined) return undefined
      found = member(found, typeof part === 'string' ? part : this.#key(part, variable))
    }
    return found
  }

  /** For `x is defined`: whatever keeps a variable from being found makes it undefined. */
  #findQuietly(variable: Variable): Value | undefined {
    try {
      return this.#find(variable)
    } catch (error) {
      if (error instanceof OutOfFuel || !(error instanceof TemplateError)) throw error
      return undefined
    }
  }

  #key(part: Exclude<PathPart, string>, of: Variable): string {
    this.#fuel.spend(1)
    const key = this.#deeper(() => this.#mustFind(part))
    if (typeof key === 'string') return key
    if (isNumeric(key)) return numberText(key)
    throw new TemplateError(`only text and numbers can be an index, and \`${part.text}\` of \`${of.text}\` is ${kindOf(key)}`)
  }

  #mustFind(variable: Variable): Value {
    const found = this.#find(variable)
    if (found === undefined) throw new TemplateError(`Variable \`${variable.text}\` not found in context`)
    return found
  }

  #concat(parts: readonly Expression[]): string {
    const writer = new Writer(this.#fuel)
    for (const part of parts) {
      const value = this.evaluate(part)
      if (typeof value !== 'string' && !isNumeric(value)) throw new TemplateError(`\`~\` joins text and numbers, and ${describe(part)} is ${kindOf(value)}`)
      writer.write(typeof value === 'string' ? value : numberText(value))
    }
    return writer.text
  }

  #filtered(of: Expression, calls: readonly Call[]): Value {
    let value = calls[0]?.name === 'default' ? this.#orDefault(of, calls[0]) : this.evaluate(of)
    for (const call of calls) {
      if (call.name !== 'default' && call.name !== 'safe') value = this.applyFilter(value, call)
    }
    return value
  }

  /** The default stands in for a variable that is missing or null. */
  #orDefault(of: Expression, call: Call): Value {
    if (of.kind !== 'variable') return this.evaluate(of)
    const found = this.#findQuietly(of)
    if (found !== undefined && found !== null) return found
    const fallback = call.args.find(arg => arg.name === 'value')
    if (!fallback) throw new TemplateError('the `default` filter needs an argument: `default(value=…)`')
    return this.evaluate(fallback.value)
  }

  #call(call: Call): Value {
    const templateFunction = functions.get(call.name)
    if (!templateFunction) throw new TemplateError(`Function '${call.name}' not found`)
    return templateFunction(this.#arguments(call), this.#surroundings)
  }

  #arguments(call: Call): Arguments {
    return new Map(call.args.map(arg => [arg.name, this.evaluate(arg.value)]))
  }

  #deeper<T>(evaluate: () => T): T {
    checkDepth(++this.#depth, 'an evaluation')
    const value = evaluate()
    this.#depth -= 1
    return value
  }
}

function describe(expression: Expression): string {
  const source = expression.kind === 'filtered' ? expression.of : expression
  if (source.kind === 'variable') return `\`${source.text}\``
  return source.kind === 'call' ? `\`${source.call.name}()\`` : 'an expression'
}
