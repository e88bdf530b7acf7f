import { isJsonObject, type Json } from '@busbar/kernel'
import { parseJson } from '../http/json.js'

/** How deep a payload may be nested in texts. */
const depthMax = 20

/**
 * Texts that look like JSON objects or lists become what they hold (conductor-semantics.md §12.2). Those that stand
 * directly in a list stay as they are, as in the original.
 */
export function expandInlineJson(value: Json, depth = 0): Json {
  if (depth > depthMax) return value
  if (Array.isArray(value)) return (value as readonly Json[]).map(item => (typeof item === 'string' ? item : expandInlineJson(item, depth + 1)))
  if (isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, member === undefined ? null : expandInlineJson(member, depth + 1)]))
  }
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value
  try {
    return expandInlineJson(parseJson(value) ?? value, depth + 1)
  } catch {
    return value
  }
}
