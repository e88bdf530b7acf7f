/** The workspaces: read from their folders, looked through for changes, and each revision's bytes kept for its jobs. */
import { type JsonObject, Problem } from '@busbar/kernel'
import { connectionsOf, type LibrarySource, loadWorkspace, type SourceFile, type Workspace } from '@busbar/stroem'
import type { Sources } from '../config/key.js'
import { folderLimits } from '../http/limits.js'
import type { Log } from '../log.js'
import { type Archives, archiveOf } from './archives.js'
import { type FolderFile, readScanned, scanFolder } from './folder.js'

export interface WorkspaceEntry {
  readonly name: string
  /** The newest that could be loaded; null when none could. */
  readonly loaded: { readonly workspace: Workspace; readonly revision: string } | null
  /** Why the folder as it is now cannot be loaded; null when it can. */
  readonly error: string | null
  /** Of the folder as it is now, whether it loads or not; null when it cannot be read. */
  readonly revision: string | null
}

export interface WorkspacesOptions {
  readonly workspaces: Sources
  readonly libraries: Sources
  readonly refreshMs: number
  readonly archives: Archives
  readonly log: Log
  readonly now: () => number
}

/** Between two refreshes that a caller asks for. */
const refreshPauseMs = 5_000

interface Library {
  readonly source: LibrarySource
  readonly files: readonly FolderFile[]
}

export class Workspaces {
  readonly #options: WorkspacesOptions
  readonly #entries = new Map<string, WorkspaceEntry>()
  readonly #connections = new WeakMap<Workspace, JsonObject>()
  readonly #fingerprints = new Map<string, string>()
  readonly #refreshedAt = new Map<string, number>()
  readonly #libraries = new Map<string, Library>()
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> = Promise.resolve()

  constructor(options: WorkspacesOptions) {
    this.#options = options
  }

  /** Loads libraries once and every workspace; one that fails is listed with its error. */
  async start(): Promise<void> {
    for (const [name, { path }] of Object.entries(this.#options.libraries)) await this.#loadLibrary(name, path)
    await this.runOnce()
    this.#timer = setInterval(() => {
      this.#running = this.runOnce()
    }, this.#options.refreshMs)
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#running
  }

  /** Looks through all folders once; loads those that changed. */
  async runOnce(): Promise<void> {
    for (const name of Object.keys(this.#options.workspaces)) await this.#load(name, false)
  }

  list(): readonly WorkspaceEntry[] {
    return [...this.#entries.values()]
  }

  find(name: string): WorkspaceEntry | null {
    return this.#entries.get(name) ?? null
  }

  /** Loads a workspace anew because somebody asked for it; too often is refused. `elsewhereAt`: when another server was last asked. */
  async refresh(name: string, elsewhereAt = Number.NEGATIVE_INFINITY): Promise<WorkspaceEntry> {
    const { now } = this.#options
    if (!Object.hasOwn(this.#options.workspaces, name)) throw new Problem('missing', `Workspace '${name}' not found`)
    const leftMs = Math.max(this.#refreshedAt.get(name) ?? Number.NEGATIVE_INFINITY, elsewhereAt) + refreshPauseMs - now()
    if (leftMs > 0) {
      const seconds = Math.max(1, Math.floor(leftMs / 1000))
      throw new Problem('throttled', `Workspace refresh rate-limited; retry after ${seconds}s`, { details: { retryAfterSeconds: seconds } })
    }
    this.#refreshedAt.set(name, now())
    await this.#load(name, true)
    const entry = this.find(name)
    if (!entry) throw new Problem('missing', `Workspace '${name}' not found`)
    return entry
  }

  /** Another server was asked to load it anew. */
  reread(name: string): Promise<void> {
    return this.#load(name, true)
  }

  /** The archive of a revision; null when that revision is not kept. */
  archive(name: string, revision: string): Promise<Buffer | null> {
    return this.#options.archives.find(name, revision)
  }

  secrets(name: string): JsonObject {
    return this.#entries.get(name)?.loaded?.workspace.secrets ?? {}
  }

  connections(name: string): JsonObject {
    const workspace = this.#entries.get(name)?.loaded?.workspace
    if (!workspace) return {}
    const known = this.#connections.get(workspace) ?? connectionsOf(workspace)
    this.#connections.set(workspace, known)
    return known
  }

  async #loadLibrary(name: string, path: string): Promise<void> {
    try {
      const { files } = await readScanned(await scanFolder(path))
      this.#libraries.set(name, { files, source: { name, files: yamlOf(files) } })
    } catch (error) {
      this.#options.log.error('library not loaded', { library: name, reason: reasonOf(error) })
    }
  }

  async #load(name: string, always: boolean): Promise<void> {
    const source = this.#options.workspaces[name]
    if (!source) return
    try {
      const scan = await scanFolder(source.path)
      if (!always && this.#fingerprints.get(name) === scan.fingerprint) return
      const { files, revision } = await readScanned(scan)
      this.#fingerprints.set(name, scan.fingerprint)
      const libraries = [...this.#libraries.values()]
      const loaded = loadWorkspace(yamlOf(files), { name, libraries: libraries.map(library => library.source) })
      if ('error' in loaded) {
        this.#fail(name, revision, loaded.error)
        return
      }
      await this.#options.archives.keep(name, revision, await archiveOf(files, new Map(libraries.map(library => [library.source.name, library.files]))))
      const workspace = { ...loaded.workspace, warnings: [...scan.warnings, ...tooLarge(files), ...loaded.workspace.warnings] }
      this.#entries.set(name, { name, loaded: { workspace, revision }, error: null, revision })
      this.#options.log.info('workspace loaded', { workspace: name, revision, files: files.length, warnings: workspace.warnings.length })
    } catch (error) {
      // Looked at again at the next round.
      this.#fingerprints.delete(name)
      this.#fail(name, null, reasonOf(error))
    }
  }

  #fail(name: string, revision: string | null, error: string): void {
    const before = this.#entries.get(name)
    if (before?.error !== error) this.#options.log.warn('workspace not loaded', { workspace: name, reason: error })
    this.#entries.set(name, { name, loaded: before?.loaded ?? null, error, revision })
  }
}

function yamlOf(files: readonly FolderFile[]): readonly SourceFile[] {
  return files.filter(file => isYaml(file) && !isTooLarge(file)).map(({ path, bytes }) => ({ path, text: bytes.toString('utf8') }))
}

function isYaml({ path }: FolderFile): boolean {
  return /\.ya?ml$/.test(path)
}

function isTooLarge({ bytes }: FolderFile): boolean {
  return bytes.length > folderLimits.yamlBytesMax
}

function tooLarge(files: readonly FolderFile[]): readonly string[] {
  return files
    .filter(file => isYaml(file) && isTooLarge(file))
    .map(({ path }) => `${path} is YAML of more than ${folderLimits.yamlBytesMax} bytes and left out`)
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
