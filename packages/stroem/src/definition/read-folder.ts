/** The workflow files of a folder, added up. */
import { BadField } from './reader.js'
import { parseFile, type SourceFile } from './source-file.js'
import { mergeParts, noParts, type Parts, readParts } from './workspace-parts.js'

const filesMax = 5_000
const foldersDeepMax = 10
const workflowsFolder = '.workflows/'

/** A library lends actions to many workspaces: it has no folders to show, and its encrypted files are its own affair. */
export type FolderKind = 'workspace' | 'library'

/** A file that cannot be read is left out with a warning; the rest counts. */
export function readFolder(files: readonly SourceFile[], kind: FolderKind): Parts {
  const parts = noParts()
  const chosen = workflowFiles(files)
  if (chosen.length > filesMax) parts.warnings.push(`Skipping ${chosen.length - filesMax} files: at most ${filesMax} are read`)
  for (const file of chosen.slice(0, filesMax)) addFile(parts, file, kind)
  return parts
}

/** Those below `.workflows`, or all when there is none; in the order of their paths. */
function workflowFiles(files: readonly SourceFile[]): readonly SourceFile[] {
  const inside = files.filter(file => file.path.startsWith(workflowsFolder))
  const scanned = inside.length === 0 ? files : inside.map(file => ({ ...file, path: file.path.slice(workflowsFolder.length) }))
  return scanned.filter(file => /\.ya?ml$/.test(file.path) && file.path.split('/').length <= foldersDeepMax + 1).sort(byPath)
}

/** Folder by folder: `a/z.yaml` comes before `a-b.yaml`. */
function byPath(a: SourceFile, b: SourceFile): number {
  const [left, right] = [a.path.split('/'), b.path.split('/')]
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [one = '', other = ''] = [left[i], right[i]]
    if (one !== other) return one < other ? -1 : 1
  }
  return left.length - right.length
}

function addFile(parts: Parts, file: SourceFile, kind: FolderKind): void {
  if (/\.sops\.ya?ml$/.test(file.path)) {
    if (kind === 'workspace') parts.warnings.push(`Skipping '${file.path}': files encrypted with sops are not supported`)
    return
  }
  try {
    const { root, warnings } = parseFile(file.text)
    const added = root === null ? noParts() : readParts(root, kind === 'workspace' ? folderOf(file.path) : null)
    mergeParts(parts, added)
    parts.warnings.push(...[...warnings, ...added.warnings].map(warning => `'${file.path}': ${warning}`))
  } catch (error) {
    if (!(error instanceof BadField)) throw error
    parts.warnings.push(`Skipping '${file.path}': ${error.message}`)
  }
}

function folderOf(path: string): string | null {
  const end = path.lastIndexOf('/')
  return end < 0 ? null : path.slice(0, end)
}
