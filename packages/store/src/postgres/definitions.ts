/** Definitions, their epoch, and snapshots. A write of a definition raises the epoch in the same statement. */
import type { DefinitionId, DefinitionKind, Instant } from '@busbar/kernel'
import { snapshotGraceMs } from '../limits.js'
import type { StoredDefinition } from '../store.js'
import type { Reader } from './connection.js'

export interface DefinitionRow {
  readonly kind: DefinitionKind
  readonly namespace: string
  readonly name: string
  readonly version: number
  readonly body: string
  readonly created_at: Instant
  readonly updated_at: Instant
}

export function definitionFromRow({ kind, namespace, name, version, body, created_at, updated_at }: DefinitionRow): StoredDefinition {
  return { kind, namespace, name, version, body, createdAt: created_at, updatedAt: updated_at }
}

export const definitionStatements = {
  one: { name: 'definition', text: 'SELECT * FROM definitions WHERE kind = $1 AND namespace = $2 AND name = $3 AND version = $4' },
  highest: { name: 'definition_highest', text: 'SELECT * FROM definitions WHERE kind = $1 AND namespace = $2 AND name = $3 ORDER BY version DESC LIMIT 1' },
  ofNamespace: { name: 'definitions', text: 'SELECT * FROM definitions WHERE kind = $1 AND namespace = $2 ORDER BY name, version' },
  ofName: { name: 'definitions_of_name', text: 'SELECT * FROM definitions WHERE kind = $1 AND namespace = $2 AND name = $3 ORDER BY version' },
  epoch: { name: 'definitions_epoch', text: 'SELECT epoch FROM definitions_epoch' },
  // The row of the epoch comes after that of the definition in each statement: who writes two at once waits, and nobody for the other.
  put: {
    name: 'put_definition',
    text: `
WITH written AS (
  INSERT INTO definitions (kind, namespace, name, version, body, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (kind, namespace, name, version)
  DO UPDATE SET body = excluded.body, created_at = excluded.created_at, updated_at = excluded.updated_at
  RETURNING 1
)
UPDATE definitions_epoch SET epoch = epoch + 1 WHERE EXISTS (SELECT 1 FROM written)`,
  },
  remove: {
    name: 'delete_definition',
    once: true,
    text: `
WITH gone AS (DELETE FROM definitions WHERE kind = $1 AND namespace = $2 AND name = $3 AND version = $4 RETURNING 1)
UPDATE definitions_epoch SET epoch = epoch + 1 WHERE EXISTS (SELECT 1 FROM gone) RETURNING epoch`,
  },
} as const

export async function definition(
  reader: Reader,
  kind: DefinitionKind,
  namespace: string,
  name: string,
  version: number | null,
): Promise<StoredDefinition | null> {
  const { one, highest } = definitionStatements
  const rows =
    version === null
      ? await reader.query<DefinitionRow>(highest, [kind, namespace, name])
      : await reader.query<DefinitionRow>(one, [kind, namespace, name, version])
  return rows[0] ? definitionFromRow(rows[0]) : null
}

export async function definitions(reader: Reader, kind: DefinitionKind, namespace: string, name?: string): Promise<readonly StoredDefinition[]> {
  const { ofNamespace, ofName } = definitionStatements
  const rows =
    name === undefined ? await reader.query<DefinitionRow>(ofNamespace, [kind, namespace]) : await reader.query<DefinitionRow>(ofName, [kind, namespace, name])
  return rows.map(definitionFromRow)
}

export async function definitionsEpoch(reader: Reader): Promise<number> {
  const [row] = await reader.query<{ epoch: number }>(definitionStatements.epoch, [])
  return row?.epoch ?? 0
}

export function putDefinitionValues({ kind, namespace, name, version, body, createdAt, updatedAt }: StoredDefinition): readonly unknown[] {
  return [kind, namespace, name, version, body, createdAt, updatedAt]
}

// ── Snapshots ──

export const snapshotStatements = {
  get: { name: 'snapshot', text: 'SELECT text FROM snapshots WHERE id = $1' },
  // An insert that meets a row locks it, which is a write too: so it looks first. The id is the hash of the text.
  put: {
    name: 'put_snapshot',
    text: `
INSERT INTO snapshots (id, text, used_at)
SELECT $1, $2, $3::bigint WHERE NOT EXISTS (SELECT 1 FROM snapshots WHERE id = $1 AND used_at > $3::bigint - ${snapshotGraceMs})
ON CONFLICT (id) DO UPDATE SET used_at = excluded.used_at WHERE snapshots.used_at <= excluded.used_at - ${snapshotGraceMs}`,
  },
} as const

export async function snapshot(reader: Reader, id: DefinitionId): Promise<string | null> {
  const [row] = await reader.query<{ text: string }>(snapshotStatements.get, [id])
  return row?.text ?? null
}
