/** JSON as people write it inside paths: single quotes and bare words too. */
import type { Json } from '@busbar/kernel'
import { type Cursor, unescaped } from './cursor.js'
import { expressionLimits } from './limits.js'

/** Undefined when there is no value here. */
export function parseLooseJson(cursor: Cursor, depth = 0): Json | undefined {
  if (depth > expressionLimits.filterDepthMax) return undefined
  switch (cursor.skipBlanks().char) {
    case '[':
      return parseList(cursor, depth)
    case '{':
      return parseObject(cursor, depth)
    case '"':
    case "'": {
      const text = cursor.quoted()
      return text === null ? undefined : unescaped(text)
    }
    default:
      return parseWord(cursor)
  }
}

function parseList(cursor: Cursor, depth: number): Json | undefined {
  const items: Json[] = []
  cursor.take('[')
  while (!cursor.skipBlanks().take(']')) {
    const item = parseLooseJson(cursor, depth + 1)
    if (item === undefined) return undefined
    items.push(item)
    if (!cursor.skipBlanks().take(',') && cursor.char !== ']') return undefined
  }
  return items
}

function parseObject(cursor: Cursor, depth: number): Json | undefined {
  const members: [string, Json][] = []
  cursor.take('{')
  while (!cursor.skipBlanks().take('}')) {
    const key = parseLooseJson(cursor, depth + 1)
    if (key === undefined || typeof key === 'object' || !cursor.skipBlanks().take(':')) return undefined
    const value = parseLooseJson(cursor, depth + 1)
    if (value === undefined) return undefined
    members.push([String(key), value])
    if (!cursor.skipBlanks().take(',') && cursor.char !== '}') return undefined
  }
  return Object.fromEntries(members)
}

const word = /[^\s,:[\]{}()'"&|]+/y
const number = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/

function parseWord(cursor: Cursor): Json | undefined {
  const text = cursor.match(word)
  if (text === null) return undefined
  if (text === 'null') return null
  if (text === 'true' || text === 'false') return text === 'true'
  return number.test(text) ? Number(text) : text
}
