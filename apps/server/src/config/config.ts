/**
 * The configuration: one file, the environment and flags, in that order, parsed once into a frozen object. Nobody else
 * reads the environment.
 */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Problem } from '@busbar/kernel'
import { parse as parseYaml } from 'yaml'
import { isRecord, type Key, type Sources } from './key.js'
import { keys } from './keys.js'
import { nearest } from './nearest.js'
import { translateStroemKeys } from './stroem-keys.js'

type ValuesOf<Shape> = { readonly [K in keyof Shape]: Shape[K] extends Key<infer T> ? T : ValuesOf<Shape[K]> }
type PartOf<Shape> = { readonly [K in keyof Shape]?: (Shape[K] extends Key<infer T> ? T : PartOf<Shape[K]>) | undefined }

export type Config = ValuesOf<typeof keys>
/** Flags: any part of the configuration. They win over the environment, which wins over the file. */
export type ConfigFlags = PartOf<typeof keys>

export interface ConfigSources {
  /** Path of a YAML file. */
  readonly file?: string | undefined
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly flags?: ConfigFlags
}

export interface LoadedConfig {
  readonly config: Config
  /** What was given and has no effect, one sentence each. */
  readonly warnings: readonly string[]
}

const fileBytesMax = 1024 * 1024

export function loadConfig(given: ConfigSources = {}): LoadedConfig {
  const warnings: string[] = []
  const values = defaults(keys)
  if (given.file !== undefined) {
    const translated = translateStroemKeys(readFile(given.file))
    warnings.push(...translated.warnings)
    merge(values, withAbsolutePaths(translated.values, dirname(resolve(given.file))), keys, '')
  }
  merge(values, fromEnvironment(given.environment ?? {}, warnings), keys, '')
  merge(values, given.flags ?? {}, keys, '')
  // `values` now has exactly the shape of `keys`, each leaf taken from that key's parser.
  return { config: frozen(values) as Config, warnings }
}

function readFile(path: string): Record<string, unknown> {
  let source: string
  try {
    source = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Problem('invalid', `the configuration file ${path} cannot be read: ${(cause as Error).message}`, { cause })
  }
  if (source.length > fileBytesMax) throw new Problem('invalid', `the configuration file ${path} is larger than ${fileBytesMax} bytes`)
  let value: unknown
  try {
    value = parseYaml(source, { maxAliasCount: 50 })
  } catch (cause) {
    throw new Problem('invalid', `the configuration file ${path} is no YAML: ${(cause as Error).message}`, { cause })
  }
  if (value === null || value === undefined) return {}
  if (!isRecord(value))
    throw new Problem('invalid', `the configuration file ${path}: expected keys and values, found ${Array.isArray(value) ? 'a list' : typeof value}`)
  return value
}

type Shape = { readonly [name: string]: Key<unknown> | Shape }

function defaults(shape: Shape): Record<string, unknown> {
  return Object.fromEntries(Object.entries(shape).map(([name, entry]) => [name, isKey(entry) ? entry.default : defaults(entry)]))
}

function merge(target: Record<string, unknown>, given: Readonly<Record<string, unknown>>, shape: Shape, prefix: string): void {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    const path = prefix + name
    const entry = Object.hasOwn(shape, name) ? shape[name] : undefined
    if (entry === undefined) throw unknownKey(path, prefix, shape)
    if (isKey(entry)) target[name] = parsed(entry, value, path)
    else if (isRecord(value)) merge(target[name] as Record<string, unknown>, value, entry, `${path}.`)
    else throw new Problem('invalid', `the configuration key "${path}": expected ${Object.keys(entry).join(', ')} below it, found ${JSON.stringify(value)}`)
  }
}

function parsed(key: Key<unknown>, value: unknown, path: string): unknown {
  const result = key.parse(value)
  if (result.ok) return result.value
  const found = key.isSecret ? 'a value that is not shown' : JSON.stringify(value)?.slice(0, 200)
  throw new Problem('invalid', `the configuration key "${path}": expected ${result.expected}, found ${found}`)
}

function unknownKey(path: string, prefix: string, shape: Shape): Problem {
  const close = nearest(path.slice(prefix.length), Object.keys(shape))
  const hint =
    close === null
      ? `known are ${Object.keys(shape)
          .map(name => prefix + name)
          .join(', ')}`
      : `did you mean "${prefix}${close}"?`
  return new Problem('invalid', `the configuration key "${path}" is unknown: ${hint}`)
}

function isKey(entry: Key<unknown> | Shape): entry is Key<unknown> {
  return typeof entry['parse'] === 'function'
}

// ── Environment ──

const prefix = 'BUSBAR_'
const plainDatabaseUrl = 'DATABASE_URL'
/** Read by other parts of Busbar, or by the programs that steps run. */
const foreignNames = /^BUSBAR_(CONFIG|INPUT_.*|JOB_.*|WORKER_NAME|SERVER_URL|URL)$/

/** `listen.port` is BUSBAR_LISTEN_PORT, `workerToken` is BUSBAR_WORKER_TOKEN. */
export function environmentName(path: readonly string[]): string {
  return prefix + path.map(part => part.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase()).join('_')
}

function fromEnvironment(environment: Readonly<Record<string, string | undefined>>, warnings: string[]): Record<string, unknown> {
  const names = new Map<string, { readonly path: readonly string[]; readonly key: Key<unknown> }>()
  for (const { path, key } of leaves(keys)) names.set(environmentName(path), { path, key })
  const values: Record<string, unknown> = {}
  // What hosting platforms set; a setting of ours says more.
  if (environment[plainDatabaseUrl]) values['databaseUrl'] = environment[plainDatabaseUrl]
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || !name.startsWith(prefix) || foreignNames.test(name)) continue
    const found = names.get(name)
    if (!found?.key.fromText) {
      const close = nearest(name, [...names.keys()])
      warnings.push(`the environment variable ${name} is no setting of the server${close === null ? '' : `: did you mean ${close}?`}`)
      continue
    }
    put(values, found.path, found.key.fromText(value))
  }
  return values
}

function put(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = target
  for (const part of path.slice(0, -1)) {
    at[part] ??= {}
    at = at[part] as Record<string, unknown>
  }
  const last = path.at(-1)
  if (last !== undefined) at[last] = value
}

export function* leaves(shape: Shape, path: readonly string[] = []): Generator<{ readonly path: readonly string[]; readonly key: Key<unknown> }> {
  for (const [name, entry] of Object.entries(shape)) {
    if (isKey(entry)) yield { path: [...path, name], key: entry }
    else yield* leaves(entry, [...path, name])
  }
}

// ── Paths ──

/** A path in the file counts from the folder of the file, wherever the server is started. */
function withAbsolutePaths(values: Record<string, unknown>, folder: string): Record<string, unknown> {
  const { data, workspaces, libraries } = values
  return {
    ...values,
    ...(typeof data === 'string' ? { data: resolve(folder, data) } : {}),
    ...(isRecord(workspaces) ? { workspaces: withAbsoluteSources(workspaces, folder) } : {}),
    ...(isRecord(libraries) ? { libraries: withAbsoluteSources(libraries, folder) } : {}),
  }
}

function withAbsoluteSources(sources: Record<string, unknown>, folder: string): Sources | Record<string, unknown> {
  const entries = Object.entries(sources).map(([name, source]) => {
    const moved = isRecord(source) && typeof source['path'] === 'string' ? { ...source, path: resolve(folder, source['path']) } : source
    return [name, moved] as const
  })
  return Object.fromEntries(entries)
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) frozen(member)
    Object.freeze(value)
  }
  return value
}
