// Makes a fresh clone ready: checks Node, installs what the lockfile says, builds what changed. Needs nothing but Node.
// A second run finds everything in place and takes a few milliseconds.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamps = join(root, 'node_modules', '.busbar')
const nodeWanted = [20, 19]

/** Exits with one sentence when the clone cannot be made ready. */
export function setup({ log = console.error } = {}) {
  checkNode()
  install(log)
  build(log)
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > nodeWanted[0] || (major === nodeWanted[0] && minor >= nodeWanted[1])) return
  fail(`Busbar needs Node ${nodeWanted.join('.')} or newer, and this is Node ${process.versions.node}: install a newer Node and start again.`)
}

function install(log) {
  const stamp = hashOf([join(root, 'package-lock.json')]) + process.versions.modules
  if (readStamp('installed') === stamp) return
  log('Installing dependencies (once)…')
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], 'The dependencies could not be installed; the lines above say why.')
  writeStamp('installed', stamp)
}

function build(log) {
  const stamp = newestSource()
  if (readStamp('built') === stamp) return
  log('Building…')
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b'], 'The build failed; the lines above say where.')
  writeStamp('built', stamp)
}

function run(command, args, sorry) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (result.error?.code === 'ENOENT') fail(`The program ${command} was not found: install Node with npm and start again.`)
  if (result.status !== 0) fail(sorry)
}

/** Name, size and time of every source and project file, as one hash: any edit, addition or removal changes it. */
function newestSource() {
  const hash = createHash('sha256')
  for (const top of ['packages', 'apps', 'simulation']) walk(join(root, top), hash)
  hash.update(readFileSync(join(root, 'tsconfig.base.json')))
  return hash.digest('hex')
}

function walk(folder, hash) {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.name === 'node_modules') continue
    // A build folder counts by being there: whoever removes it wants it built again.
    if (entry.name === 'dist') hash.update('dist')
    else if (entry.isDirectory()) walk(path, hash)
    else if (/\.(ts|json|mjs)$/.test(entry.name)) {
      const { size, mtimeMs } = statSync(path)
      hash.update(`${path}:${size}:${mtimeMs}\n`)
    }
  }
}

function hashOf(files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file))
  return hash.digest('hex')
}

function readStamp(name) {
  const path = join(stamps, name)
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

/** The build adds folders that count, so its stamp is taken afterwards. */
function writeStamp(name, value) {
  mkdirSync(stamps, { recursive: true })
  writeFileSync(join(stamps, name), name === 'built' ? newestSource() : value)
}

function fail(sentence) {
  console.error(sentence)
  process.exit(1)
}
