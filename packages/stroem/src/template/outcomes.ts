import type { Json } from '@busbar/kernel'

const falseWords: ReadonlySet<string> = new Set(['', 'false', '0', 'null', 'none'])

/** Whether the rendered text of a `when` lets its step run. */
export function isTruthyCondition(text: string): boolean {
  return !falseWords.has(text.trim().toLowerCase())
}

export const loopItemsMax = 10_000

export type Items = { readonly ok: true; readonly items: readonly Json[] } | { readonly ok: false; readonly message: string }

/** The items of a `for_each` whose rendered text should be a JSON array. */
export function parseItems(text: string): Items {
  const value = parseJson(text)
  if (value === undefined) return { ok: false, message: `for_each must give a JSON array, and gave text that is no JSON: ${excerpt(text)}` }
  if (!Array.isArray(value)) return { ok: false, message: `for_each must give a JSON array, and gave ${excerpt(text)}` }
  if (value.length > loopItemsMax) return { ok: false, message: `for_each gave ${value.length} items; at most ${loopItemsMax} are allowed` }
  return { ok: true, items: value }
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

function excerpt(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
