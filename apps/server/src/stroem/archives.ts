/** The archives of workspace revisions, on disk: a job that was started on a revision gets its bytes after a restart too. */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { packTar, type TarEntry } from 'modern-tar'
import { folderLimits } from '../http/limits.js'
import type { FolderFile } from './folder.js'

export interface Archives {
  /** Keeps the archive of a revision, and forgets the oldest ones of its workspace. */
  keep(workspace: string, revision: string, archive: Uint8Array): Promise<void>
  /** Null when that revision is not kept (any more). */
  find(workspace: string, revision: string): Promise<Buffer | null>
}

const revisionForm = /^[0-9a-f]{64}$/

export function openArchives(folder: string): Archives {
  // Names of files are made of hashes, never of names from outside.
  const prefixOf = (workspace: string) => `${createHash('blake2s256').update(workspace).digest('hex').slice(0, 32)}-`
  const pathOf = (workspace: string, revision: string) => join(folder, `${prefixOf(workspace)}${revision}.tar.gz`)
  return {
    async keep(workspace, revision, archive) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const path = pathOf(workspace, revision)
      await writeFile(`${path}.new`, archive, { mode: 0o600 })
      await rename(`${path}.new`, path)
      await forgetOldest(folder, prefixOf(workspace))
    },
    async find(workspace, revision) {
      if (!revisionForm.test(revision)) return null
      try {
        return await readFile(pathOf(workspace, revision))
      } catch {
        return null
      }
    },
  }
}

async function forgetOldest(folder: string, prefix: string): Promise<void> {
  const names = (await readdir(folder)).filter(name => name.startsWith(prefix))
  if (names.length <= folderLimits.revisionsMax) return
  const dated = await Promise.all(names.map(async name => ({ path: join(folder, name), at: (await stat(join(folder, name))).mtimeMs })))
  const oldest = dated.toSorted((a, b) => b.at - a.at).slice(folderLimits.revisionsMax)
  for (const { path } of oldest) await rm(path, { force: true })
}

const compress = promisify(gzip)
/** A fixed moment, so that the archive depends on the files alone. */
const epoch = new Date(0)

/** Entry names begin with `./`; libraries lie under `_libraries/<name>/`. The same files give the same bytes. */
export async function archiveOf(files: readonly FolderFile[], libraries: ReadonlyMap<string, readonly FolderFile[]>): Promise<Buffer> {
  const placed = files.map(file => ({ file, name: `./${file.path}` }))
  for (const [library, content] of libraries) for (const file of content) placed.push({ file, name: `./_libraries/${library}/${file.path}` })
  const entries = placed.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(({ file, name }) => entryOf(file, name))
  return compress(await packTar(entries), { level: 6 })
}

function entryOf(file: FolderFile, name: string): TarEntry {
  return { header: { name, size: file.bytes.length, mode: file.executable ? 0o755 : 0o644, mtime: epoch, uid: 0, gid: 0, type: 'file' }, body: file.bytes }
}
