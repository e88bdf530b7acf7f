import { TemplateError } from './fuel.js'
import { parseTemplate } from './parse-template.js'
import type { Node } from './syntax.js'

export type Parsed = { readonly ok: true; readonly nodes: readonly Node[] } | { readonly ok: false; readonly message: string }

const templatesMax = 2_000
/** Templates may come in through inputs; large ones are rare and would fill the cache. */
const lengthMax = 16_384

/** By text, oldest use first. */
const cache = new Map<string, Parsed>()

export function parsed(template: string): Parsed {
  const known = cache.get(template)
  if (known) {
    cache.delete(template)
    cache.set(template, known)
    return known
  }
  const fresh = parse(template)
  if (template.length > lengthMax) return fresh
  cache.set(template, fresh)
  if (cache.size > templatesMax) for (const oldest of [cache.keys().next().value]) if (oldest !== undefined) cache.delete(oldest)
  return fresh
}

function parse(template: string): Parsed {
  try {
    return { ok: true, nodes: parseTemplate(template) }
  } catch (error) {
    if (error instanceof TemplateError) return { ok: false, message: error.message }
    throw error
  }
}
