/**
 * JSON from outside. One `JSON.parse`; the checks around it cost nothing for ordinary bodies: depth is counted only in
 * text long enough to be too deep, keys are walked only when the text could hold a forbidden one.
 */
import { Problem, type Json } from '@busbar/kernel'
import { limits } from './limits.js'

/** Undefined for an empty body. Text after the end of the value is ignored, as the original does. */
export function parseJson(text: string): Json | undefined {
  if (text.trim() === '') return undefined
  const value = parseValue(text)
  if (mayHoldForbiddenKey.test(text)) refuseForbiddenKeys(value)
  return value
}

const mayHoldForbiddenKey = /__proto__|prototype|\\u00/i

function parseValue(text: string): Json {
  // A level takes two brackets, so shorter text cannot be too deep.
  if (text.length > 2 * limits.jsonDepthMax) refuseDepth(text)
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    const end = endOfValue(text)
    if (end !== null && end < text.length) {
      try {
        return JSON.parse(text.slice(0, end)) as Json
      } catch {
        // The first error names the better place.
      }
    }
    throw new Problem('invalid', `expected JSON, found something else: ${(cause as SyntaxError).message}`, { cause })
  }
}

function refuseDepth(text: string): void {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22:
        at = endOfString(text, at)
        break
      case 0x5b:
      case 0x7b:
        depth += 1
        if (depth > limits.jsonDepthMax) throw new Problem('invalid', `expected JSON of at most ${limits.jsonDepthMax} levels, found more at character ${at}`)
        break
      case 0x5d:
      case 0x7d:
        depth -= 1
    }
  }
}

/** Index of the closing quote, or the end of the text. */
function endOfString(text: string, opening: number): number {
  let at = opening + 1
  while (at < text.length) {
    const quote = text.indexOf('"', at)
    if (quote === -1) return text.length
    let slashes = 0
    while (text.charCodeAt(quote - 1 - slashes) === 0x5c) slashes += 1
    if (slashes % 2 === 0) return quote
    at = quote + 1
  }
  return text.length
}

/** Where the first object or list of the text ends, or null. */
function endOfValue(text: string): number | null {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22) at = endOfString(text, at)
    else if (code === 0x5b || code === 0x7b) depth += 1
    else if (code === 0x5d || code === 0x7d) {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return null
}

function refuseForbiddenKeys(root: Json): void {
  const open: Json[] = [root]
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== 'object' || value === null) continue
    if (Array.isArray(value)) {
      for (const item of value as readonly Json[]) open.push(item)
      continue
    }
    for (const [key, member] of Object.entries(value)) {
      if (key === '__proto__' || (key === 'constructor' && isObjectWithPrototype(member))) {
        throw new Problem('invalid', `the key "${key}" is not accepted in JSON: rename it`)
      }
      if (member !== undefined) open.push(member)
    }
  }
}

function isObjectWithPrototype(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype')
}
