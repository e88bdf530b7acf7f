/** The folder in which the server keeps what is its own: the database and the worker token. */
import { chmod, mkdir, stat } from 'node:fs/promises'
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

export function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
}
