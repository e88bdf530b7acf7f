import type { Json, JsonObject } from '@busbar/kernel'

/**
 * How many bytes a value takes as JSON in UTF-8, without writing it. Counting stops above `max`: what is answered then is
 * more than `max` and at most the truth.
 */
export function jsonSize(value: Json | undefined, max: number): number {
  if (typeof value === 'string') return textSize(value, max)
  if (value === null || typeof value !== 'object') return scalarSize(value)
  let size = 2
  if (Array.isArray(value)) {
    for (const each of value as readonly Json[]) {
      if (size > max) break
      size += jsonSize(each, max - size) + 1
    }
    return value.length === 0 ? size : size - 1
  }
  const object = value as JsonObject
  for (const key in object) {
    const each = object[key]
    if (each === undefined) continue
    if (size > max) break
    size += textSize(key, max) + 2
    size += jsonSize(each, max - size)
  }
  return size === 2 ? size : size - 1
}

function scalarSize(value: number | boolean | null | undefined): number {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value).length : 4
  return value === false ? 5 : 4
}

function textSize(text: string, max: number): number {
  let size = 2 + text.length
  for (let i = 0; i < text.length && size <= max; i++) size += extraBytes(text.charCodeAt(i))
  return size
}

/** Beyond one byte: what must be escaped, and what UTF-8 writes with more than one. Each half of a pair counts two of its four. */
function extraBytes(code: number): number {
  if (code >= 0x80) return code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 1 : 2
  if (code >= 0x20) return code === 0x22 || code === 0x5c ? 1 : 0
  return code === 0x0a || code === 0x09 || code === 0x0d || code === 0x08 || code === 0x0c ? 1 : 5
}
