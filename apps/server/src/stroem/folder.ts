/**
 * Reads a workspace folder whole: the bytes that a revision is made of are the bytes that workers get for it.
 *
 * F1. Nothing outside the folder is read: a link is followed only to what lies inside, and is noted otherwise.
 * F2. A link back to a folder that is being walked ends there.
 * F3. Depth, count and bytes are bounded.
 * F4. A scan looks at names, sizes and times only, so looking for changes costs no reading.
 */
import { createHash } from 'node:crypto'
import type { Dirent, Stats } from 'node:fs'
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
}

export interface Scan {
  /** Differs whenever the folder may have changed since. */
  readonly fingerprint: string
  readonly found: readonly ScannedFile[]
  readonly warnings: readonly string[]
}

interface ScannedFile {
  readonly path: string
  readonly real: string
  readonly executable: boolean
}

/** What belongs to a version control system is no part of a workspace. */
const skipped = new Set(['.git', '.hg', '.svn'])

export async function scanFolder(path: string): Promise<Scan> {
  const walk = new Walk(await rootOf(path))
  await walk.enter('', walk.root, 0, new Set([walk.root]))
  return { fingerprint: walk.fingerprint(), found: walk.found.toSorted(byPath), warnings: walk.warnings }
}

export async function readScanned(scan: Scan): Promise<Folder> {
  const files: FolderFile[] = []
  for (const { path, real, executable } of scan.found) files.push({ path, bytes: await readFile(real), executable })
  return { files, revision: revisionOf(files) }
}

function revisionOf(files: readonly FolderFile[]): string {
  const hash = createHash('blake2s256')
  for (const { path, bytes, executable } of files) {
    // Lengths keep "a" + "bc" and "ab" + "c" apart; the x bit is shipped, so it is part of the revision.
    hash.update(`${path.length}:${path}${executable ? '*' : ''}:${bytes.length}:`).update(bytes)
  }
  return hash.digest('hex')
}

async function rootOf(path: string): Promise<string> {
  let root: string
  let found: Stats
  try {
    root = await realpath(path)
    found = await stat(root)
  } catch (cause) {
    throw new Problem('missing', `the folder ${path} cannot be read: ${(cause as Error).message}`, { cause })
  }
  if (!found.isDirectory()) throw new Problem('invalid', `${path} is a file: expected a folder`)
  return root
}

function byPath(a: ScannedFile, b: ScannedFile): number {
  return a.path < b.path ? -1 : 1
}

class Walk {
  readonly found: ScannedFile[] = []
  readonly warnings: string[] = []
  readonly root: string
  readonly #seen: string[] = []
  #bytes = 0

  constructor(root: string) {
    this.root = root
  }

  fingerprint(): string {
    return createHash('blake2s256').update(this.#seen.sort().join('\n')).digest('hex')
  }

  async enter(prefix: string, real: string, depth: number, above: ReadonlySet<string>): Promise<void> {
    if (depth >= folderLimits.depthMax) {
      this.warnings.push(`${prefix} is deeper than ${folderLimits.depthMax} folders and left out`)
      return
    }
    for (const entry of await readdir(real, { withFileTypes: true })) {
      if (!skipped.has(entry.name)) await this.#look(entry, prefix + entry.name, join(real, entry.name), depth, above)
    }
  }

  async #look(entry: Dirent, path: string, at: string, depth: number, above: ReadonlySet<string>): Promise<void> {
    const real = entry.isSymbolicLink() ? await this.#inside(path, at) : at
    if (real === null) return
    const stats = await stat(real)
    if (stats.isFile()) this.#take(path, real, stats)
    if (!stats.isDirectory()) return
    if (above.has(real)) this.warnings.push(`${path} is a link to a folder above it and left out`)
    else await this.enter(`${path}/`, real, depth + 1, new Set([...above, real]))
  }

  #take(path: string, real: string, stats: Stats): void {
    if (stats.size > folderLimits.fileBytesMax) {
      this.warnings.push(`${path} is larger than ${folderLimits.fileBytesMax} bytes and left out`)
      return
    }
    this.#bytes += stats.size
    if (this.found.length >= folderLimits.filesMax) throw new Problem('invalid', `more than ${folderLimits.filesMax} files: split the folder`)
    if (this.#bytes > folderLimits.totalBytesMax)
      throw new Problem('invalid', `more than ${folderLimits.totalBytesMax} bytes: move large files out of the folder`)
    this.found.push({ path, real, executable: (stats.mode & 0o111) !== 0 })
    this.#seen.push(`${path}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}:${stats.ino}:${stats.mode}`)
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
