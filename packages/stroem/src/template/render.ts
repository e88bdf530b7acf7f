/**
 * Templates: an interpreter of Tera 1 (strom-server.md §8). It runs inline, so every render is bounded in steps, in
 * characters and in depth; nothing a template says makes it throw.
 */
import type { Instant, Json } from '@busbar/kernel'
import { defaultLimits, Fuel, TemplateError, type TemplateLimits } from './fuel.js'
import { run } from './run.js'
import { fromContext, type TemplateContext } from './scope.js'
import { parsed } from './template-cache.js'
import { isList, isObject, member, type Value } from './value.js'

export type { TemplateContext, VariableSource } from './scope.js'

export interface RenderOptions {
  /** What `now()` answers; without it `now()` is an error. */
  readonly now?: Instant
  /** A number in [0, 1) that `get_random` draws from; without it `get_random` is an error. */
  readonly chance?: number
  readonly limits?: Partial<TemplateLimits>
}

export type Rendered = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string }
export type RenderedValue = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly message: string }

const templateLengthMax = 1024 * 1024

export function renderText(template: string, context: TemplateContext, options: RenderOptions = {}): Rendered {
  if (!isTemplate(template)) return { ok: true, text: template }
  if (template.length > templateLengthMax) return { ok: false, message: `a template may have ${templateLengthMax} characters, and has ${template.length}` }
  const outline = parsed(template)
  if (!outline.ok) return outline
  try {
    const fuel = new Fuel({ ...defaultLimits, ...options.limits })
    return { ok: true, text: run(outline.nodes, context, { fuel, nowMs: options.now ?? null, nextChance: chances(options.chance) }) }
  } catch (error) {
    if (error instanceof TemplateError) return { ok: false, message: error.message }
    throw error
  }
}

/** Null when the template parses, else what is wrong with it. */
export function templateProblem(template: string): string | null {
  if (!isTemplate(template)) return null
  const outline = parsed(template)
  return outline.ok ? null : outline.message
}

/** The rule for a step's input: `{{ a.b }}` alone keeps an object or an array as it is; everything else becomes text. */
export function renderInputValue(text: string, context: TemplateContext, options: RenderOptions = {}): RenderedValue {
  const path = soleVariable.exec(text)?.[1]
  const found = path === undefined ? undefined : valueAt(context, path)
  if (found !== undefined && (isList(found as Value) || isObject(found as Value))) return { ok: true, value: found }
  const rendered = renderText(text, context, options)
  return rendered.ok ? { ok: true, value: rendered.text } : rendered
}

const soleVariable = /^\s*\{\{\s*([\p{L}\p{N}_]+(?:\.[\p{L}\p{N}_]+)*)\s*\}\}\s*$/u

/** Steps through objects only: `list.0` is for templates proper, as there. */
function valueAt(context: TemplateContext, path: string): Json | undefined {
  const [root = '', ...keys] = path.split('.')
  let found = fromContext(context, root)
  for (const key of keys) {
    if (found === undefined || !isObject(found as Value)) return undefined
    found = member(found as Value, key) as Json | undefined
  }
  return found
}

function isTemplate(text: string): boolean {
  return text.includes('{{') || text.includes('{%') || text.includes('{#')
}

/** Different numbers from one: steps of the golden ratio spread evenly. */
function chances(first: number | undefined): (() => number) | null {
  if (first === undefined) return null
  let next = first
  return () => {
    const chance = next
    next = (next + 0.618033988749895) % 1
    return chance
  }
}
