/**
 * Reads a workspace folder whole: the bytes that a revision is made of are the bytes that workers get for it.
 *
 * F1. Nothing outside the folder is read: a link is followed only to what lies inside, and is noted otherwise.
 * F2. A link back to a folder that is being walked ends there.
 * F3. Depth, count and bytes are bounded.
 */
import { createHash } from 'node:crypto'
import { type Dirent } from 'node:fs'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { Problem } from '@busbar/kernel'
import { folderLimits } from '../http/limits.js'

export interface FolderFile {
  /** Relative to the root, with `/`. */
  readonly path: string
  readonly bytes: Buffer
  readonly executable: boolean
}

export interface Folder {
  /** In the order of their paths. */
  readonly files: readonly FolderFile[]
  /** BLAKE2s-256 over paths and contents, in hex. */
  readonly revision: string
  readonly warnings: readonly string[]
}

/** What belongs to a version control system is no part of a workspace. */
const skipped = new Set(['.git', '.hg', '.svn'])

export async function readFolder(path: string): Promise<Folder> {
  const walk = await Walk.at(path)
  await walk.enter('', walk.root, 0, new Set([walk.root]))
  const files = walk.files.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  return { files, revision: revisionOf(files), warnings: walk.warnings }
}

export function revisionOf(files: readonly FolderFile[]): string {
  const hash = createHash('blake2s256')
  for (const { path, bytes, executable } of files) {
    // Lengths keep "a" + "bc" and "ab" + "c" apart; the x bit is shipped, so it is part of the revision.
    hash.update(`${path.length}:${path}${executable ? '*' : ''}:${bytes.length}:`).update(bytes)
  }
  return hash.digest('hex')
}

class Walk {
  readonly files: FolderFile[] = []
  readonly warnings: string[] = []
  readonly root: string
  #bytes = 0

  private constructor(root: string) {
    this.root = root
  }

  static async at(path: string): Promise<Walk> {
    try {
      const root = await realpath(path)
      if (!(await stat(root)).isDirectory()) throw new Problem('invalid', `the workspace path ${path} is a file: name its folder`)
      return new Walk(root)
    } catch (cause) {
      if (cause instanceof Problem) throw cause
      throw new Problem('missing', `the workspace folder ${path} cannot be read: ${(cause as Error).message}`, { cause })
    }
  }

  async enter(prefix: string, real: string, depth: number, above: ReadonlySet<string>): Promise<void> {
    if (depth >= folderLimits.depthMax) {
      this.warnings.push(`${prefix} is deeper than ${folderLimits.depthMax} folders and left out`)
      return
    }
    for (const entry of await readdir(real, { withFileTypes: true })) {
      if (!skipped.has(entry.name)) await this.#take(entry, prefix + entry.name, join(real, entry.name), depth, above)
    }
  }

  async #take(entry: Dirent, path: string, at: string, depth: number, above: ReadonlySet<string>): Promise<void> {
    const real = entry.isSymbolicLink() ? await this.#inside(path, at) : at
    if (real === null) return
    const found = await stat(real)
    if (found.isDirectory()) {
      if (above.has(real)) this.warnings.push(`${path} is a link to a folder above it and left out`)
      else await this.enter(`${path}/`, real, depth + 1, new Set([...above, real]))
      return
    }
    if (!found.isFile()) return
    if (found.size > folderLimits.fileBytesMax) {
      this.warnings.push(`${path} is larger than ${folderLimits.fileBytesMax} bytes and left out`)
      return
    }
    await this.#keep(path, real, (found.mode & 0o111) !== 0)
  }

  async #keep(path: string, real: string, executable: boolean): Promise<void> {
    const bytes = await readFile(real)
    this.#bytes += bytes.length
    if (this.files.length >= folderLimits.filesMax) throw new Problem('invalid', `the workspace holds more than ${folderLimits.filesMax} files: split it`)
    if (this.#bytes > folderLimits.totalBytesMax) throw new Problem('invalid', `the workspace holds more than ${folderLimits.totalBytesMax} bytes: move large files out of it`)
    this.files.push({ path, bytes, executable })
  }

  /** Where a link leads, or null when it leads nowhere or out of the workspace (F1). */
  async #inside(path: string, at: string): Promise<string | null> {
    try {
      const real = await realpath(at)
      const way = relative(this.root, real)
      if (way !== '..' && !way.startsWith(`..${sep}`)) return real
      this.warnings.push(`${path} is a link out of the workspace and left out`)
    } catch {
      this.warnings.push(`${path} is a link to nothing and left out`)
    }
    return null
  }
}
