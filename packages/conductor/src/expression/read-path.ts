/** Reads a path out of a document. Never throws: what cannot be read is null, or an empty list for an indefinite path. */
import { assertNever, isJsonObject, type Json } from '@busbar/kernel'
import { callFunction } from './call-function.js'
import type { Fuel } from './compile-regex.js'
import { expressionLimits } from './limits.js'
import { matchesFilter } from './match-filter.js'
import type { Argument, Path, Segment } from './path.js'

/** A document that is asked for one member at a time, so that a path with a name builds only what it names. */
export interface Root {
  readonly member: (name: string) => Json | undefined
  readonly whole: () => Json
}

export function rootOf(document: Json): Root {
  return { member: name => member(document, name), whole: () => document }
}

/** Several paths may share one `fuel`, so that a template of many cannot take longer than one. */
export function readPath(path: Path, root: Root, fuel: Fuel = newFuel()): Json {
  const only = readNames(path, root)
  if (only !== notOnlyNames) return only ?? null
  const reading = new Reading(root, fuel)
  const results = reading.results(path, null)
  if (reading.hasFailed) return null
  return path.isDefinite ? (results.at(-1) ?? null) : results
}

export function newFuel(): Fuel {
  return { left: expressionLimits.pathStepsMax }
}

/** What a path finds in a text that is JSON; null when it is none. */
export function readJsonText(text: string, path: Path): Json {
  try {
    return readPath(path, rootOf(JSON.parse(text) as Json))
  } catch {
    return null
  }
}

// ── The common case: names and indexes only, no list is made ──

const notOnlyNames = Symbol('not only names')

function readNames(path: Path, root: Root): Json | undefined | typeof notOnlyNames {
  const first = path.segments[0]
  if (path.from !== 'document' || first?.kind !== 'property' || first.names.length !== 1) return notOnlyNames
  if (!path.segments.every(isStep)) return notOnlyNames
  let value = root.member(first.names[0] ?? '')
  for (let i = 1; i < path.segments.length && value !== undefined; i++) value = step(path.segments[i], value)
  return value
}

function isStep(segment: Segment): boolean {
  return (segment.kind === 'property' && segment.names.length === 1) || (segment.kind === 'index' && segment.indexes.length === 1)
}

function step(segment: Segment | undefined, value: Json): Json | undefined {
  if (segment?.kind === 'property') return member(value, segment.names[0] ?? '')
  return segment?.kind === 'index' && isList(value) ? value.at(segment.indexes[0] ?? 0) : undefined
}

// ── Everything else ──

type Found = (value: Json) => void

class Reading {
  /** A function had nothing to work on, or a bound was reached: the whole path gives null. */
  hasFailed = false
  readonly #fuel: Fuel
  #depth = 0
  readonly #root: Root

  constructor(root: Root, fuel: Fuel) {
    this.#root = root
    this.#fuel = fuel
  }

  /** `item` is what `@` means. */
  results(path: Path, item: Json): readonly Json[] {
    const results: Json[] = []
    const found: Found = value => results.push(value)
    const { from, segments } = path
    const first = segments[0]
    if (from === 'item') this.#walk(item, segments, 0, item, found)
    else if (first?.kind === 'property' && first.names.length === 1) {
      const value = this.#root.member(first.names[0] ?? '')
      if (value !== undefined) this.#walk(value, segments, 1, item, found)
    } else this.#walk(this.#root.whole(), segments, 0, item, found)
    return results
  }

  #walk(value: Json, segments: readonly Segment[], index: number, item: Json, found: Found): void {
    if (!this.#enter()) return
    const segment = segments[index]
    if (segment === undefined) found(value)
    else if (segment.kind === 'deep') this.#walkDeep(value, segments, index + 1, item, found)
    else this.#apply(segment, value, segments.length === index + 1, item, next => this.#walk(next, segments, index + 1, item, found))
    this.#depth -= 1
  }

  /** The segment at `index`, applied to the value and to everything below it, outer before inner. */
  #walkDeep(value: Json, segments: readonly Segment[], index: number, item: Json, found: Found): void {
    if (value === null || typeof value !== 'object' || !this.#enter()) return
    const segment = segments[index]
    if (segment !== undefined && this.#appliesDeep(segment, value)) this.#walk(value, segments, index, item, found)
    for (const below of children(value)) this.#walkDeep(below, segments, index, item, found)
    this.#depth -= 1
  }

  #appliesDeep(segment: Segment, value: Json): boolean {
    switch (segment.kind) {
      case 'property':
        return isJsonObject(value)
      case 'index':
      case 'slice':
        return isList(value)
      case 'filter':
        // Items of lists are met by themselves further down; looking at them from their list too would give them twice.
        return this.#matches(segment, value)
      default:
        return segment.kind === 'wildcard'
    }
  }

  #apply(segment: Segment, value: Json, isLast: boolean, item: Json, next: Found): void {
    switch (segment.kind) {
      case 'property':
        if (isJsonObject(value)) applyNames(segment.names, value, isLast, next)
        return
      case 'wildcard':
        for (const child of children(value)) next(child)
        return
      case 'index':
        if (isList(value)) for (const index of segment.indexes) at(value, index, next)
        return
      case 'slice':
        if (isList(value)) applySlice(segment, value, next)
        return
      case 'filter':
        this.#applyFilter(segment, value, next)
        return
      case 'call':
        this.#applyCall(segment, value, item, next)
        return
      case 'deep':
        return
      default:
        assertNever(segment)
    }
  }

  #applyFilter(segment: Segment & { kind: 'filter' }, value: Json, next: Found): void {
    if (isList(value)) {
      for (const each of value) if (this.#matches(segment, each)) next(each)
    } else if (isJsonObject(value) && this.#matches(segment, value)) next(value)
  }

  #matches(segment: Segment & { kind: 'filter' }, item: Json): boolean {
    if (!this.#enter()) return false
    const matches = matchesFilter(segment.condition, {
      valueOf: path => this.#valueOf(path, item),
      exists: path => this.results(path, item).length > 0,
      fuel: this.#fuel,
    })
    this.#depth -= 1
    return matches
  }

  #applyCall(segment: Segment & { kind: 'call' }, value: Json, item: Json, next: Found): void {
    const [first] = segment.args
    const result =
      (segment.name === 'length' || segment.name === 'size') && first?.kind === 'path'
        ? this.#childrenAt(first.path, item)
        : callFunction(
            segment.name,
            value,
            segment.args.map(argument => this.#argument(argument, item)),
          )
    if (result === undefined) this.hasFailed = true
    else next(result)
  }

  /** `$.length($.a)` counts what is directly below `$.a`. */
  #childrenAt(path: Path, item: Json): number {
    return this.results({ ...path, segments: [...path.segments, { kind: 'wildcard' }] }, item).length
  }

  #argument(argument: Argument, item: Json): Json {
    return argument.kind === 'value' ? argument.value : this.#valueOf(argument.path, item)
  }

  #valueOf(path: Path, item: Json): Json {
    const results = this.results(path, item)
    return path.isDefinite ? (results.at(-1) ?? null) : results
  }

  /** False when a bound is reached: then nothing more is read. Depth counts through filters, as the stack does. */
  #enter(): boolean {
    this.#fuel.left -= 1
    if (this.#fuel.left < 0 || this.#depth >= expressionLimits.valueDepthMax) this.hasFailed = true
    if (this.hasFailed) return false
    this.#depth += 1
    return true
  }
}

/** Several names at the end of a path make one object of what is there; before it, each goes its own way. */
function applyNames(names: readonly string[], value: Json, isLast: boolean, next: Found): void {
  const present = names.filter(name => member(value, name) !== undefined)
  if (names.length > 1 && isLast) next(Object.fromEntries(present.map(name => [name, member(value, name)])))
  else for (const name of present) next(member(value, name) ?? null)
}

function applySlice(segment: Segment & { kind: 'slice' }, list: readonly Json[], next: Found): void {
  const { length } = list
  const { from, to } = segment
  // With both ends given, negative ones are not counted from the end first: `[-2:2]` takes the last two, then the first two.
  if (from !== null && to !== null) for (let i = Math.max(from, -length); i < Math.min(length, to); i++) at(list, i, next)
  else if (from !== null) for (let i = from < 0 ? Math.max(0, length + from) : from; i < length; i++) at(list, i, next)
  else if (to !== null) for (let i = 0; i < Math.min(length, to < 0 ? length + to : to); i++) at(list, i, next)
}

function at(list: readonly Json[], index: number, next: Found): void {
  const value = list.at(index)
  if (value !== undefined) next(value)
}

function* children(value: Json): IterableIterator<Json> {
  if (isList(value)) yield* value
  else if (isJsonObject(value)) for (const key of Object.keys(value)) yield value[key] ?? null
}

/** Own members only: a name such as `constructor` finds nothing that JSON did not bring. */
function member(value: Json, name: string): Json | undefined {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
