/**
 * The two forms of a query (conductor-semantics.md §13). The simple one is conditions joined by ` AND `; whatever it cannot say (OR,
 * groups, `!=`, BETWEEN, IS null, STARTS_WITH) makes a query a rich one, where values with blanks are quoted.
 */
import { isRefusal, refuse, type Refusal } from '@busbar/kernel'
import { parseRichQuery } from './parse-rich-query.js'
import { type ParsedQuery, type Query, searchLimits, type Test } from './query.js'

export function parseQuery(text: string): ParsedQuery | Refusal {
  if (text.length > searchLimits.queryLengthMax)
    return refuse('invalid', `The query has ${text.length} characters: expected at most ${searchLimits.queryLengthMax}`)
  if (text.trim() === '') return { form: 'simple', query: { kind: 'and', of: [] } }
  const form = isRich(text) ? 'rich' : 'simple'
  const query = form === 'rich' ? parseRichQuery(text) : parseSimpleQuery(text)
  return isRefusal(query) ? query : { form, query }
}

const richWord = /\sOR\s|!=|\sBETWEEN\s|\sIS\s+(?:(?:not|NOT)\s+)?(?:null|NULL)\b|\sSTARTS_WITH\s|^\s*\(\s*[a-zA-Z(]|\sAND\s+\(\s*[a-zA-Z(]/

function isRich(text: string): boolean {
  const outsideQuotes = text.replace(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g, '""')
  return richWord.test(outsideQuotes)
}

function parseSimpleQuery(text: string): Query | Refusal {
  const conditions = splitAtAnd(text)
  if (conditions.length > searchLimits.conditionsMax)
    return refuse('invalid', `The query has ${conditions.length} conditions: expected at most ${searchLimits.conditionsMax}`)
  const of: Query[] = []
  for (const condition of conditions) {
    const query = simpleCondition(condition)
    if (isRefusal(query)) return query
    of.push(query)
  }
  return { kind: 'and', of }
}

/** Not within quotes. */
function splitAtAnd(text: string): readonly string[] {
  const parts: string[] = []
  let from = 0
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const letter = text.charAt(at)
    if (quote !== '') quote = letter === quote ? '' : quote
    else if (isQuote(letter) && text.includes(letter, at + 1)) quote = letter
    else if (text.startsWith(' AND ', at)) {
      parts.push(text.slice(from, at))
      from = at + ' AND '.length
      at = from - 1
    }
  }
  return [...parts, text.slice(from)]
}

function isQuote(letter: string): boolean {
  return letter === '"' || letter === "'"
}

function simpleCondition(text: string): Query | Refusal {
  const match = /^\s*([a-zA-Z]+)\s?(=|>|<|IN)\s?([^]*)$/.exec(text)
  if (match === null) return unreadable(text)
  const [, field = '', operator = '', value = ''] = match
  if (/\s(?:and|or)\s+[a-zA-Z]+\s?(?:[=<>]|IN\b)/.test(value)) return refuse('invalid', `${unreadable(text).message}: write AND and OR in capitals`)
  const test = testOf(operator, value)
  return isRefusal(test) ? test : { kind: 'condition', field, test, text }
}

function testOf(operator: string, value: string): Test | Refusal {
  switch (operator) {
    case '>':
      return { op: 'above', value: bare(value) }
    case '<':
      return { op: 'below', value: bare(value) }
    case '=':
      return equals(quoted(value) ?? bare(value))
    default: {
      const values = bare(value).split(',')
      if (values.length > searchLimits.valuesMax) return refuse('invalid', `IN has ${values.length} values: expected at most ${searchLimits.valuesMax}`)
      return values.length === 1 ? equals(values[0] ?? '') : { op: 'in', values }
    }
  }
}

/** A star makes it a pattern. */
export function equals(value: string): Test | Refusal {
  if (!value.includes('*')) return { op: 'in', values: [value] }
  const pattern = value.replace(/\*+/g, '*')
  if (pattern.split('*').length - 1 > searchLimits.starsMax)
    return refuse('invalid', `The value "${value.slice(0, 100)}" has more than ${searchLimits.starsMax} stars`)
  return { op: 'like', pattern }
}

function quoted(value: string): string | null {
  return /^\s*(["'])([^"']*)\1\s*$/.exec(value)?.[2] ?? null
}

/** As the original: quotes and parentheses vanish wherever they stand, and blanks stay. */
function bare(value: string): string {
  return value.replace(/["'()]/g, '')
}

export function unreadable(text: string): Refusal {
  return refuse('invalid', `Incorrectly formatted query string: ${text}`)
}
