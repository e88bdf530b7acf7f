// Replays recorded answers of the original servers against a real server of ours: `node conformance/run.mjs [options]`.
//
//   --store NAME     sqlite (default) or postgres: a real one, started for this and removed afterwards
//   --servers N      so many server processes on one database behind a proxy that sends each request to the next one
//   --all            all of it, side by side: sqlite, postgres, and postgres with three servers
//   --only REGEX     only cases whose suite/name matches
//   --listed         play the cases of not-built.json instead: whichever agrees by now must leave that list
//   --keep           leave the servers' data behind and say where
//
// The recordings live in a folder beside the project (or BUSBAR_CONFORMANCE). Where it is missing, that part is skipped
// and only the project's own cases are played.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { playAll } from './all.mjs'
import { playOwnCases } from './own-player.mjs'
import { Servers } from './servers.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(here)
const recordingsAt = process.env.BUSBAR_CONFORMANCE ?? join(dirname(root), 'shared', 'conformance')
// The players find out by their path whether they are the program that runs: a link would make them do nothing.
const recordings = existsSync(recordingsAt) ? realpathSync(recordingsAt) : recordingsAt
const options = readOptions()
if (options.all) process.exit(await playAll(fileURLToPath(import.meta.url), options))

const scratch = mkdtempSync(join(tmpdir(), 'busbar-conformance-'))
const servers = new Servers({ ...options, scratch, recordings, program: join(root, 'apps', 'cli', 'dist', 'main.js') })
const notBuilt = JSON.parse(readFileSync(join(here, 'not-built.json'), 'utf8'))
const different = JSON.parse(readFileSync(join(here, 'differences.json'), 'utf8'))

/** Where each suite's cases are, which server it needs, and how its player is called. */
const suites = [
  { name: 'conductor/engine', server: 'conductor', player: 'conductor/engine/trace.mjs', gold: '--gold', url: base => `${base}/api`, jobs: 8 },
  { name: 'conductor/wire', server: 'conductor', player: 'wire.mjs', gold: '--recorded', url: base => `${base}/api`, jobs: 4 },
  { name: 'stroem/flows', server: 'stroem', player: 'stroem/flows/flows.mjs', gold: null, url: base => base, jobs: 6 },
  { name: 'stroem/wire', server: 'stroem', player: 'wire.mjs', gold: '--recorded', url: base => base, jobs: 1 },
  { name: 'stroem/wire-auth', server: 'stroem', player: 'wire.mjs', gold: '--recorded', url: base => base, jobs: 1 },
]

let passed = 0
let failed = 0
try {
  const own = await playOwnCases({ cases: join(here, 'cases'), server: () => servers.url('conductor'), only: options.only })
  passed += own.passed
  failed += own.failed
  if (existsSync(recordings)) for (const suite of suites) await playSuite(suite)
  else console.log(`No recordings of the original servers at ${recordings}: that part is skipped.`)
} finally {
  await servers.stop()
  if (options.keep) console.log(`The servers' data is in ${scratch}`)
  else rmSync(scratch, { recursive: true, force: true })
}
const { store, servers: count } = options
console.log(`${passed} passed, ${failed} failed (${store}${count > 1 ? `, ${count} servers` : ''})`)
process.exit(failed > 0 ? 1 : 0)

async function playSuite(suite) {
  const all = readdirSync(join(recordings, suite.name, 'cases'))
    .filter(file => file.endsWith('.json'))
    .map(file => basename(file, '.json'))
  const listed = new Set([...namesIn(notBuilt[suite.name], all, suite.name), ...Object.keys(different[suite.name] ?? {})])
  const wanted = all.filter(name => listed.has(name) === Boolean(options.listed) && new RegExp(options.only).test(`${suite.name}/${name}`))
  if (wanted.length === 0) return
  const folder = selection(suite, wanted)
  const url = suite.url(await servers.url(suite.server))
  const args = [join(recordings, suite.player), 'compare', '--url', url, '--jobs', String(suite.jobs)]
  if (suite.gold) args.push('--cases', join(folder, 'cases'), suite.gold, join(folder, 'recorded'))
  else args.push('--dir', folder)
  if (options.listed && suite.name === 'conductor/engine') args.push('--timeout', '10', '--patience', '1')
  const begun = performance.now()
  const result = await player(args)
  if (result.played !== wanted.length) throw new Error(`${suite.name}: ${wanted.length} cases were to be played, the player says ${result.played}`)
  const agreed = wanted.length - result.failing.length
  console.log(
    `${suite.name}: ${agreed} of ${wanted.length} agree${options.listed ? ' (all of them listed as not built)' : `, ${listed.size} not built or different on purpose`}; ${((performance.now() - begun) / 1000).toFixed(0)} s`,
  )
  if (options.listed) {
    const done = wanted.filter(name => !result.failing.includes(name))
    for (const name of done) console.log(`  agrees by now, take it off the list: ${name}`)
    failed += done.length
    passed += result.failing.length
    return
  }
  for (const line of result.lines) console.log(`  ${line}`)
  passed += agreed
  failed += result.failing.length
}

/** The cases to play, as a folder of links: every player takes a folder, not a list. */
function selection(suite, names) {
  const folder = join(scratch, suite.name.replace('/', '-'))
  mkdirSync(join(folder, 'cases'), { recursive: true })
  mkdirSync(join(folder, 'recorded'), { recursive: true })
  for (const name of names) {
    for (const kind of ['cases', 'recorded']) {
      const file = join(recordings, suite.name, kind, `${name}.json`)
      if (existsSync(file)) symlinkSync(file, join(folder, kind, `${name}.json`))
    }
  }
  const settings = join(recordings, suite.name, 'suite.json')
  if (existsSync(settings)) symlinkSync(settings, join(folder, 'suite.json'))
  return folder
}

/** Families name cases, or with a star at the end all that begin so. A name that no case has is a mistake in the list. */
function namesIn(families, all, suite) {
  const found = []
  for (const [family, { cases }] of Object.entries(families ?? {})) {
    for (const pattern of cases) {
      const matching = pattern.endsWith('*') ? all.filter(name => name.startsWith(pattern.slice(0, -1))) : all.filter(name => name === pattern)
      if (matching.length === 0) throw new Error(`not-built.json: ${suite}, family ${family}: no case is called ${pattern}`)
      found.push(...matching)
    }
  }
  return found
}

function player(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const lines = []
    const failing = []
    let played = 0
    createInterface({ input: child.stdout }).on('line', line => {
      const name = /^(?:FAIL|FAILED)\s+(\S+)/.exec(line)?.[1]
      if (name) failing.push(name)
      const count = /^(\d+) passed, (\d+) failed$/.exec(line)
      if (count) played = Number(count[1]) + Number(count[2])
      if (name || /^\s{4,}/.test(line)) lines.push(line)
    })
    child.once('error', reject)
    child.once('close', code =>
      code === 2 || (code !== 0 && failing.length === 0)
        ? reject(new Error(`the player ${basename(args[0])} broke off with ${code}`))
        : resolve({ lines, failing, played }),
    )
  })
}

function readOptions() {
  const options = {
    store: { type: 'string', default: 'sqlite' },
    servers: { type: 'string', default: '1' },
    all: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    listed: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  }
  try {
    const { values } = parseArgs({ options })
    const servers = Number(values.servers)
    if (!['sqlite', 'postgres'].includes(values.store)) throw new Error(`--store must be sqlite or postgres, found '${String(values.store)}'`)
    if (!Number.isInteger(servers) || servers < 1 || servers > 9) throw new Error(`--servers must be a number from 1 to 9, found '${String(values.servers)}'`)
    if (servers > 1 && values.store === 'sqlite') throw new Error('--servers needs --store postgres: a file has one server')
    return { ...values, servers }
  } catch (error) {
    console.error(error.message)
    process.exit(2)
  }
}
