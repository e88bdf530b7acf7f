import type { Workspace } from './types.js'

/** A file of a workspace: its path from the root, with slashes, and its text. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

export interface LibrarySource {
  readonly name: string
  readonly files: readonly SourceFile[]
}

export interface LoadOptions {
  readonly name?: string
  readonly libraries?: readonly LibrarySource[]
}

export type Loaded = { readonly workspace: Workspace } | { readonly error: string }

export function loadWorkspace(files: readonly SourceFile[], options: LoadOptions = {}): Loaded {
  return { error: `not yet: ${files.length} ${options.name}` }
}
