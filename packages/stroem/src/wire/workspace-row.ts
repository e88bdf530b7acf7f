import type { JsonObject } from '@busbar/kernel'
import type { Workspace } from '../definition/types.js'

export type WorkspaceState =
  | { readonly name: string; readonly revision: string | null; readonly workspace: Workspace }
  /** It could not be loaded. */
  | { readonly name: string; readonly revision: string | null; readonly error: string }

/** A row of `GET /api/workspaces`. */
export function workspaceRow(state: WorkspaceState): JsonObject {
  if ('error' in state) return { name: state.name, ...counts(null), revision: state.revision, error: state.error }
  const { warnings } = state.workspace
  return { name: state.name, ...counts(state.workspace), revision: state.revision, ...(warnings.length > 0 ? { warnings } : {}) }
}

function counts(workspace: Workspace | null): JsonObject {
  const count = (dictionary: object | undefined) => Object.keys(dictionary ?? {}).length
  return {
    tasks_count: count(workspace?.tasks),
    actions_count: count(workspace?.actions),
    triggers_count: count(workspace?.triggers),
    connections_count: count(workspace?.connections),
  }
}
