import type { DefinitionId, DefinitionKind, Instant } from '@busbar/kernel'
import { snapshotGraceMs } from '../limits.js'
import type { StoredDefinition } from '../store.js'
import type { Database } from './driver.js'

export interface DefinitionRow {
  readonly kind: DefinitionKind
  readonly namespace: string
  readonly name: string
  readonly version: number
  readonly body: string
  readonly created_at: Instant
  readonly updated_at: Instant
}

export function prepareDefinitions(database: Database) {
  const upsert = database.prepare(`
    INSERT INTO definitions (kind, namespace, name, version, body, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (kind, namespace, name, version)
    DO UPDATE SET body = excluded.body, created_at = excluded.created_at, updated_at = excluded.updated_at`)
  const one = database.prepare<DefinitionRow>('SELECT * FROM definitions WHERE kind = ? AND namespace = ? AND name = ? AND version = ?')
  const highest = database.prepare<DefinitionRow>('SELECT * FROM definitions WHERE kind = ? AND namespace = ? AND name = ? ORDER BY version DESC LIMIT 1')
  const ofNamespace = database.prepare<DefinitionRow>('SELECT * FROM definitions WHERE kind = ? AND namespace = ? ORDER BY name, version')
  const ofName = database.prepare<DefinitionRow>('SELECT * FROM definitions WHERE kind = ? AND namespace = ? AND name = ? ORDER BY version')
  const remove = database.prepare('DELETE FROM definitions WHERE kind = ? AND namespace = ? AND name = ? AND version = ?')

  return {
    put({ kind, namespace, name, version, body, createdAt, updatedAt }: StoredDefinition): void {
      upsert.run(kind, namespace, name, version, body, createdAt, updatedAt)
    },
    get(kind: DefinitionKind, namespace: string, name: string, version: number | null): StoredDefinition | null {
      const row = version === null ? highest.get(kind, namespace, name) : one.get(kind, namespace, name, version)
      return row ? definitionFromRow(row) : null
    },
    list(kind: DefinitionKind, namespace: string, name?: string): readonly StoredDefinition[] {
      return (name === undefined ? ofNamespace.all(kind, namespace) : ofName.all(kind, namespace, name)).map(definitionFromRow)
    },
    remove(kind: DefinitionKind, namespace: string, name: string, version: number): boolean {
      return Number(remove.run(kind, namespace, name, version).changes) === 1
    },
  }
}

export function definitionFromRow({ kind, namespace, name, version, body, created_at, updated_at }: DefinitionRow): StoredDefinition {
  return { kind, namespace, name, version, body, createdAt: created_at, updatedAt: updated_at }
}

export function prepareSnapshots(database: Database) {
  // The id is the hash of the text: what is there already is the same.
  const insert = database.prepare('INSERT INTO snapshots (id, text, used_at) VALUES (?, ?, ?)')
  const usedAt = database.prepare<{ used_at: Instant }>('SELECT used_at FROM snapshots WHERE id = ?')
  const use = database.prepare('UPDATE snapshots SET used_at = ? WHERE id = ?')
  const select = database.prepare<{ text: string }>('SELECT text FROM snapshots WHERE id = ?')
  return {
    put(id: DefinitionId, text: string, now: Instant): void {
      const known = usedAt.get(id)
      if (!known) insert.run(id, text, now)
      else if (known.used_at <= now - snapshotGraceMs) use.run(now, id)
    },
    get: (id: DefinitionId) => select.get(id)?.text ?? null,
  }
}
