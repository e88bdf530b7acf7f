/** The folder in which the server keeps what is its own: the database and the worker token. */
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Problem } from '@busbar/kernel'

const ownerOnly = 0o700
const othersMask = 0o077

/** Makes the folder if it is missing, and closes it to other accounts. */
export async function openDataFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: ownerOnly })
    const found = await stat(path)
    if (!found.isDirectory()) throw new Problem('invalid', `the data folder ${path} is a file: name another folder with "data"`)
    if ((found.mode & othersMask) !== 0) await chmod(path, ownerOnly)
  } catch (cause) {
    if (cause instanceof Problem) throw cause
    throw new Problem(
      'unavailable',
      `the data folder ${path} cannot be used (${codeOf(cause)}): give the server's account its own writable folder with "data"`,
      { cause },
    )
  }
}

const tokenFile = 'worker-token'

/** The token that workers show: made at the first start, and the same ever after. */
export async function workerTokenIn(folder: string): Promise<string> {
  const path = join(folder, tokenFile)
  try {
    const existing = (await readFile(path, 'utf8')).trim()
    if (existing.length > 0) return existing
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw unreadable(path, cause)
  }
  const token = `bb_worker_${randomBytes(32).toString('base64url')}`
  try {
    await writeFile(path, `${token}\n`, { mode: 0o600 })
  } catch (cause) {
    throw unreadable(path, cause)
  }
  return token
}

function unreadable(path: string, cause: unknown): Problem {
  return new Problem('unavailable', `the worker token ${path} cannot be read or written (${codeOf(cause)}): check who owns the data folder`, { cause })
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
}
