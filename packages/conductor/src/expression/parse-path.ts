/**
 * Jayway's JSONPath (conductor-semantics.md §8.1): what is read leniently there is read leniently here, e.g. `$.` is
 * implied, and blanks are refused in names without quotes but ignored at the end.
 */
import { BoundedCache } from './bounded-cache.js'
import { Cursor, unescaped } from './cursor.js'
import { expressionLimits } from './limits.js'
import { parseFilter } from './parse-filter.js'
import { parseLooseJson } from './parse-loose-json.js'
import { type Argument, isDefinite, type Path, type Segment } from './path.js'

const cache = new BoundedCache<Path | null>(expressionLimits.cacheMax)

/** Null when the text is no path. */
export function parsePath(text: string): Path | null {
  const known = cache.get(text)
  return known === undefined ? cache.set(text, parse(text, 0)) : known
}

function parse(text: string, depth: number): Path | null {
  if (text.length > expressionLimits.pathLengthMax || depth > expressionLimits.filterDepthMax) return null
  const full = withoutTrailingBlanks(/^[$@]/.test(text) ? text : `$.${text}`)
  if (full.endsWith('.') || !/^[$@](?:[.[]|$)/.test(full)) return null
  const cursor = new Cursor(full, 1)
  const segments: Segment[] = []
  while (!cursor.isAtEnd) {
    if (!parseDots(cursor, segments)) return null
    const segment = cursor.char === '[' ? parseBracket(cursor, depth) : parseName(cursor, depth)
    if (segment === null) return null
    segments.push(segment)
  }
  return pathOf(full.startsWith('$') ? 'document' : 'item', segments)
}

function withoutTrailingBlanks(text: string): string {
  let end = text.length
  while (text[end - 1] === ' ') end -= 1
  return text.slice(0, end)
}

/** False when the dots here are too many. */
function parseDots(cursor: Cursor, segments: Segment[]): boolean {
  if (cursor.take('..')) segments.push({ kind: 'deep' })
  else cursor.take('.')
  return cursor.char !== '.'
}

/** `$..a.sum()` is the sum of all, not a sum of each: the function is asked for everything before it. */
function pathOf(from: Path['from'], segments: readonly Segment[]): Path {
  const index = segments[0]?.kind === 'deep' ? segments.findIndex(segment => segment.kind === 'call') : -1
  const call = segments[index]
  if (call?.kind !== 'call') return { from, segments, isDefinite: isDefinite(segments) }
  const all: Argument = { kind: 'path', path: { from, segments: segments.slice(0, index), isDefinite: false } }
  return { from, segments: [{ ...call, args: [all] }], isDefinite: true }
}

// ── name, *, name( … ) ──

const name = /[^ .[(]+/y

function parseName(cursor: Cursor, depth: number): Segment | null {
  if (cursor.take('*')) return { kind: 'wildcard' }
  const text = cursor.match(name)
  if (text === null || cursor.char === ' ') return null
  if (!cursor.take('(')) return { kind: 'property', names: [text] }
  const args = parseArguments(cursor, depth)
  return args && { kind: 'call', name: text, args }
}

function parseArguments(cursor: Cursor, depth: number): readonly Argument[] | null {
  const args: Argument[] = []
  while (!cursor.skipBlanks().take(')')) {
    const argument = parseArgument(cursor, depth)
    if (argument === null) return null
    args.push(argument)
    if (!cursor.skipBlanks().take(',') && cursor.char !== ')') return null
  }
  return args
}

function parseArgument(cursor: Cursor, depth: number): Argument | null {
  if (cursor.char !== '$' && cursor.char !== '@') {
    const value = parseLooseJson(cursor)
    return value === undefined ? null : { kind: 'value', value }
  }
  const end = endOfArgument(cursor.text, cursor.at)
  const path = parse(cursor.text.slice(cursor.at, end), depth + 1)
  cursor.at = end
  return path && { kind: 'path', path }
}

/** The comma or the parenthesis that ends the argument beginning at `start`. */
function endOfArgument(text: string, start: number): number {
  let open = 0
  for (let i = start; i < text.length; i++) {
    const char = text.charAt(i)
    if (open === 0 && (char === ',' || char === ')')) return i
    if (char === '(' || char === '[') open += 1
    if (char === ')' || char === ']') open -= 1
  }
  return text.length
}

// ── [ … ] ──

function parseBracket(cursor: Cursor, depth: number): Segment | null {
  cursor.at += 1
  switch (cursor.skipBlanks().char) {
    case "'":
    case '"':
      return parseQuotedNames(cursor)
    case '*':
      cursor.at += 1
      return closed(cursor, { kind: 'wildcard' })
    case '?':
      return parseCondition(cursor, depth)
    default:
      return parseIndexes(cursor)
  }
}

function parseQuotedNames(cursor: Cursor): Segment | null {
  const names: string[] = []
  do {
    if (cursor.skipBlanks().char !== "'" && cursor.char !== '"') return null
    const quoted = cursor.quoted()
    if (quoted === null) return null
    names.push(unescaped(quoted))
  } while (cursor.skipBlanks().take(','))
  return closed(cursor, { kind: 'property', names })
}

function parseCondition(cursor: Cursor, depth: number): Segment | null {
  cursor.at += 1
  if (!cursor.skipBlanks().take('(')) return null
  const condition = parseFilter(cursor, text => parse(text, depth + 1))
  return condition !== null && cursor.skipBlanks().take(')') ? closed(cursor, { kind: 'filter', condition }) : null
}

const inside = /[-\d,: ]+/y
const integers = /^\s*-?\d{1,9}\s*(,\s*-?\d{1,9}\s*)*$/
const slice = /^(-?\d{1,9})?:(-?\d{1,9})?$/

function parseIndexes(cursor: Cursor): Segment | null {
  const text = cursor.match(inside)?.trim() ?? ''
  if (integers.test(text)) return closed(cursor, { kind: 'index', indexes: text.split(',').map(Number) })
  const [, from, to] = slice.exec(text) ?? []
  if (from === undefined && to === undefined) return null
  return closed(cursor, { kind: 'slice', from: from === undefined ? null : Number(from), to: to === undefined ? null : Number(to) })
}

function closed(cursor: Cursor, segment: Segment): Segment | null {
  return cursor.skipBlanks().take(']') ? segment : null
}
