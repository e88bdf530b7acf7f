/**
 * What Strøm workers show. Configured, or made once: kept in the data folder, and where several servers share a database also there, so that
 * all of them go by the one that was made first.
 */
import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Problem } from '@busbar/kernel'
import type { Store } from '@busbar/store'
import { codeOf } from './data-folder.js'
import type { Log } from './log.js'

const file = 'worker-token'
const fact = 'worker token'

export async function workerTokenOf(
  { data, workerToken }: { readonly data: string; readonly workerToken: string },
  { sharing, facts }: Pick<Store, 'sharing' | 'facts'>,
  log: Log,
): Promise<string> {
  if (workerToken !== '') return workerToken
  const own = await tokenIn(data)
  if (!sharing) return own ?? keptIn(data, made())
  const agreed = await facts.agree(fact, own ?? made())
  if (agreed === own) return own
  if (own !== null) log.warn('the worker token in the data folder gives way to the one of the other servers', { data })
  return keptIn(data, agreed)
}

function made(): string {
  return `bb_worker_${randomBytes(32).toString('base64url')}`
}

/** Null when there is none yet. */
async function tokenIn(folder: string): Promise<string | null> {
  const path = join(folder, file)
  try {
    const token = (await readFile(path, 'utf8')).trim()
    return token === '' ? null : token
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null
    throw unusable(path, cause)
  }
}

/** Written beside and put in its place: servers on one machine may share the folder. */
async function keptIn(folder: string, token: string): Promise<string> {
  const path = join(folder, file)
  const beside = `${path}.${randomBytes(8).toString('hex')}`
  try {
    await writeFile(beside, `${token}\n`, { mode: 0o600 })
    await rename(beside, path)
  } catch (cause) {
    throw unusable(path, cause)
  }
  return token
}

function unusable(path: string, cause: unknown): Problem {
  return new Problem('unavailable', `the worker token ${path} cannot be read or written (${codeOf(cause)}): check who owns the data folder`, { cause })
}
