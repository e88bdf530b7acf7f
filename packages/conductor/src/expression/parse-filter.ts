/** The condition in `[?( … )]`. */
import { compileRegex } from './compile-regex.js'
import { type Cursor, unescaped } from './cursor.js'
import { expressionLimits } from './limits.js'
import { parseLooseJson } from './parse-loose-json.js'
import { type Condition, type Operand, type Operator, type Path, symbolOperators, wordOperators } from './path.js'

/** How paths inside conditions are parsed; handed in, because paths hold conditions in turn. */
export type ParsePath = (text: string) => Path | null

/** Reads up to the end of the condition; null when it is none. */
export function parseFilter(cursor: Cursor, parsePath: ParsePath, depth = 0): Condition | null {
  return parseChain(cursor, '||', () => parseChain(cursor, '&&', () => parseTerm(cursor, parsePath, depth)))
}

function parseChain(cursor: Cursor, link: '||' | '&&', parsePart: () => Condition | null): Condition | null {
  const parts: Condition[] = []
  do {
    const part = parsePart()
    if (part === null) return null
    parts.push(part)
  } while (cursor.skipBlanks().take(link))
  const [only] = parts
  return parts.length === 1 && only ? only : { kind: link === '||' ? 'any' : 'all', of: parts }
}

function parseTerm(cursor: Cursor, parsePath: ParsePath, depth: number): Condition | null {
  if (depth > expressionLimits.filterDepthMax) return null
  if (cursor.skipBlanks().take('!')) {
    const negated = parseTerm(cursor, parsePath, depth + 1)
    return negated && { kind: 'not', of: negated }
  }
  if (!cursor.take('(')) return parseComparison(cursor, parsePath)
  const inside = parseFilter(cursor, parsePath, depth + 1)
  return inside !== null && cursor.skipBlanks().take(')') ? inside : null
}

function parseComparison(cursor: Cursor, parsePath: ParsePath): Condition | null {
  const left = parseOperand(cursor, parsePath)
  if (left === null) return null
  const operator = parseOperator(cursor)
  if (operator === null) return left.kind === 'path' ? { kind: 'exists', path: left.path } : null
  const right = parseOperand(cursor, parsePath)
  return right && { kind: 'compare', left, operator, right }
}

const letters = /[A-Za-z]+/y

function parseOperator(cursor: Cursor): Operator | null {
  cursor.skipBlanks()
  const symbol = symbolOperators.find(each => cursor.take(each))
  if (symbol !== undefined) return symbol
  const start = cursor.at
  const text = cursor.match(letters)?.toLowerCase()
  const word = wordOperators.find(each => each === text) ?? null
  if (word === null) cursor.at = start
  return word
}

function parseOperand(cursor: Cursor, parsePath: ParsePath): Operand | null {
  const first = cursor.skipBlanks().char
  if (first === '$' || first === '@') {
    const end = endOfPath(cursor.text, cursor.at)
    const path = parsePath(cursor.text.slice(cursor.at, end))
    cursor.at = end
    return path && { kind: 'path', path }
  }
  if (first === '/') return parseRegex(cursor)
  if (first === "'" || first === '"') {
    const text = cursor.quoted()
    return text === null ? null : { kind: 'value', value: unescaped(text) }
  }
  const value = parseLooseJson(cursor)
  // A bare word is text inside a list, but by itself it is a mistake.
  return value === undefined || typeof value === 'string' ? null : { kind: 'value', value }
}

const flags = /[a-zA-Z]*/y

function parseRegex(cursor: Cursor): Operand | null {
  const pattern = cursor.quoted()
  if (pattern === null) return null
  const matches = compileRegex(pattern, cursor.match(flags) ?? '')
  return matches && { kind: 'regex', matches }
}

/** Where the path that begins at `start` ends: at a blank, an operator or a parenthesis that is not its own. */
function endOfPath(text: string, start: number): number {
  let brackets = 0
  let parentheses = 0
  for (let i = start + 1; i < text.length; i++) {
    const char = text.charAt(i)
    if (brackets > 0 && (char === "'" || char === '"')) i = closingQuote(text, i)
    else if (char === '[') brackets += 1
    else if (char === ']') brackets -= 1
    else if (brackets > 0) continue
    else if (char === '(') parentheses += 1
    else if (char === ')' && parentheses > 0) parentheses -= 1
    else if (parentheses === 0 && (endsPath.test(char) || text.startsWith('&&', i) || text.startsWith('||', i))) return i
    if (brackets < 0) return i
  }
  return text.length
}

const endsPath = /[\s<>=~!)]/

function closingQuote(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i += 1
    else if (text[i] === text[start]) return i
  }
  return text.length
}
