/**
 * A refresh that somebody asks of one server is one of all servers on its store: each has the folders for itself, so they tell
 * each other when one was asked for. The note stands among the definitions, whose news travel and whose reads are never stale.
 */
import type { EngineApi } from '@busbar/engine'
import type { Instant } from '@busbar/kernel'
import type { WorkspaceEntry, Workspaces } from './workspaces.js'

const kind = 'task'
const namespace = 'workspace-refresh'

export class SharedRefresh {
  readonly #engine: EngineApi
  readonly #workspaces: Workspaces
  /** The notes that this server has followed. */
  readonly #followed = new Map<string, Instant>()

  constructor(engine: EngineApi, workspaces: Workspaces) {
    this.#engine = engine
    this.#workspaces = workspaces
    if (engine.store.sharing) engine.onDefinitions(() => void this.#follow().catch(() => {}))
  }

  async refresh(name: string): Promise<WorkspaceEntry> {
    if (!this.#engine.store.sharing) return this.#workspaces.refresh(name)
    const note = await this.#engine.definition(kind, namespace, name, 0)
    const entry = await this.#workspaces.refresh(name, note?.updatedAt)
    const now = this.#engine.now()
    this.#followed.set(name, now)
    await this.#engine.putDefinition({ kind, namespace, name, version: 0, body: '{}', createdAt: now, updatedAt: now })
    return entry
  }

  /** What is missed here, the next look through the folders finds. */
  async #follow(): Promise<void> {
    for (const { name, updatedAt } of await this.#engine.definitions(kind, namespace)) {
      if ((this.#followed.get(name) ?? 0) >= updatedAt) continue
      this.#followed.set(name, updatedAt)
      await this.#workspaces.reread(name)
    }
  }
}
