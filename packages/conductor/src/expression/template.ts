/**
 * Templates: JSON with expressions `${…}` in its texts, compiled once (conductor-semantics.md §8). What holds no
 * expression is a constant and is used as it is, uncopied.
 */
import { isJsonObject, type Json, type JsonObject } from '@busbar/kernel'
import { BoundedCache } from './bounded-cache.js'
import { expressionLimits } from './limits.js'
import { parsePath } from './parse-path.js'
import type { Path } from './path.js'

export type Template =
  | { readonly kind: 'constant'; readonly value: Json }
  /** The text is exactly one expression: the value keeps its type. */
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'text'; readonly parts: readonly TextPart[] }
  | { readonly kind: 'list'; readonly items: readonly Template[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [string, Template])[] }

export type TextPart = string | Expression

/** What stands between the braces. */
export type Expression =
  | { readonly kind: 'fixed'; readonly text: string }
  /** `workflow.env.NAME`, or what `path` finds in it when it is JSON. */
  | { readonly kind: 'configuration'; readonly name: string; readonly path: Path | null; readonly isWhole: boolean }
  /** A name the system itself gives a value to; it stays as text while it has none. */
  | { readonly kind: 'system'; readonly name: string; readonly source: string }
  /** A variable of the environment if there is one of that name, else a path. */
  | { readonly kind: 'name'; readonly name: string; readonly path: Path | null }
  | { readonly kind: 'path'; readonly path: Path | null }
  /** Holds expressions itself: which one it is, is known once those have their values. */
  | { readonly kind: 'nested'; readonly parts: readonly TextPart[]; readonly source: string }

const objects = new WeakMap<object, Template>()
const texts = new BoundedCache<Template>(expressionLimits.cacheMax)

/** Texts longer than this are compiled each time: the cache is bounded in entries, this bounds it in bytes. */
const cachedTextLengthMax = 2_000

export function compileTemplate(json: Json): Template {
  if (json === null || typeof json !== 'object') return compile(json, 0)
  const known = objects.get(json)
  if (known !== undefined) return known
  const template = compile(json, 0)
  objects.set(json, template)
  return template
}

function compile(json: Json, depth: number): Template {
  if (typeof json === 'string') return json.includes('${') ? compileText(json) : { kind: 'constant', value: json }
  if (json === null || typeof json !== 'object' || depth > expressionLimits.valueDepthMax) return { kind: 'constant', value: json }
  return isJsonObject(json) ? compileObject(json, depth) : compileList(json, depth)
}

function compileObject(json: JsonObject, depth: number): Template {
  const members: [string, Template][] = []
  for (const [key, value] of Object.entries(json)) if (value !== undefined) members.push([key, compile(value, depth + 1)])
  return members.every(([key, template]) => isUnchanged(template, json[key])) ? { kind: 'constant', value: json } : { kind: 'object', members }
}

function compileList(json: readonly Json[], depth: number): Template {
  const items = json.map(item => compile(item, depth + 1))
  return items.every((item, index) => isUnchanged(item, json[index])) ? { kind: 'constant', value: json } : { kind: 'list', items }
}

/** A text with an escape is a constant too, but not the one that was written. */
function isUnchanged(template: Template, json: Json | undefined): boolean {
  return template.kind === 'constant' && template.value === json
}

function compileText(text: string): Template {
  const known = texts.get(text)
  if (known !== undefined) return known
  const template = templateOf(partsOf(text, 0))
  return text.length > cachedTextLengthMax ? template : texts.set(text, template)
}

function templateOf(parts: readonly TextPart[]): Template {
  const [first] = parts
  if (parts.every(part => typeof part === 'string' || part.kind === 'fixed')) {
    return { kind: 'constant', value: parts.map(part => (typeof part === 'string' ? part : part.kind === 'fixed' ? part.text : '')).join('') }
  }
  return parts.length === 1 && first !== undefined && typeof first !== 'string' ? { kind: 'expression', expression: first } : { kind: 'text', parts }
}

// ── Texts ──

/** Splits a text at its expressions; `$${` in the rest becomes `${`. */
export function partsOf(text: string, depth: number): readonly TextPart[] {
  const closing = closingBraces(text)
  const parts: TextPart[] = []
  let plain = 0
  for (let i = text.indexOf('${'); i !== -1; i = text.indexOf('${', i)) {
    const end = closing.get(i + 1)
    if (end === undefined || text[i - 1] === '$') {
      i += 1
      continue
    }
    if (i > plain) parts.push(withoutEscapes(text.slice(plain, i)))
    parts.push(expressionOf(text.slice(i, end + 1), depth))
    i = plain = end + 1
  }
  if (plain < text.length) parts.push(withoutEscapes(text.slice(plain)))
  return parts
}

/** Where each opening brace is closed; braces inside an expression must balance. */
function closingBraces(text: string): ReadonlyMap<number, number> {
  const closing = new Map<number, number>()
  const open: number[] = []
  for (let i = text.indexOf('{'); i < text.length; i++) {
    if (text[i] === '{') open.push(i)
    else if (text[i] === '}') {
      const start = open.pop()
      if (start !== undefined) closing.set(start, i)
    }
  }
  return closing
}

function withoutEscapes(text: string): string {
  return text.replaceAll('$${', () => '${')
}

// ── Expressions ──

/** `source` is the whole of it, braces included. */
function expressionOf(source: string, depth: number): Expression {
  const text = source.slice(2, -1)
  if (!text.includes('${')) return classify(text, source)
  if (depth >= expressionLimits.nestingMax) return { kind: 'path', path: null }
  const parts = partsOf(text, depth + 1)
  return parts.every(part => typeof part === 'string') ? classify(parts.join(''), source) : { kind: 'nested', parts, source }
}

const secretsPrefix = 'workflow.secrets.'
const configurationPrefix = 'workflow.env.'
const systemNames: ReadonlySet<string> = new Set(['CPEWF_TASK_ID', 'NETFLIX_ENV', 'NETFLIX_STACK'])
/** No path but a bare name is ever looked for in the environment: variables with dots or brackets in their names are not found. */
const bareName = /^[^\s.[\]()$@*]+$/

/** The order of interpretation of conductor-semantics.md §8.1. */
export function classify(text: string, source: string): Expression {
  if (text.trim() === '') return { kind: 'fixed', text: '' }
  if (text.startsWith(secretsPrefix)) return { kind: 'fixed', text: source }
  if (text.startsWith(configurationPrefix)) return configurationOf(text.slice(configurationPrefix.length))
  if (systemNames.has(text)) return { kind: 'system', name: text, source }
  const path = parsePath(text)
  return bareName.test(text) ? { kind: 'name', name: text, path } : { kind: 'path', path }
}

function configurationOf(reference: string): Expression {
  const dot = reference.indexOf('.')
  if (dot === -1) return { kind: 'configuration', name: reference, path: null, isWhole: true }
  return { kind: 'configuration', name: reference.slice(0, dot), path: parsePath(reference.slice(dot + 1)), isWhole: false }
}
