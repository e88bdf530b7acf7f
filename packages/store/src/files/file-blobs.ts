/**
 * Blobs as files of one folder.
 *
 *   <folder>/<ab>/<id>             the bytes, written beside and renamed into place
 *   <folder>/users/<cd>/<user>/<id>  a second name of the same file for each user: the file system counts them
 */
import { createHash, randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rename, rm, rmdir, stat, unlink, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Instant, Problem } from '@busbar/kernel'
import { type BlobId, type Blobs, type BlobUse, byUserAndId, checkSize, parseBlobId } from '../blobs.js'

export function openFileBlobs(folder: string): Blobs {
  return new FileBlobs(folder)
}

class FileBlobs implements Blobs {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async put(id: BlobId, content: Uint8Array): Promise<void> {
    checkSize(content)
    const place = this.#placeOf(id)
    if (await this.#isThere(place)) return
    await makeFolder(dirname(place))
    const draft = `${place}.${randomUUID()}.part`
    try {
      await writeDurably(draft, content)
      await rename(draft, place)
      await syncFolder(dirname(place))
    } catch (cause) {
      await rm(draft, { force: true })
      throw new Problem('unavailable', `a payload could not be written to the data folder (${codeOf(cause)}): check its space and who owns it`, { cause })
    }
  }

  /** Somebody counts on it from now on: its age begins anew. */
  async #isThere(place: string): Promise<boolean> {
    const now = new Date()
    return (await orNull(utimes(place, now, now).then(() => true))) !== null
  }

  async get(id: BlobId): Promise<Uint8Array | null> {
    return orNull(readFile(this.#placeOf(id)))
  }

  async use(id: BlobId, user: string): Promise<number | null> {
    const place = this.#placeOf(id)
    const found = await orNull(stat(place))
    if (found === null) return null
    const second = join(this.#folderOf(user), id)
    await makeFolder(dirname(second))
    try {
      await link(place, second)
      await syncFolder(dirname(second))
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return null
      if (codeOf(cause) !== 'EEXIST') throw cause
    }
    return found.size
  }

  async uses(users: readonly string[]): Promise<readonly BlobUse[]> {
    const found: BlobUse[] = []
    for (const user of users) {
      for (const name of (await orNull(readdir(this.#folderOf(user)))) ?? []) {
        const id = parseBlobId(name)
        if (id !== null) found.push({ user, id })
      }
    }
    return found.sort(byUserAndId)
  }

  async removeUses(users: readonly string[]): Promise<number> {
    let removed = 0
    for (const user of users) {
      const folder = this.#folderOf(user)
      for (const name of (await orNull(readdir(folder))) ?? []) {
        await orNull(unlink(join(folder, name)))
        const id = parseBlobId(name)
        if (id !== null && (await this.#removeIfLast(id))) removed += 1
      }
      await orNull(rmdir(folder))
    }
    return removed
  }

  async #removeIfLast(id: BlobId): Promise<boolean> {
    const place = this.#placeOf(id)
    if ((await orNull(stat(place)))?.nlink !== 1) return false
    return (await orNull(unlink(place))) !== null
  }

  async removeUnused(before: Instant, count: number): Promise<number> {
    let removed = 0
    for (const part of (await orNull(readdir(this.#folder))) ?? []) {
      if (part === 'users') continue
      for (const name of (await orNull(readdir(join(this.#folder, part)))) ?? []) {
        if (removed >= count) return removed
        const place = join(this.#folder, part, name)
        const found = await orNull(stat(place))
        if (found === null || found.nlink !== 1 || found.mtimeMs >= before) continue
        await orNull(unlink(place))
        removed += 1
      }
    }
    return removed
  }

  #placeOf(id: BlobId): string {
    return join(this.#folder, id.slice(0, 2), id)
  }

  /** A user's name is no part of a path: its hash is. */
  #folderOf(user: string): string {
    const hash = createHash('sha256').update(user).digest('hex').slice(0, 32)
    return join(this.#folder, 'users', hash.slice(0, 2), hash)
  }
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
}

async function writeDurably(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** The name is durable as well. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Null: there is no such file or folder, or a folder is not empty. */
async function orNull<T>(doing: Promise<T>): Promise<T | null> {
  try {
    return await doing
  } catch (cause) {
    const code = codeOf(cause)
    if (code === 'ENOENT' || code === 'ENOTEMPTY' || code === 'EEXIST') return null
    throw cause
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
}
