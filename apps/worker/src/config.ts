/**
 * The worker's configuration: a YAML file and `STROEM__…` variables, read once into a frozen value (strom-worker.md §2).
 * Files of every generation are understood: `workspace_dir` is the old name of `workspace_cache_dir`, and the ability
 * `shell` the old name of `script`.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parse } from 'yaml'

export interface WorkerConfig {
  readonly serverUrl: string
  readonly workerToken: string
  readonly workerName: string
  readonly maxConcurrent: number
  /** Pause between two questions for work, when a server does not hold them. */
  readonly pollIntervalMs: number
  readonly workspaceCacheDir: string
  readonly capabilities: readonly string[]
  readonly tags: readonly string[]
  readonly exclusive: boolean
  readonly requestTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly retainedRevisionsMax: number
  /** Between SIGTERM and SIGKILL when a step is cancelled or runs out of time. */
  readonly killGraceMs: number
  /** How long running steps may go on after the worker was told to stop. */
  readonly drainMs: number
  /** Variables of the worker's own environment that steps may see, beside a short fixed list. */
  readonly passEnvironment: readonly string[]
}

export interface LoadedConfig {
  readonly config: WorkerConfig
  /** What a person should know: old names, short tokens. */
  readonly warnings: readonly string[]
}

/** One sentence that says which key is wrong, what was expected and what was found. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

type Raw = Record<string, unknown>

const abilities = ['script', 'docker', 'kubernetes', 'agent'] as const

/** Every key with its kind. `docker`, `kubernetes`, `runner_image` and `agents` belong to runners that are not built yet. */
const keys: Readonly<Record<string, 'text' | 'whole' | 'seconds' | 'texts' | 'flag' | 'section'>> = {
  server_url: 'text',
  worker_token: 'text',
  worker_name: 'text',
  max_concurrent: 'whole',
  poll_interval_secs: 'seconds',
  workspace_cache_dir: 'text',
  capabilities: 'texts',
  tags: 'texts',
  exclusive: 'flag',
  runner_image: 'text',
  docker: 'section',
  kubernetes: 'section',
  agents: 'section',
  request_timeout_secs: 'seconds',
  connect_timeout_secs: 'seconds',
  max_retained_revisions: 'whole',
  kill_grace_secs: 'seconds',
  drain_secs: 'seconds',
  pass_environment: 'texts',
}

/** The file named by the flag, else by `STROEM_CONFIG`, else `worker-config.yaml` here. */
export function configPath(flag: string | undefined, environment: NodeJS.ProcessEnv): string {
  return flag ?? environment['STROEM_CONFIG'] ?? 'worker-config.yaml'
}

export function loadConfig(path: string, environment: NodeJS.ProcessEnv): LoadedConfig {
  return readConfig({ ...readFile(path), ...fromEnvironment(environment) }, path)
}

/** From a value of the same shape as the file; `where` is named in errors. */
export function readConfig(raw: Raw, where: string): LoadedConfig {
  const warnings: string[] = []
  const given = renameOld(raw, warnings)
  const unknown = Object.keys(given).find(key => !(key in keys))
  if (unknown !== undefined) throw new ConfigError(`${where}: unknown key '${unknown}'; known are ${Object.keys(keys).join(', ')}`)
  for (const key of ['docker', 'kubernetes', 'agents', 'runner_image']) {
    if (given[key] !== undefined) warnings.push(`'${key}' is read but not used: this worker runs scripts in the local shell only`)
  }
  const read = reader(given, where)
  const token = read.text('worker_token')
  if (token.length < 32) warnings.push(`worker_token has ${token.length} characters; newer servers ask for 32 or more`)
  const config: WorkerConfig = {
    serverUrl: serverUrl(read.text('server_url'), where),
    workerToken: token,
    workerName: read.text('worker_name'),
    maxConcurrent: read.whole('max_concurrent', { min: 1, max: 10_000 }),
    pollIntervalMs: read.whole('poll_interval_secs', { min: 1, max: 3_600 }) * 1000,
    workspaceCacheDir: resolve(read.text('workspace_cache_dir')),
    capabilities: readAbilities(read.texts('capabilities', ['script']), where, warnings),
    tags: readTags(read.texts('tags', []), where),
    exclusive: read.flag('exclusive', false),
    requestTimeoutMs: read.whole('request_timeout_secs', { min: 1, max: 3_600, otherwise: 30 }) * 1000,
    connectTimeoutMs: read.whole('connect_timeout_secs', { min: 1, max: 3_600, otherwise: 10 }) * 1000,
    retainedRevisionsMax: read.whole('max_retained_revisions', { min: 0, max: 1_000, otherwise: 2 }),
    killGraceMs: read.whole('kill_grace_secs', { min: 0, max: 3_600, otherwise: 5 }) * 1000,
    drainMs: read.whole('drain_secs', { min: 0, max: 86_400, otherwise: 30 }) * 1000,
    passEnvironment: read.texts('pass_environment', []),
  }
  return { config: Object.freeze(config), warnings }
}

function readFile(path: string): Raw {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new ConfigError(
      `The worker's configuration file ${path} cannot be read (${(cause as NodeJS.ErrnoException).code}); name another with --config or STROEM_CONFIG.`,
    )
  }
  let value: unknown
  try {
    value = parse(text, { maxAliasCount: 100 })
  } catch (cause) {
    throw new ConfigError(`${path} is not valid YAML: ${(cause as Error).message}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ConfigError(`${path}: expected keys and values, such as server_url: "http://localhost:8080"`)
  return value as Raw
}

/** `STROEM__WORKER_TOKEN=…` wins over the file. Scalars only: lists and sections cannot be given this way. */
function fromEnvironment(environment: NodeJS.ProcessEnv): Raw {
  const found: Raw = {}
  for (const [name, value] of Object.entries(environment)) {
    const match = /^STROEM__([A-Z_]+)$/.exec(name)
    if (!match?.[1] || match[1].includes('__') || value === undefined) continue
    const key = match[1].toLowerCase()
    const kind = keys[key]
    found[key] = kind === 'whole' || kind === 'seconds' ? Number(value) : kind === 'flag' ? value === 'true' : value
  }
  return found
}

function renameOld(raw: Raw, warnings: string[]): Raw {
  if (raw['workspace_dir'] === undefined) return raw
  const { workspace_dir: old, ...rest } = raw
  warnings.push(`'workspace_dir' is the old name of 'workspace_cache_dir'`)
  return { workspace_cache_dir: old, ...rest }
}

function serverUrl(text: string, where: string): string {
  if (!URL.canParse(text) || !/^https?:/.test(text)) throw new ConfigError(`${where}: server_url must be an http or https URL, found '${text}'`)
  return text.replace(/\/+$/, '')
}

function readAbilities(given: readonly string[], where: string, warnings: string[]): readonly string[] {
  if (given.length === 0) throw new ConfigError(`${where}: capabilities is empty; a worker of shell steps needs capabilities: [script]`)
  const named = new Set<string>()
  for (const ability of given) {
    if (ability === 'shell') warnings.push(`the capability 'shell' is the old name of 'script'`)
    const modern = ability === 'shell' ? 'script' : ability
    if (!abilities.some(known => known === modern)) throw new ConfigError(`${where}: unknown capability '${ability}'; known are ${abilities.join(', ')}`)
    if (modern !== 'script') throw new ConfigError(`${where}: the capability '${ability}' is not built yet; this worker runs 'script' steps`)
    named.add(modern)
  }
  return [...named]
}

function readTags(tags: readonly string[], where: string): readonly string[] {
  const wrong = tags.find(tag => abilities.some(ability => ability === tag))
  if (wrong !== undefined) throw new ConfigError(`${where}: tags must not contain '${wrong}', which is a capability`)
  return tags
}

function reader(raw: Raw, where: string) {
  const wrong = (key: string, expected: string) =>
    new ConfigError(`${where}: ${key} must be ${expected}, found ${raw[key] === undefined ? 'nothing' : JSON.stringify(raw[key])}`)
  return {
    text(key: string): string {
      const value = raw[key]
      if (typeof value !== 'string' || value === '') throw wrong(key, 'text')
      return value
    },
    whole(key: string, rule: { min: number; max: number; otherwise?: number }): number {
      const value = raw[key] ?? rule.otherwise
      if (typeof value !== 'number' || !Number.isInteger(value) || value < rule.min || value > rule.max)
        throw wrong(key, `a whole number from ${rule.min} to ${rule.max}`)
      return value
    },
    flag(key: string, otherwise: boolean): boolean {
      const value = raw[key] ?? otherwise
      if (typeof value !== 'boolean') throw wrong(key, 'true or false')
      return value
    },
    texts(key: string, otherwise: readonly string[]): readonly string[] {
      const value = raw[key] ?? otherwise
      if (!Array.isArray(value) || !value.every(one => typeof one === 'string')) throw wrong(key, 'a list of texts')
      return value
    },
  }
}
