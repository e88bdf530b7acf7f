/**
 * A tiny part of JavaScript without side effects: comparisons and arithmetic on `$`, literals, `?:` and `if`. What is
 * parsed here means exactly what it means in JavaScript; anything else is null, and goes to the sandbox.
 */
export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null | undefined }
  | { readonly kind: 'input' }
  | { readonly kind: 'member'; readonly object: Expression; readonly key: Expression }
  | { readonly kind: 'unary'; readonly operator: '!' | '-'; readonly operand: Expression }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'choice'; readonly test: Expression; readonly yes: Expression; readonly no: Expression }

export type BinaryOperator = (typeof levels)[number][number]

/** Operators from the loosest to the tightest binding. */
const levels = [['||'], ['&&'], ['===', '!==', '==', '!='], ['<=', '>=', '<', '>'], ['+', '-'], ['*', '/', '%']] as const

const lengthMax = 2_000
const depthMax = 50

const token =
  /\s*(?:(?<number>(?:0|[1-9]\d*)(?:\.\d+)?)(?![\w$.])|(?<text>'[^'\\\n\r]*'|"[^"\\\n\r]*")|(?<name>[A-Za-z_$][\w$]*)|(?<sign>===|!==|==|!=|<=|>=|&&|\|\||[-+*/%<>!?:;(){}[\].]))/y

interface Token {
  readonly kind: 'number' | 'text' | 'name' | 'sign'
  readonly text: string
}

export function parseSimpleScript(code: string): Expression | null {
  const tokens = code.length > lengthMax ? null : tokenize(code)
  return tokens && new Parser(tokens).program()
}

function tokenize(code: string): Token[] | null {
  const tokens: Token[] = []
  const end = code.trimEnd().length
  token.lastIndex = 0
  while (token.lastIndex < end) {
    const groups = token.exec(code)?.groups
    if (groups === undefined) return null
    for (const kind of ['number', 'text', 'name', 'sign'] as const) {
      const text = groups[kind]
      if (text !== undefined) tokens.push({ kind, text })
    }
  }
  return hasTrap(tokens) ? null : tokens
}

/** `++`, `--`, `<!--` and the like mean something else than the signs they are made of. */
function hasTrap(tokens: readonly Token[]): boolean {
  return tokens.some(({ text }, index) => {
    const next = tokens[index + 1]?.text
    return (
      ((text === '+' || text === '-') && next === text) ||
      (text === '/' && (next === '/' || next === '*')) ||
      (text === '*' && next === '*') ||
      (text === '<' && (next === '<' || next === '!')) ||
      (text === '>' && (next === '>' || next === '>=')) ||
      (text === '?' && (next === '?' || next === '.'))
    )
  })
}

const nothing: Expression = { kind: 'literal', value: undefined }

class Parser {
  #at = 0
  #depth = 0
  readonly #tokens: readonly Token[]

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  /** One statement; several would need an order of evaluation that nobody has asked for. */
  program(): Expression | null {
    const value = this.#statement()
    while (this.#take(';'));
    return value !== null && this.#at === this.#tokens.length ? value : null
  }

  #statement(): Expression | null {
    if (this.#peek() !== 'if') {
      const value = this.#expression()
      if (value !== null) this.#take(';')
      return value
    }
    this.#at += 1
    if (!this.#take('(')) return null
    const test = this.#expression()
    if (test === null || !this.#take(')')) return null
    const yes = this.#block()
    if (yes === null) return null
    const no = this.#take('else') ? (this.#peek() === 'if' ? this.#nested(() => this.#statement()) : this.#block()) : nothing
    return no && { kind: 'choice', test, yes, no }
  }

  #block(): Expression | null {
    if (!this.#take('{')) return this.#nested(() => this.#statement())
    if (this.#take('}')) return nothing
    const value = this.#nested(() => this.#statement())
    return value !== null && this.#take('}') ? value : null
  }

  #expression(): Expression | null {
    return this.#nested(() => {
      const test = this.#binary(0)
      if (test === null || !this.#take('?')) return test
      const yes = this.#expression()
      if (yes === null || !this.#take(':')) return null
      const no = this.#expression()
      return no && { kind: 'choice', test, yes, no }
    })
  }

  #binary(level: number): Expression | null {
    const operators: readonly BinaryOperator[] | undefined = levels[level]
    if (operators === undefined) return this.#unary()
    let left = this.#binary(level + 1)
    while (left !== null) {
      const operator = operators.find(one => one === this.#peek() && this.#isSign())
      if (operator === undefined) return left
      this.#at += 1
      const right = this.#binary(level + 1)
      left = right && { kind: 'binary', operator, left, right }
    }
    return null
  }

  #unary(): Expression | null {
    const operator = this.#isSign() ? this.#peek() : undefined
    if (operator !== '!' && operator !== '-') return this.#member()
    this.#at += 1
    const operand = this.#nested(() => this.#unary())
    return operand && { kind: 'unary', operator, operand }
  }

  #member(): Expression | null {
    let object = this.#primary()
    while (object !== null) {
      if (this.#take('.')) {
        const name = this.#next()
        if (name?.kind !== 'name') return null
        object = { kind: 'member', object, key: { kind: 'literal', value: name.text } }
      } else if (this.#take('[')) {
        const key = this.#expression()
        if (key === null || !this.#take(']')) return null
        object = { kind: 'member', object, key }
      } else return object
    }
    return null
  }

  #primary(): Expression | null {
    const next = this.#next()
    switch (next?.kind) {
      case 'number':
        return { kind: 'literal', value: Number(next.text) }
      case 'text':
        return { kind: 'literal', value: next.text.slice(1, -1) }
      case 'name':
        return named(next.text)
      case 'sign': {
        const inner = next.text === '(' ? this.#expression() : null
        return inner !== null && this.#take(')') ? inner : null
      }
      default:
        return null
    }
  }

  #nested(parse: () => Expression | null): Expression | null {
    if (this.#depth >= depthMax) return null
    this.#depth += 1
    const value = parse()
    this.#depth -= 1
    return value
  }

  #isSign(): boolean {
    return this.#tokens[this.#at]?.kind === 'sign'
  }

  /** The text of the next token, unless that is a text or a number. */
  #peek(): string | undefined {
    const next = this.#tokens[this.#at]
    return next?.kind === 'sign' || next?.kind === 'name' ? next.text : undefined
  }

  #take(text: string): boolean {
    if (this.#peek() !== text) return false
    this.#at += 1
    return true
  }

  #next(): Token | undefined {
    return this.#tokens[this.#at++]
  }
}

function named(name: string): Expression | null {
  switch (name) {
    case '$':
      return { kind: 'input' }
    case 'true':
    case 'false':
      return { kind: 'literal', value: name === 'true' }
    case 'null':
      return { kind: 'literal', value: null }
    default:
      return null
  }
}
