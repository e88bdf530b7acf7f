/** From the files of a folder to a workspace (strom-server.md §6). */
import { importLibrary } from './import-library.js'
import { readFolder } from './read-folder.js'
import { dictionaryOf } from './reader.js'
import { renderSecrets } from './render-secrets.js'
import type { SourceFile } from './source-file.js'
import type { Workspace } from './types.js'

export type { SourceFile } from './source-file.js'

export interface LibrarySource {
  readonly name: string
  readonly files: readonly SourceFile[]
}

export interface LoadOptions {
  readonly name?: string
  readonly libraries?: readonly LibrarySource[]
}

export type Loaded = { readonly workspace: Workspace } | { readonly error: string }

/**
 * `files` are all files below the root, or at least the YAML ones. What cannot be read is left out and named in
 * `warnings`; only secrets and connections that do not render keep a workspace from loading.
 */
export function loadWorkspace(files: readonly SourceFile[], { name = '', libraries = [] }: LoadOptions = {}): Loaded {
  const parts = readFolder(files, 'workspace')
  const rendered = renderSecrets(parts.secrets, parts.connections, dictionaryOf(parts.connectionTypes))
  if (!rendered.ok) return { error: rendered.message }
  for (const library of libraries) importLibrary(parts, library.name, readFolder(library.files, 'library'))
  return {
    workspace: {
      name,
      secrets: rendered.secrets,
      connectionTypes: dictionaryOf(parts.connectionTypes),
      connections: rendered.connections,
      actions: dictionaryOf(parts.actions),
      tasks: dictionaryOf(parts.tasks),
      triggers: dictionaryOf(parts.triggers),
      hooks: parts.hooks,
      mcpServers: dictionaryOf(parts.mcpServers),
      warnings: parts.warnings,
    },
  }
}
