/** The archive of a workspace revision, as workers fetch it: the same files give the same bytes. */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { packTar, type TarEntry } from 'modern-tar'
import type { FolderFile } from './folder.js'

const compress = promisify(gzip)
/** A fixed moment, so that the archive depends on the files alone. */
const epoch = new Date(0)

export async function archiveOf(files: readonly FolderFile[], libraries: ReadonlyMap<string, readonly FolderFile[]>): Promise<Buffer> {
  const placed = [...files.map(file => ({ file, name: `./${file.path}` }))]
  for (const [library, content] of libraries) for (const file of content) placed.push({ file, name: `./_libraries/${library}/${file.path}` })
  const entries = placed.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(({ file, name }) => entryOf(file, name))
  // Gzip writes no name and no time here, so its bytes are the same each time.
  return compress(await packTar(entries), { level: 6 })
}

function entryOf(file: FolderFile, name: string): TarEntry {
  return { header: { name, size: file.bytes.length, mode: file.executable ? 0o755 : 0o644, mtime: epoch, uid: 0, gid: 0, type: 'file' }, body: file.bytes }
}
