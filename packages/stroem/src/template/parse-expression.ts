/**
 * Expressions, after the grammar of Tera 1, which is stricter than one expects:
 *
 *   logic       value { (and | or) value }                                  and binds tighter than or
 *   value       [not] (membership | comparison)
 *   membership  (text | sum) [not] in (text | array | variable)
 *   comparison  (text | sums) [operator (text | sums)]
 *   sums        sum { operator sum }
 *   text        (string | concatenation) { filter }
 *   sum         operand { operator operand } { filter }                     filters apply to the whole sum
 *   operand     "(" logic ")" | boolean | test | call | variable | number
 *
 * Where ours allows more, it gives a meaning to what Tera refuses. `not (a and b)` stays refused, as there.
 */
import { checkDepth } from './fuel.js'
import { integerLiteral, type MathOperator } from './number.js'
import type { Scanner } from './scanner.js'
import type { Argument, Call, CompareOperator, Expression, PathPart, Variable } from './syntax.js'
import { fromFloat } from './value.js'

const word = /[A-Za-z_]\w*/y
const dottedWord = /[A-Za-z_]\w*(\.\w+)*/y
const furtherWords = /(\.\w+)+/y
const float = /-?(0|[1-9]\d*)\.\d+/y
const integer = /-?(0|[1-9]\d*)/y
const string = /"[^"]*"|'[^']*'|`[^`]*`/y
const mathOperator = /\+|-(?![}%]\})|\*|\/|%(?!\})/y
const compareOperator = /==|!=|<=|>=|<|>/y
const filterBar = /\|/y
const orWord = /or(?=\s)/y
const andWord = /and(?=\s)/y
const notWord = /not(?=\s)/y
const inWord = /in(?!\w)/y
const isWord = /is(?!\w)/y

export class ExpressionParser {
  readonly #scanner: Scanner
  #depth = 0
  /** The newest brackets that hold more than a sum. */
  #lastGroup: Expression | null = null

  constructor(scanner: Scanner) {
    this.#scanner = scanner
  }

  /** What stands in `{{ }}`, behind `=`, or as an argument. */
  logicOrArray(): Expression {
    return this.array() ?? this.logic()
  }

  logic(): Expression {
    return this.#nested(() => {
      let left = this.#conjunction()
      while (this.#scanner.match(orWord) !== null) left = { kind: 'or', left, right: this.#conjunction() }
      return left
    })
  }

  /** An array with its filters, or null when none stands here. */
  array(): Expression | null {
    const items = this.#arrayItems()
    return items && this.#filtered(items)
  }

  /** What a loop runs over. */
  loopContainer(): Expression {
    const container = this.array() ?? this.#filtered(this.#plainSum(null))
    const source = container.kind === 'filtered' ? container.of : container
    if (source.kind === 'array' || source.kind === 'variable' || source.kind === 'call') return container
    return this.#scanner.fail('a variable, a function call or an array to loop over')
  }

  /** `name` or `name(argument=value)`. */
  call(): Call {
    const name = this.name('the name of a filter')
    return { name, args: this.#arguments() ?? [] }
  }

  name(what: string): string {
    return this.#scanner.match(word) ?? this.#scanner.fail(what)
  }

  // ── Logic ──

  #conjunction(): Expression {
    let left = this.#value()
    while (this.#scanner.match(andWord) !== null) left = { kind: 'and', left, right: this.#value() }
    return left
  }

  #value(): Expression {
    if (this.#scanner.match(notWord) === null) return this.#condition()
    const of = this.#condition()
    return of === this.#lastGroup
      ? this.#scanner.fail('a comparison instead of `not (…)`: set a variable to what is in the brackets first')
      : { kind: 'not', of }
  }

  #condition(): Expression {
    const first = this.#textOrSum()
    const negated = this.#scanner.match(notWord) !== null
    if (this.#scanner.match(inWord) !== null) return { kind: 'in', item: first, container: this.#memberContainer(), negated }
    if (negated) return this.#scanner.fail('`in`')
    const left = this.#sums(first)
    const operator = this.#scanner.match(compareOperator) as CompareOperator | null
    return operator === null ? left : { kind: 'compare', operator, left, right: this.#sums(this.#textOrSum()) }
  }

  #memberContainer(): Expression {
    return this.array() ?? this.#textOrVariable() ?? this.#scanner.fail('text, an array or a variable to look in')
  }

  #textOrVariable(): Expression {
    const piece = this.#piece() ?? this.#scanner.fail('text, an array or a variable to look in')
    return isText(piece) || this.#scanner.isNext('~') ? this.#concatenation(piece) : piece
  }

  // ── Sums ──

  #textOrSum(): Expression {
    const piece = this.#piece()
    if (piece !== null && (isText(piece) || this.#scanner.isNext('~'))) return this.#concatenation(piece)
    return this.#filtered(this.#plainSum(piece))
  }

  /** Text takes no part in sums. */
  #sums(first: Expression): Expression {
    return isText(first) ? first : this.#chain(first, () => this.#filtered(this.#plainSum(null)))
  }

  #plainSum(first: Expression | null): Expression {
    return this.#nested(() => this.#chain(first === null ? this.#operand() : this.#asOperand(first), () => this.#operand()))
  }

  #chain(first: Expression, next: () => Expression): Expression {
    const operands = [first]
    const operators: MathOperator[] = []
    for (let operator = this.#mathOperator(); operator !== null; operator = this.#mathOperator()) {
      operators.push(operator)
      operands.push(next())
    }
    return operators.length === 0 ? first : byPrecedence(operands, operators)
  }

  #mathOperator(): MathOperator | null {
    return this.#scanner.match(mathOperator) as MathOperator | null
  }

  #operand(): Expression {
    if (this.#scanner.take('(')) return this.#group()
    return this.#asOperand(this.#named() ?? this.#number() ?? this.#scanner.fail('a value'))
  }

  #group(): Expression {
    const inside = this.logic()
    this.#scanner.must(')')
    if (!isSum(inside)) this.#lastGroup = inside
    return inside
  }

  #asOperand(piece: Expression): Expression {
    if (piece.kind !== 'variable') return piece
    const truth = booleanOf(piece)
    return truth === null ? this.#tested(piece) : { kind: 'literal', value: truth }
  }

  #tested(variable: Variable): Expression {
    if (this.#scanner.match(isWord) === null) return variable
    const negated = this.#scanner.match(notWord) !== null
    const name = this.name('the name of a test')
    const args = this.#scanner.take('(') ? this.#list(')', () => this.logicOrArray()) : []
    return { kind: 'test', of: variable, name, args, negated }
  }

  // ── Text ──

  #concatenation(first: Expression): Expression {
    const parts = [first]
    while (this.#scanner.take('~')) parts.push(this.#piece() ?? this.#scanner.fail('something to join with `~`'))
    return this.#filtered(parts.length === 1 ? first : { kind: 'concat', parts })
  }

  /** What `~` joins: the words true and false name variables there. */
  #piece(): Expression | null {
    const quoted = this.#scanner.match(string)
    if (quoted !== null) return { kind: 'literal', value: quoted.slice(1, -1) }
    return this.#named() ?? this.#number()
  }

  // ── Parts ──

  #number(): Expression | null {
    const decimal = this.#scanner.match(float)
    if (decimal !== null) return { kind: 'literal', value: fromFloat(Number(decimal)) }
    const digits = this.#scanner.match(integer)
    if (digits === null) return null
    const value = integerLiteral(digits)
    return value === null ? this.#scanner.fail(`an integer of 64 bits instead of ${digits}`) : { kind: 'literal', value }
  }

  /** A variable or a function call. */
  #named(): Expression | null {
    const start = this.#scanner.at
    const name = this.#scanner.match(word)
    const args = name === null ? null : this.#arguments()
    if (name !== null && args !== null) return { kind: 'call', call: { name, args } }
    if (name !== null && this.#scanner.text.startsWith('::', this.#scanner.at)) this.#scanner.fail('no macro: templates here have none')
    this.#scanner.at = start
    return this.#variable()
  }

  #variable(): Variable | null {
    this.#scanner.skipBlanks()
    const start = this.#scanner.at
    const first = this.#scanner.matchHere(dottedWord)
    if (first === null) return null
    const [root = '', ...rest] = first.split('.')
    const path: PathPart[] = rest
    for (;;) {
      const more = this.#scanner.matchHere(furtherWords)
      if (more !== null) path.push(...more.slice(1).split('.'))
      else if (this.#scanner.text[this.#scanner.at] === '[') path.push(this.#index())
      else return { kind: 'variable', text: this.#scanner.text.slice(start, this.#scanner.at), root, path }
    }
  }

  #index(): PathPart {
    return this.#nested(() => {
      this.#scanner.must('[')
      const quoted = this.#scanner.match(string)
      const part = quoted?.slice(1, -1) ?? this.#scanner.match(integer) ?? this.#variable() ?? this.#scanner.fail('an index')
      this.#scanner.must(']')
      return part
    })
  }

  #arrayItems(): Expression | null {
    if (!this.#scanner.take('[')) return null
    return this.#nested(() => ({ kind: 'array', items: this.#list(']', () => this.#arrayItems() ?? this.#value()) }))
  }

  #arguments(): Argument[] | null {
    if (!this.#scanner.take('(')) return null
    return this.#list(')', () => {
      const name = this.name('the name of an argument: `name=value`')
      this.#scanner.must('=')
      return { name, value: this.logicOrArray() }
    })
  }

  #list<T>(close: string, item: () => T): T[] {
    const items: T[] = []
    while (!this.#scanner.take(close)) {
      items.push(item())
      if (this.#scanner.take(',')) continue
      this.#scanner.must(close)
      break
    }
    return items
  }

  #filtered(of: Expression): Expression {
    const filters: Call[] = []
    while (this.#scanner.match(filterBar) !== null) filters.push(this.call())
    return filters.length === 0 ? of : { kind: 'filtered', of, filters }
  }

  #nested<T>(parse: () => T): T {
    checkDepth(++this.#depth, 'an expression')
    const parsed = parse()
    this.#depth -= 1
    return parsed
  }
}

function isText(expression: Expression): boolean {
  const source = expression.kind === 'filtered' ? expression.of : expression
  return source.kind === 'concat' || (source.kind === 'literal' && typeof source.value === 'string')
}

/** What Tera's grammar allows in the brackets of a sum. */
function isSum({ kind }: Expression): boolean {
  return kind === 'math' || kind === 'variable' || kind === 'call' || kind === 'test' || kind === 'literal'
}

function booleanOf(variable: Variable): boolean | null {
  if (variable.text === 'true' || variable.text === 'True') return true
  return variable.text === 'false' || variable.text === 'False' ? false : null
}

/** Joins operands from left to right, products before sums. */
function byPrecedence(operands: readonly Expression[], operators: readonly MathOperator[]): Expression {
  const terms: Expression[] = [operands[0] as Expression]
  const signs: MathOperator[] = []
  operators.forEach((operator, i) => {
    const right = operands[i + 1] as Expression
    if (operator === '+' || operator === '-') {
      terms.push(right)
      signs.push(operator)
    } else {
      terms.push({ kind: 'math', operator, left: terms.pop() as Expression, right })
    }
  })
  return terms.reduce((left, right, i) => ({ kind: 'math', operator: signs[i - 1] as MathOperator, left, right }))
}
