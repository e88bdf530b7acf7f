/** Reads one YAML value and says, with its line, what was expected where it is something else. */
import type { Json, JsonObject } from '@busbar/kernel'
import type { Dictionary } from './types.js'

export type Path = readonly (string | number)[]

/** Why a file is skipped. Thrown by readers, caught where the file is read. */
export class BadField extends Error {
  override readonly name = 'BadField'
}

const jsonDepthMax = 64

export class Reader {
  readonly value: unknown
  readonly path: Path
  readonly #lineOf: (path: Path) => number | null

  constructor(value: unknown, path: Path, lineOf: (path: Path) => number | null) {
    this.value = value
    this.path = path
    this.#lineOf = lineOf
  }

  /** `null` counts as absent, as an empty field in YAML should. */
  get isAbsent(): boolean {
    return this.value === undefined || this.value === null
  }

  fail(expected: string): never {
    throw new BadField(`${this.place()}: expected ${expected}, found ${describe(this.value)}`)
  }

  /** `line 7, tasks.build.flow`. */
  place(): string {
    const line = this.#lineOf(this.path)
    const name = this.path.join('.') || 'the file'
    return line === null ? name : `line ${line}, ${name}`
  }

  // ── Maps and lists ──

  field(name: string): Reader {
    const map = this.#map()
    return this.#child(Object.hasOwn(map, name) ? map[name] : undefined, name)
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#map(), name)
  }

  /** The same map, without some of its fields. */
  without(names: ReadonlySet<string>): Reader {
    const rest = dictionaryOf(Object.entries(this.#map()).filter(([name]) => !names.has(name)))
    return new Reader(rest, this.path, this.#lineOf)
  }

  /** The entries of a map; none when it is absent. */
  entries(): readonly (readonly [name: string, reader: Reader])[] {
    if (this.isAbsent) return []
    return Object.entries(this.#map()).map(([name, value]) => [name, this.#child(value, name)])
  }

  dictionary<T>(read: (entry: Reader, name: string) => T): Dictionary<T> {
    return dictionaryOf(this.entries().map(([name, entry]) => [name, read(entry, name)]))
  }

  list<T>(read: (item: Reader) => T): readonly T[] {
    if (this.isAbsent) return []
    if (!Array.isArray(this.value)) return this.fail('a list')
    return this.value.map((item: unknown, i) => read(this.#child(item, i)))
  }

  #map(): Record<string, unknown> {
    if (typeof this.value !== 'object' || this.value === null || Array.isArray(this.value)) return this.fail('a map')
    return this.value as Record<string, unknown>
  }

  #child(value: unknown, name: string | number): Reader {
    return new Reader(value, [...this.path, name], this.#lineOf)
  }

  // ── Scalars ──

  text(): string {
    if (typeof this.value === 'string') return this.value
    const hint = typeof this.value === 'number' || typeof this.value === 'boolean' ? ' (put it in quotes)' : ''
    return this.fail(`text${hint}`)
  }

  optionalText(): string | null {
    return this.isAbsent ? null : this.text()
  }

  boolean(otherwise: boolean): boolean {
    if (this.isAbsent) return otherwise
    return typeof this.value === 'boolean' ? this.value : this.fail('true or false')
  }

  integer(): number {
    return typeof this.value === 'number' && Number.isSafeInteger(this.value) ? this.value : this.fail('a whole number')
  }

  count(otherwise: number): number {
    if (this.isAbsent) return otherwise
    return this.integer() < 0 ? this.fail('a whole number that is not negative') : this.integer()
  }

  oneOf<const T extends string>(words: readonly T[], otherwise: T): T {
    if (this.isAbsent) return otherwise
    return words.find(word => word === this.value) ?? this.fail(`one of ${words.join(', ')}`)
  }

  // ── JSON ──

  json(): Json {
    return this.#json(this.value, 0)
  }

  jsonObject(): JsonObject {
    return dictionaryOf(this.entries().map(([name, entry]) => [name, entry.json()]))
  }

  #json(value: unknown, depth: number): Json {
    if (depth > jsonDepthMax) return this.fail(`values nested at most ${jsonDepthMax} deep`)
    if (value === null || value === undefined) return null
    if (typeof value === 'string' || typeof value === 'boolean') return value
    if (typeof value === 'number') return Number.isFinite(value) ? value : this.fail('a value that JSON can hold')
    if (Array.isArray(value)) return value.map((item: unknown) => this.#json(item, depth + 1))
    if (typeof value !== 'object') return this.fail('a value that JSON can hold')
    return dictionaryOf(Object.entries(value).map(([name, member]) => [name, this.#json(member, depth + 1)]))
  }
}

/** Safe for names such as `__proto__`. */
export function dictionaryOf<T>(entries: Iterable<readonly [string, T]>): Dictionary<T> {
  return Object.fromEntries(entries)
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  const text = String(value)
  return `${typeof value === 'string' ? 'the text' : `the ${typeof value}`} ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`
}
