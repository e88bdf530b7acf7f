/**
 * JSON Schema, checked while deciding: by an interpreter with a bound on its steps, and regular expressions that cannot
 * run away (`compileRegex`), so a schema of a user needs no sandbox. Drafts 4 to 2020-12, without references to other
 * documents, dynamic references and `unevaluated…`; `format` is a remark, as the specification has it.
 */
import { isJsonObject, type Json, type JsonObject } from '@busbar/kernel'
import { compileRegex, type Fuel, type Matcher } from '../expression/compile-regex.js'

const stepsMax = 200_000
const depthMax = 100
const problemsMax = 5
const notKnown = ['$dynamicRef', '$recursiveRef', 'unevaluatedProperties', 'unevaluatedItems']

/** What is wrong with a value, a few findings at most; none: it is valid. */
export function schemaProblems(schema: Json, value: Json): readonly string[] {
  const check = new Check(schema)
  check.value(schema, value, '$', 0)
  return check.problems
}

class Check {
  problems: string[] = []
  readonly #root: Json
  readonly #fuel: Fuel = { left: stepsMax }
  readonly #patterns = new Map<string, Matcher | null>()

  constructor(root: Json) {
    this.#root = root
  }

  /** True: valid. Notes what is not. */
  value(schema: Json | undefined, value: Json, path: string, depth: number): boolean {
    if (schema === undefined || schema === true) return true
    if (schema === false) return this.#no(path, 'nothing is allowed here')
    if (!isJsonObject(schema)) return this.#no(path, 'the schema is no object')
    if (depth > depthMax || --this.#fuel.left < 0) return this.#no(path, 'the value or its schema is too large to be checked')
    const odd = notKnown.find(keyword => schema[keyword] !== undefined)
    if (odd !== undefined) return this.#no(path, `the schema uses ${odd}, which is not built yet`)
    const before = this.problems.length
    this.#reference(schema, value, path, depth)
    this.#plain(schema, value, path)
    if (typeof value === 'string') this.#text(schema, value, path)
    else if (typeof value === 'number') this.#number(schema, value, path)
    else if (Array.isArray(value)) this.#list(schema, value as readonly Json[], path, depth)
    else if (isJsonObject(value)) this.#object(schema, value, path, depth)
    this.#combined(schema, value, path, depth)
    return this.problems.length === before
  }

  #no(path: string, what: string): false {
    if (this.problems.length < problemsMax) this.problems.push(`${path}: ${what}`)
    else if (this.problems.length === problemsMax) this.problems.push('and more')
    return false
  }

  /** Whether it would be valid; notes nothing. */
  #holds(schema: Json | undefined, value: Json, path: string, depth: number): boolean {
    const { problems } = this
    this.problems = []
    const isValid = this.value(schema, value, path, depth + 1)
    this.problems = problems
    return isValid
  }

  // ── Keywords for any value ──

  #reference(schema: JsonObject, value: Json, path: string, depth: number): void {
    const reference = schema['$ref']
    if (typeof reference !== 'string') return
    const target = reference.startsWith('#') ? at(this.#root, reference.slice(1)) : undefined
    if (target === undefined) this.#no(path, `the schema refers to ${reference.slice(0, 200)}, which is not in it`)
    else this.value(target, value, path, depth + 1)
  }

  #plain({ type, enum: choices, const: only }: JsonObject, value: Json, path: string): void {
    const types = typeof type === 'string' ? [type] : Array.isArray(type) ? type : []
    if (types.length > 0 && !types.some(one => isOfType(value, one))) this.#no(path, `expected ${types.join(' or ')}, found ${typeOf(value)}`)
    if (Array.isArray(choices) && !(choices as readonly Json[]).some(one => isEqual(one, value)))
      this.#no(path, `expected one of ${shown(choices)}, found ${shown(value)}`)
    if (only !== undefined && !isEqual(only, value)) this.#no(path, `expected ${shown(only)}, found ${shown(value)}`)
  }

  #combined(schema: JsonObject, value: Json, path: string, depth: number): void {
    for (const one of listOf(schema['allOf'])) this.value(one, value, path, depth + 1)
    const any = listOf(schema['anyOf'])
    if (any.length > 0 && !any.some(one => this.#holds(one, value, path, depth))) this.#no(path, 'fits none of the schemas of anyOf')
    const one = listOf(schema['oneOf'])
    const fitting = one.filter(each => this.#holds(each, value, path, depth)).length
    if (one.length > 0 && fitting !== 1) this.#no(path, `expected to fit one schema of oneOf, fits ${fitting}`)
    if (schema['not'] !== undefined && this.#holds(schema['not'], value, path, depth)) this.#no(path, 'fits the schema that it must not fit')
    if (schema['if'] === undefined) return
    this.value(this.#holds(schema['if'], value, path, depth) ? schema['then'] : schema['else'], value, path, depth + 1)
  }

  // ── Keywords by type ──

  #text({ minLength, maxLength, pattern }: JsonObject, value: string, path: string): void {
    const length = typeof minLength === 'number' || typeof maxLength === 'number' ? [...value].length : 0
    if (typeof minLength === 'number' && length < minLength) this.#no(path, `expected at least ${minLength} characters, found ${length}`)
    if (typeof maxLength === 'number' && length > maxLength) this.#no(path, `expected at most ${maxLength} characters, found ${length}`)
    if (typeof pattern === 'string' && !this.#matches(pattern, value)) this.#no(path, `expected a text that matches ${shown(pattern)}, found ${shown(value)}`)
  }

  #matches(pattern: string, text: string): boolean {
    let matcher = this.#patterns.get(pattern)
    // The expression may be anywhere in the text.
    if (matcher === undefined) this.#patterns.set(pattern, (matcher = compileRegex(`[\\s\\S]*(?:${pattern})[\\s\\S]*`, '')))
    return matcher !== null && matcher(text, this.#fuel) && this.#fuel.left > 0
  }

  #number({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf }: JsonObject, value: number, path: string): void {
    if (typeof minimum === 'number' && (exclusiveMinimum === true ? value <= minimum : value < minimum))
      this.#no(path, `expected at least ${minimum}, found ${value}`)
    if (typeof maximum === 'number' && (exclusiveMaximum === true ? value >= maximum : value > maximum))
      this.#no(path, `expected at most ${maximum}, found ${value}`)
    if (typeof exclusiveMinimum === 'number' && value <= exclusiveMinimum) this.#no(path, `expected more than ${exclusiveMinimum}, found ${value}`)
    if (typeof exclusiveMaximum === 'number' && value >= exclusiveMaximum) this.#no(path, `expected less than ${exclusiveMaximum}, found ${value}`)
    if (typeof multipleOf === 'number' && multipleOf > 0 && !isMultiple(value, multipleOf))
      this.#no(path, `expected a multiple of ${multipleOf}, found ${value}`)
  }

  #list(schema: JsonObject, value: readonly Json[], path: string, depth: number): void {
    const { minItems, maxItems, uniqueItems, contains, minContains = 1, maxContains } = schema
    if (typeof minItems === 'number' && value.length < minItems) this.#no(path, `expected at least ${minItems} items, found ${value.length}`)
    if (typeof maxItems === 'number' && value.length > maxItems) this.#no(path, `expected at most ${maxItems} items, found ${value.length}`)
    if (uniqueItems === true && new Set(value.map(canonical)).size < value.length) this.#no(path, 'expected items that differ, found some twice')
    const leading = listOf(schema['prefixItems'] ?? (Array.isArray(schema['items']) ? schema['items'] : undefined))
    const others = Array.isArray(schema['items']) ? schema['additionalItems'] : schema['items']
    value.forEach((item, index) => this.value(index < leading.length ? leading[index] : others, item, `${path}[${index}]`, depth + 1))
    if (contains === undefined) return
    const count = value.filter(item => this.#holds(contains, item, path, depth)).length
    if (count < Number(minContains) || (typeof maxContains === 'number' && count > maxContains)) this.#no(path, `${count} items fit the schema of contains`)
  }

  #object(schema: JsonObject, value: JsonObject, path: string, depth: number): void {
    const { required, minProperties, maxProperties } = schema
    const names = Object.keys(value)
    for (const name of listOf(required)) if (typeof name === 'string' && !Object.hasOwn(value, name)) this.#no(path, `expected ${shown(name)}, found none`)
    if (typeof minProperties === 'number' && names.length < minProperties) this.#no(path, `expected at least ${minProperties} keys, found ${names.length}`)
    if (typeof maxProperties === 'number' && names.length > maxProperties) this.#no(path, `expected at most ${maxProperties} keys, found ${names.length}`)
    for (const name of names) this.#member(schema, name, value[name] ?? null, { path: `${path}.${name}`, depth })
    this.#dependent(schema, value, path, depth)
  }

  #member(schema: JsonObject, name: string, value: Json, { path, depth }: { readonly path: string; readonly depth: number }): void {
    const properties = mapOf(schema['properties'])
    const patterns = Object.entries(mapOf(schema['patternProperties'])).filter(([pattern]) => this.#matches(pattern, name))
    const isNamed = Object.hasOwn(properties, name)
    if (isNamed) this.value(properties[name], value, path, depth + 1)
    for (const [, inner] of patterns) this.value(inner, value, path, depth + 1)
    if (!isNamed && patterns.length === 0) this.value(schema['additionalProperties'], value, path, depth + 1)
    if (schema['propertyNames'] !== undefined) this.value(schema['propertyNames'], name, path, depth + 1)
  }

  /** Both drafts' words for: who has this must have that. */
  #dependent(schema: JsonObject, value: JsonObject, path: string, depth: number): void {
    const all = { ...mapOf(schema['dependencies']), ...mapOf(schema['dependentRequired']), ...mapOf(schema['dependentSchemas']) }
    for (const [name, needs] of Object.entries(all)) {
      if (!Object.hasOwn(value, name)) continue
      if (!Array.isArray(needs)) this.value(needs, value, path, depth + 1)
      else
        for (const other of needs)
          if (!Object.hasOwn(value, String(other))) this.#no(path, `expected ${shown(String(other))} beside ${shown(name)}, found none`)
    }
  }
}

// ── Values ──

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}

function mapOf(value: Json | undefined): JsonObject {
  return value !== undefined && isJsonObject(value) ? value : {}
}

/** A JSON pointer. */
function at(root: Json, pointer: string): Json | undefined {
  if (pointer === '') return root
  if (!pointer.startsWith('/')) return undefined
  let found: Json | undefined = root
  for (const part of pointer.slice(1).split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(found)) found = (found as readonly Json[])[Number(key)]
    else found = found !== undefined && isJsonObject(found) && Object.hasOwn(found, key) ? found[key] : undefined
  }
  return found
}

function typeOf(value: Json): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function isOfType(value: Json, type: unknown): boolean {
  return type === 'integer' ? Number.isInteger(value) : typeOf(value) === type
}

/** `0.3` is a multiple of `0.1`, whatever binary fractions say. */
function isMultiple(value: number, of: number): boolean {
  const ratio = value / of
  return Math.abs(ratio - Math.round(ratio)) < 1e-9
}

function isEqual(a: Json, b: Json): boolean {
  return a === b || (typeof a === 'object' && typeof b === 'object' && canonical(a) === canonical(b))
}

/** As text, with keys in order. */
function canonical(value: Json): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

function shown(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}
