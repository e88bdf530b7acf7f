// Peers are fetched once, with exact versions, into a folder that is not part of the project.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const peersFolder = fileURLToPath(new URL('../.peers/', import.meta.url))

/** `packages`: name → version. */
export function install(packages) {
  const missing = Object.entries(packages).filter(([name, version]) => versionOf(name) !== version)
  if (missing.length === 0) return
  mkdirSync(peersFolder, { recursive: true })
  if (!existsSync(join(peersFolder, 'package.json'))) writeFileSync(join(peersFolder, 'package.json'), '{"private":true,"type":"module"}\n')
  const specifiers = missing.map(([name, version]) => `${name}@${version}`)
  const result = spawnSync('npm', ['install', '--save-exact', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', ...specifiers], {
    cwd: peersFolder,
    stdio: ['ignore', 2, 2],
  })
  if (result.status !== 0) throw new Error(`${specifiers.join(', ')} could not be installed; run with --no-peer to leave peers out`)
}

function versionOf(name) {
  const file = join(peersFolder, 'node_modules', name, 'package.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : null
}
