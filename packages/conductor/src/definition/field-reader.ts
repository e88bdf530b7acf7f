/**
 * Reads fields as leniently as the original's JSON mapper does (conductor-api.md §1.2): numbers in text are converted,
 * text may be given as a number, null stands for the zero of a number or flag, unknown fields are ignored.
 * What cannot be read is reported once, the first time, and replaced by a default so that reading can go on.
 */
import { isJsonObject, type Json, type JsonObject, type Refusal, refuse } from '@busbar/kernel'

/** In the details of a refusal: the text was JSON, but not of this shape. The original answers 500 to it, not 400. */
export interface Unreadable {
  readonly kind: 'unreadable'
  readonly path: string
}

/** Shared by all readers of one document. */
export class Findings {
  #refusal: Refusal | null = null

  get refusal(): Refusal | null {
    return this.#refusal
  }

  mismatch(path: string, expected: string, found: Json | undefined): void {
    this.report(path, `expected ${expected}, found ${shown(found)}`)
  }

  report(path: string, message: string): void {
    const details: Unreadable = { kind: 'unreadable', path }
    this.#refusal ??= refuse('invalid', `${path === '' ? 'the document' : path}: ${message}`, details)
  }
}

const int32 = { min: -(2 ** 31), max: 2 ** 31 - 1 }
const integerText = /^[+-]?\d{1,19}$/

export class FieldReader {
  readonly source: JsonObject
  readonly findings: Findings
  readonly #path: string

  constructor(source: JsonObject, path: string, findings: Findings) {
    this.source = source
    this.findings = findings
    this.#path = path
  }

  pathOf(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`
  }

  value(name: string): Json | undefined {
    return Object.hasOwn(this.source, name) ? this.source[name] : undefined
  }

  text(name: string): string | null {
    const value = this.value(name) ?? null
    if (value === null || typeof value === 'string') return value
    if (typeof value !== 'object') return String(value)
    this.#mismatch(name, 'text', value)
    return null
  }

  flag(name: string, fallback: boolean): boolean {
    return this.value(name) === undefined ? fallback : (this.flagOrNull(name) ?? false)
  }

  flagOrNull(name: string): boolean | null {
    const value = this.value(name) ?? null
    if (value === null || typeof value === 'boolean') return value
    if (typeof value === 'number') return value !== 0
    if (typeof value === 'string') {
      const word = value.trim().toLowerCase()
      if (word === '') return null
      if (word === 'true' || word === 'false') return word === 'true'
    }
    this.#mismatch(name, 'true or false', value)
    return null
  }

  /** A whole number of 32 bits; null counts as 0. */
  integer(name: string, fallback: number): number {
    return this.value(name) === undefined ? fallback : (this.integerOrNull(name) ?? 0)
  }

  integerOrNull(name: string): number | null {
    const number = this.longOrNull(name)
    if (number === null || (number >= int32.min && number <= int32.max)) return number
    this.#mismatch(name, 'a whole number of 32 bits', number)
    return null
  }

  long(name: string, fallback: number): number {
    return this.value(name) === undefined ? fallback : (this.longOrNull(name) ?? 0)
  }

  longOrNull(name: string): number | null {
    const value = this.value(name) ?? null
    if (value === null) return null
    if (typeof value === 'number') return Math.trunc(value)
    if (typeof value === 'string') {
      const text = value.trim()
      if (text === '') return null
      if (integerText.test(text)) return Number(text)
    }
    this.#mismatch(name, 'a whole number', value)
    return null
  }

  oneOf<T extends string>(name: string, members: readonly T[]): T | null {
    const value = this.value(name) ?? null
    if (value === null) return null
    const member = members.find(each => each === value)
    if (member === undefined) this.#mismatch(name, `one of ${members.join(', ')}`, value)
    return member ?? null
  }

  object(name: string): JsonObject | null {
    const value = this.value(name) ?? null
    if (value === null || isJsonObject(value)) return value
    this.#mismatch(name, 'an object', value)
    return null
  }

  /** The same, where nothing given is an empty object. */
  map(name: string): JsonObject {
    return this.object(name) ?? {}
  }

  /** A reader of the object below `name`, or null when there is none. */
  inside(name: string): FieldReader | null {
    const source = this.object(name)
    return source && new FieldReader(source, this.pathOf(name), this.findings)
  }

  list(name: string): readonly Json[] {
    return listAt(this.value(name), this.pathOf(name), this.findings)
  }

  texts(name: string): readonly string[] {
    const texts: string[] = []
    this.list(name).forEach((value, index) => {
      if (value === null || typeof value === 'object') this.findings.mismatch(`${this.pathOf(name)}[${index}]`, 'text', value)
      else texts.push(String(value))
    })
    return texts
  }

  #mismatch(name: string, expected: string, found: Json): void {
    this.findings.mismatch(this.pathOf(name), expected, found)
  }
}

/** The list at `path`; nothing and null are an empty one. */
export function listAt(value: Json | undefined, path: string, findings: Findings): readonly Json[] {
  if (value === undefined || value === null) return []
  if (isList(value)) return value
  findings.mismatch(path, 'a list', value)
  return []
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function shown(value: Json | undefined): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object'
  return typeof value === 'string' ? JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value) : String(value)
}
