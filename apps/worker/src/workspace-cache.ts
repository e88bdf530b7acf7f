/**
 * Workspaces on the worker's disk (strom-worker.md §12): `{cache}/{workspace}/{revision}/`, unpacked beside and renamed
 * when whole. A revision in use is never removed; of the others the newest few stay.
 */
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { unpackTar } from 'modern-tar/fs'
import { pipeline } from 'node:stream/promises'

export interface WorkspaceSource {
  workspace(name: string, revision: string | null, signal: AbortSignal): Promise<{ revision: string; body: AsyncIterable<Uint8Array> }>
}

export interface Checkout {
  readonly path: string
  release(): void
}

const unpackedBytesMax = 1024 ** 3
const packedBytesMax = 512 * 1024 ** 2

export class WorkspaceCache {
  readonly #root: string
  readonly #source: WorkspaceSource
  readonly #retainedMax: number
  readonly #users = new Map<string, number>()
  /** Downloads under way, so that two steps of one new revision share one. */
  readonly #coming = new Map<string, Promise<string>>()

  constructor(root: string, source: WorkspaceSource, retainedMax: number) {
    this.#root = root
    this.#source = source
    this.#retainedMax = retainedMax
  }

  /** The unpacked revision (null: the live one, asked for each time). Release it when the step has ended. */
  async checkout(workspace: string, revision: string | null, signal: AbortSignal): Promise<Checkout> {
    const path = await this.#path(workspace, revision, signal)
    this.#users.set(path, (this.#users.get(path) ?? 0) + 1)
    let released = false
    return {
      path,
      release: () => {
        if (released) return
        released = true
        const left = (this.#users.get(path) ?? 1) - 1
        if (left > 0) this.#users.set(path, left)
        else this.#users.delete(path)
      },
    }
  }

  async #path(workspace: string, revision: string | null, signal: AbortSignal): Promise<string> {
    const home = join(this.#root, safeName(workspace))
    const known = revision === null ? null : join(home, safeName(revision))
    if (known !== null && (await isFolder(known))) return known
    const key = `${workspace}\n${revision ?? ''}`
    const coming = this.#coming.get(key) ?? this.#fetch(workspace, revision, home, signal).finally(() => this.#coming.delete(key))
    this.#coming.set(key, coming)
    return coming
  }

  async #fetch(workspace: string, revision: string | null, home: string, signal: AbortSignal): Promise<string> {
    const answer = await this.#source.workspace(workspace, revision, signal)
    const path = join(home, safeName(answer.revision))
    const part = `${path}.${process.pid}.tmp`
    await mkdir(home, { recursive: true })
    await rm(part, { recursive: true, force: true })
    try {
      await unpack(answer.body, part)
      if (!(await isFolder(path))) await rename(part, path)
    } finally {
      await rm(part, { recursive: true, force: true })
    }
    await this.#clean(home, path)
    return path
  }

  async #clean(home: string, current: string): Promise<void> {
    const idle: { path: string; usedAt: number }[] = []
    for (const name of await readdir(home)) {
      const path = join(home, name)
      if (path === current || this.#users.has(path) || name.endsWith('.tmp')) continue
      idle.push({ path, usedAt: (await stat(path)).mtimeMs })
    }
    idle.sort((a, b) => b.usedAt - a.usedAt)
    for (const { path } of idle.slice(this.#retainedMax)) await rm(path, { recursive: true, force: true })
  }
}

/** `modern-tar` refuses entries and links that would leave the folder; sizes are bounded here. */
async function unpack(body: AsyncIterable<Uint8Array>, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const tar = createGunzip()
  const bounded = bound(Readable.from(body), packedBytesMax, 'packed')
  await Promise.all([pipeline(bounded, tar), pipeline(bound(tar, unpackedBytesMax, 'unpacked'), unpackTar(folder))])
  const now = new Date()
  await utimes(folder, now, now)
}

function bound(stream: AsyncIterable<Uint8Array>, bytesMax: number, what: string): Readable {
  async function* counted() {
    let bytes = 0
    for await (const chunk of stream) {
      bytes += chunk.length
      if (bytes > bytesMax) throw new Error(`the workspace is larger than ${bytesMax} bytes ${what}`)
      yield chunk
    }
  }
  return Readable.from(counted())
}

/** Names become one path segment each: `..` and separators cannot lead out of the cache. */
export function safeName(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9\-_.]/g, '_')
  if (plain === '..') return '_dotdot'
  if (plain === '.') return '_dot'
  return plain === '' ? '_' : plain
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}
