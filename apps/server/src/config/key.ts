/** One key of the configuration: what it takes, what it is without it, in which unit, and a sentence for the reference page. */
export interface Key<T> {
  readonly kind: string
  readonly default: T
  readonly unit: string | null
  readonly about: string
  /** The value, or what is wrong with it: `expected …, found …`. */
  readonly parse: (value: unknown) => { readonly ok: true; readonly value: T } | { readonly ok: false; readonly expected: string }
  /** Null: the key cannot be given by the environment. */
  readonly fromText: ((text: string) => unknown) | null
  /** What is given for it may be a password, or hold one: no message shows it. */
  readonly isSecret?: true
}

type Parsed<T> = ReturnType<Key<T>['parse']>

export function text(fallback: string, about: string): Key<string> {
  return {
    kind: 'text',
    default: fallback,
    unit: null,
    about,
    parse: value => (typeof value === 'string' ? ok(value) : no('a text')),
    fromText: value => value,
  }
}

/** A text that no message shows. */
export function secret(fallback: string, about: string): Key<string> {
  return { ...text(fallback, about), isSecret: true }
}

export function integer(fallback: number, unit: string | null, range: { readonly min: number; readonly max: number }, about: string): Key<number> {
  const expected = `a whole number from ${range.min} to ${range.max}${unit === null ? '' : ` (${unit})`}`
  const parse = (value: unknown): Parsed<number> =>
    typeof value === 'number' && Number.isInteger(value) && value >= range.min && value <= range.max ? ok(value) : no(expected)
  return {
    kind: `integer ${range.min}…${range.max}`,
    default: fallback,
    unit,
    about,
    parse,
    fromText: value => (/^-?\d+$/.test(value) ? Number(value) : value),
  }
}

export function flag(fallback: boolean, about: string): Key<boolean> {
  const words: Readonly<Record<string, boolean>> = { true: true, false: false, '1': true, '0': false, yes: true, no: false }
  const parse = (value: unknown): Parsed<boolean> => (typeof value === 'boolean' ? ok(value) : no('true or false'))
  return { kind: 'flag', default: fallback, unit: null, about, parse, fromText: value => words[value.toLowerCase()] ?? value }
}

export function choice<const T extends string>(fallback: T, choices: readonly T[], about: string): Key<T> {
  const parse = (value: unknown): Parsed<T> => {
    const found = choices.find(one => one === value)
    return found === undefined ? no(`one of ${choices.join(', ')}`) : ok(found)
  }
  return { kind: choices.join(' | '), default: fallback, unit: null, about, parse, fromText: value => value }
}

export function texts(about: string): Key<readonly string[]> {
  const parse = (value: unknown): Parsed<readonly string[]> =>
    Array.isArray(value) && value.every(item => typeof item === 'string') ? ok(value) : no('a list of texts')
  return { kind: 'list of texts', default: [], unit: null, about, parse, fromText: value => value.split(',').map(item => item.trim()) }
}

/** Where the files of a workspace or library come from. */
export interface FolderSource {
  readonly type: 'folder'
  readonly path: string
}

export type Sources = Readonly<Record<string, FolderSource>>

export function sources(about: string): Key<Sources> {
  return { kind: 'map of name to {type: folder, path}', default: {}, unit: null, about, parse: parseSources, fromText: null }
}

const sourceName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$/

function parseSources(value: unknown): Parsed<Sources> {
  const expected = 'a map of name to {type: folder, path: …}'
  if (!isRecord(value)) return no(expected)
  const found: Record<string, FolderSource> = {}
  for (const [name, source] of Object.entries(value)) {
    if (!sourceName.test(name)) return no(`${expected}; the name "${name}" must be letters, digits, "_" and "-", and begin with a letter or digit`)
    if (!isRecord(source) || typeof source['path'] !== 'string') return no(`${expected}; "${name}" has no path`)
    if (source['type'] !== 'folder') return no(`${expected}; "${name}" is of type ${JSON.stringify(source['type'])}, and only folders are built yet`)
    const odd = Object.keys(source).find(key => key !== 'type' && key !== 'path')
    if (odd !== undefined) return no(`${expected}; "${name}" has the unknown key "${odd}"`)
    found[name] = { type: 'folder', path: source['path'] }
  }
  return ok(found)
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function ok<T>(value: T): Parsed<T> {
  return { ok: true, value }
}

function no(expected: string): { readonly ok: false; readonly expected: string } {
  return { ok: false, expected }
}
