/** The part of Java's regular expressions that can be matched in linear time. */
import { Cursor } from './cursor.js'
import { expressionLimits } from './limits.js'

export type Assertion = 'textStart' | 'textEnd' | 'lineStart' | 'lineEnd' | 'wordEdge' | 'noWordEdge'

export type RegexNode =
  | { readonly kind: 'char'; readonly test: (char: string) => boolean }
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  | { readonly kind: 'sequence' | 'either'; readonly of: readonly RegexNode[] }
  /** `max` null: without end. */
  | { readonly kind: 'repeat'; readonly of: RegexNode; readonly min: number; readonly max: number | null }

interface Flags {
  readonly ignoreCase: boolean
  readonly dotAll: boolean
  readonly multiLine: boolean
}

/** Null when the pattern is wrong, or needs what linear time cannot give. */
export function parseRegex(pattern: string, letters: string): RegexNode | null {
  // Without effect here: d (line ends of Unix), u and U (case and classes of Unicode).
  if (!/^[ismduU]*$/.test(letters)) return null
  const flags: Flags = { ignoreCase: letters.includes('i'), dotAll: letters.includes('s'), multiLine: letters.includes('m') }
  const cursor = new Cursor(pattern)
  const node = parseEither(cursor, flags, 0)
  return cursor.isAtEnd ? node : null
}

function parseEither(cursor: Cursor, flags: Flags, depth: number): RegexNode | null {
  if (depth > expressionLimits.filterDepthMax) return null
  const branches: RegexNode[] = []
  do {
    const branch = parseSequence(cursor, flags, depth)
    if (branch === null) return null
    branches.push(branch)
  } while (cursor.take('|'))
  return { kind: 'either', of: branches }
}

function parseSequence(cursor: Cursor, flags: Flags, depth: number): RegexNode | null {
  const parts: RegexNode[] = []
  while (!cursor.isAtEnd && cursor.char !== '|' && cursor.char !== ')') {
    const atom = parseAtom(cursor, flags, depth)
    const part = atom && parseRepeats(cursor, atom)
    if (part === null) return null
    parts.push(part)
  }
  return { kind: 'sequence', of: parts }
}

const repeat = /[*+?]|\{\d{1,4}(,\d{0,4})?\}/y

function parseRepeats(cursor: Cursor, atom: RegexNode): RegexNode | null {
  const text = cursor.match(repeat)
  if (text === null) return atom
  if (cursor.char === '+') return null // possessive
  cursor.take('?') // lazy: the same, as only whole texts are matched
  if (text === '*') return { kind: 'repeat', of: atom, min: 0, max: null }
  if (text === '+') return { kind: 'repeat', of: atom, min: 1, max: null }
  if (text === '?') return { kind: 'repeat', of: atom, min: 0, max: 1 }
  const [min = '0', max] = text.slice(1, -1).split(',')
  const most = max === undefined ? Number(min) : max === '' ? null : Number(max)
  return most !== null && most < Number(min) ? null : { kind: 'repeat', of: atom, min: Number(min), max: most }
}

function parseAtom(cursor: Cursor, flags: Flags, depth: number): RegexNode | null {
  switch (cursor.char) {
    case '(':
      return parseGroup(cursor, flags, depth)
    case '[':
      return parseClass(cursor, flags)
    case '\\':
      return parseEscape(cursor, flags)
    case '.':
      cursor.at += 1
      return { kind: 'char', test: flags.dotAll ? () => true : char => !lineEnds.has(char) }
    case '^':
      cursor.at += 1
      return { kind: 'assert', assertion: flags.multiLine ? 'lineStart' : 'textStart' }
    case '$':
      cursor.at += 1
      return { kind: 'assert', assertion: flags.multiLine ? 'lineEnd' : 'textEnd' }
    case '*':
    case '+':
    case '?':
    case '{':
      return null
    default:
      return parseLiteral(cursor, flags)
  }
}

const lineEnds: ReadonlySet<string> = new Set(['\n', '\r', '\u0085', '\u2028', '\u2029'])
const groupName = /\?<[A-Za-z][A-Za-z0-9]*>/y

function parseGroup(cursor: Cursor, flags: Flags, depth: number): RegexNode | null {
  cursor.at += 1
  if (cursor.char === '?' && !cursor.take('?:') && cursor.match(groupName) === null) return null
  const inside = parseEither(cursor, flags, depth + 1)
  return cursor.take(')') ? inside : null
}

const charClass = /\[\^?(?:\\.|[^\\[\]])+\]/sy

function parseClass(cursor: Cursor, flags: Flags): RegexNode | null {
  const text = cursor.match(charClass)
  // Java's intersections and unions of classes have no counterpart here.
  return text === null || text.includes('&&') ? null : charOf(text, flags)
}

const escape = /\\(?:[dDwWsSvhR.\\/^$*+?()[\]{}|\-nrtfbBAzZ"'=!<>:#&,;@%~` _]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[pP]\{[A-Za-z_=]+\})/y
const assertions: Readonly<Record<string, Assertion>> = { '\\b': 'wordEdge', '\\B': 'noWordEdge', '\\A': 'textStart', '\\z': 'textEnd', '\\Z': 'textEnd' }
const classes: ReadonlySet<string> = new Set(['d', 'D', 'w', 'W', 's', 'S', 'n', 'r', 't', 'f', 'v', 'x', 'u', 'p', 'P'])

function parseEscape(cursor: Cursor, flags: Flags): RegexNode | null {
  const text = cursor.match(escape)
  if (text === null) return null
  const assertion = assertions[text]
  if (assertion !== undefined) return { kind: 'assert', assertion }
  const letter = text.charAt(1)
  if (classes.has(letter)) return charOf(text, flags)
  return /[A-Za-z]/.test(letter) ? null : same(letter, flags)
}

function parseLiteral(cursor: Cursor, flags: Flags): RegexNode {
  const char = String.fromCodePoint(cursor.text.codePointAt(cursor.at) ?? 0)
  cursor.at += char.length
  return same(char, flags)
}

function same(char: string, flags: Flags): RegexNode {
  if (!flags.ignoreCase) return { kind: 'char', test: other => other === char }
  const folded = char.toLowerCase()
  return { kind: 'char', test: other => other.toLowerCase() === folded }
}

/** One character of a class: JavaScript's own matcher is safe here, there is nothing to go back over. */
function charOf(source: string, flags: Flags): RegexNode | null {
  try {
    const matcher = new RegExp(`^${source}$`, flags.ignoreCase ? 'iu' : 'u')
    return { kind: 'char', test: char => matcher.test(char) }
  } catch {
    return null
  }
}
