/** The rich form: `field op value`, joined by AND and OR, which bind alike and to the right; groups in parentheses. */
import { refuse, type Refusal } from '@busbar/kernel'
import { type Query, searchLimits, type Test } from './query.js'

type Token = { readonly kind: 'word' | 'text' | 'sign'; readonly text: string; readonly from: number; readonly to: number }

class Unreadable {
  readonly expected: string
  constructor(expected: string) {
    this.expected = expected
  }
}

export function parseRichQuery(text: string): Query | Refusal {
  try {
    return new Parser(text).whole()
  } catch (error) {
    if (error instanceof Unreadable) return refuse('invalid', `Incorrectly formatted query string: ${text}: ${error.expected}`)
    throw error
  }
}

const tokens = /\s*(?:("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(!=|[=<>(),])|([^\s=<>!(),"']+))/y

class Parser {
  readonly #text: string
  readonly #tokens: readonly Token[]
  #at = 0
  #conditions = 0

  constructor(text: string) {
    this.#text = text
    this.#tokens = tokensOf(text)
  }

  whole(): Query {
    const query = this.#expression(0)
    if (this.#peek() !== null) throw this.#expected('AND, OR or the end')
    return query
  }

  #expression(depth: number): Query {
    if (depth > searchLimits.depthMax) throw new Unreadable(`expected at most ${searchLimits.depthMax} levels of parentheses`)
    const of: Query[] = []
    const joints: ('and' | 'or')[] = []
    for (;;) {
      of.push(this.#term(depth))
      const joint = this.#joint()
      if (joint === null) break
      joints.push(joint)
    }
    // From the right: a AND b OR c is a AND (b OR c).
    let query = of.pop() as Query
    for (const joint of joints.reverse()) {
      const left = of.pop() as Query
      query = { kind: joint, of: query.kind === joint ? [left, ...query.of] : [left, query] }
    }
    return query
  }

  #joint(): 'and' | 'or' | null {
    if (this.#takeWord('AND')) return 'and'
    return this.#takeWord('OR') ? 'or' : null
  }

  #term(depth: number): Query {
    if (!this.#takeSign('(')) return this.#condition()
    const query = this.#expression(depth + 1)
    if (!this.#takeSign(')')) throw this.#expected(')')
    return query
  }

  #condition(): Query {
    this.#conditions += 1
    if (this.#conditions > searchLimits.conditionsMax) throw new Unreadable(`expected at most ${searchLimits.conditionsMax} conditions`)
    const field = this.#next('the name of a field')
    if (field.kind !== 'word' || !/^[a-zA-Z]+$/.test(field.text)) throw new Unreadable(`expected the name of a field, found ${field.text}`)
    const test = this.#test()
    const last = this.#tokens[this.#at - 1]
    return { kind: 'condition', field: field.text, test, text: this.#text.slice(field.from, last?.to) }
  }

  #test(): Test {
    const { kind, text } = this.#next('an operator')
    if (kind !== 'text') {
      switch (text.toUpperCase()) {
        case '=':
          return this.#equal(true)
        case '!=':
          return this.#equal(false)
        case '>':
          return { op: 'above', value: this.#value() }
        case '<':
          return { op: 'below', value: this.#value() }
        case 'IN':
          return { op: 'in', values: this.#list() }
        case 'BETWEEN': {
          const from = this.#value()
          if (!this.#takeWord('AND')) throw this.#expected('AND')
          return { op: 'between', from, to: this.#value() }
        }
        case 'STARTS_WITH':
          return { op: 'like', pattern: `${this.#value().replace(/\*/g, '')}*` }
        case 'IS': {
          const isNot = this.#takeWord('NOT')
          if (!this.#takeWord('NULL')) throw this.#expected('null')
          return { op: isNot ? 'notNull' : 'null' }
        }
      }
    }
    throw new Unreadable(`expected one of =, !=, <, >, IN, BETWEEN, IS null, STARTS_WITH, found ${text}`)
  }

  #equal(isEqual: boolean): Test {
    const value = this.#value()
    if (!value.includes('*')) return { op: isEqual ? 'in' : 'notIn', values: [value] }
    const pattern = value.replace(/\*+/g, '*')
    if (pattern.split('*').length - 1 > searchLimits.starsMax) throw new Unreadable(`expected at most ${searchLimits.starsMax} stars in a value`)
    return { op: isEqual ? 'like' : 'notLike', pattern }
  }

  #list(): readonly string[] {
    if (!this.#takeSign('(')) throw this.#expected('(')
    const values: string[] = []
    do {
      if (values.length >= searchLimits.valuesMax) throw new Unreadable(`expected at most ${searchLimits.valuesMax} values`)
      values.push(this.#value())
    } while (this.#takeSign(','))
    if (!this.#takeSign(')')) throw this.#expected(', or )')
    return values
  }

  #value(): string {
    const { kind, text } = this.#next('a value')
    if (kind === 'sign') throw new Unreadable(`expected a value, found ${text}`)
    return kind === 'text' ? text.slice(1, -1).replace(/\\(.)/gs, '$1') : text
  }

  #next(what: string): Token {
    const token = this.#peek()
    if (token === null) throw this.#expected(what)
    this.#at += 1
    return token
  }

  #peek(): Token | null {
    return this.#tokens[this.#at] ?? null
  }

  #takeWord(word: string): boolean {
    const token = this.#peek()
    return this.#take(token?.kind === 'word' && token.text.toUpperCase() === word)
  }

  #takeSign(sign: string): boolean {
    const token = this.#peek()
    return this.#take(token?.kind === 'sign' && token.text === sign)
  }

  #take(isIt: boolean): boolean {
    if (isIt) this.#at += 1
    return isIt
  }

  #expected(what: string): Unreadable {
    const token = this.#peek()
    return new Unreadable(`expected ${what}, found ${token === null ? 'the end' : token.text}`)
  }
}

function tokensOf(text: string): readonly Token[] {
  const found: Token[] = []
  const end = text.trimEnd().length
  tokens.lastIndex = 0
  while (tokens.lastIndex < end) {
    const from = tokens.lastIndex
    const match = tokens.exec(text)
    if (match === null) throw new Unreadable(`expected a field, an operator or a value at character ${from + 1}`)
    const [, quoted, sign, word] = match
    const kind = quoted !== undefined ? 'text' : sign !== undefined ? 'sign' : 'word'
    const part = quoted ?? sign ?? word ?? ''
    found.push({ kind, text: part, from: tokens.lastIndex - part.length, to: tokens.lastIndex })
  }
  return found
}
