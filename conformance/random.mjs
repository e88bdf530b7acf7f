// Plays random definitions on several stores, and on servers that are killed in the middle of each: every trace must be the
// same. `node conformance/random.mjs [options]`.
//
//   --count N        definitions (200)
//   --seed S         number of the first one (the clock's); the same number is always the same definition
//   --store LIST     sqlite, postgres and postgres:3 (three servers on one database), separated by commas; the first is what
//                    the others are compared with (all three)
//   --kill           the same again on each, with all its servers killed (-9) once in the middle of every definition
//   --jobs N         plays at the same time (12); a kill hits four times as many
//   --keep           leave the traces behind and say where
//
// The definitions come from the generator of the recordings, which live beside the project (or at BUSBAR_CONFORMANCE).
// Where they are missing there is nothing to do.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { startPostgres } from '@busbar/store/testing/postgres-server'
import { PatientProxy } from './random/patient-proxy.mjs'
import { Server } from './random/server.mjs'
import { Strike } from './random/strike.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const recordings = process.env.BUSBAR_CONFORMANCE ?? join(dirname(root), 'shared', 'conformance')
const program = join(root, 'apps', 'cli', 'dist', 'main.js')
const differencesShown = 6
const options = readOptions()
if (!existsSync(recordings)) {
  console.log(`No recordings of the original servers at ${recordings}: there is no generator of definitions.`)
  process.exit(0)
}
// The player finds out by its path whether it is the program that runs: a link would make it do nothing.
const engine = join(realpathSync(recordings), 'conductor', 'engine')
const { differences } = await import(pathToFileURL(join(engine, 'trace.mjs')))

const scratch = mkdtempSync(join(tmpdir(), 'busbar-random-'))
const servers = []
let postgres = null
process.once('exit', () => {
  for (const server of servers) void server.kill()
  if (!options.keep) rmSync(scratch, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))

try {
  process.exitCode = await run()
} finally {
  await Promise.all(servers.map(server => server.kill()))
  await postgres?.stop()
  if (options.keep) console.log(`The traces are in ${scratch}`)
}

async function run() {
  const { count, seed, stores } = options
  const cases = join(scratch, 'cases')
  spawnSync(process.execPath, [join(engine, 'generate.mjs'), '--first', String(seed), '--count', String(count), '--out', cases], { stdio: 'inherit' })
  const files = readdirSync(cases).sort()
  if (files.length !== count) throw new Error(`${count} definitions were to be made, found ${files.length}`)

  let steps = null
  let differing = 0
  for (const kind of options.kill ? ['undisturbed', 'killed'] : ['undisturbed'])
    for (const store of stores) {
      const begun = performance.now()
      const played = kind === 'killed' ? await playKilled(store, files, steps) : await play(store, files)
      steps ??= played.steps
      const found = compare(files, place(stores[0], 'undisturbed'), place(store, kind))
      differing += found.length
      const what = kind === 'killed' ? `killed ${played.kills} times with ${played.inFlight} plays in flight` : kind
      console.log(`${store}, ${what}: ${count - found.length} of ${count} traces agree; ${((performance.now() - begun) / 1000).toFixed(0)} s`)
      for (const line of found) console.log(line)
    }
  console.log(`${count} definitions from ${seed} on: ${differing === 0 ? 'the same everywhere' : `${differing} traces differ`}`)
  return differing === 0 ? 0 : 1
}

function place(store, kind) {
  return join(scratch, `${store.replace(':', '-')}-${kind}`)
}

async function play(store, files) {
  const proxy = new PatientProxy()
  const url = await proxy.listen()
  const own = await serversOf(store, 'undisturbed')
  await proxy.servedBy(await Promise.all(own.map(server => server.start())))
  await player({ url, files, to: place(store, 'undisturbed'), jobs: options.jobs })
  await Promise.all(own.map(server => server.kill()))
  await proxy.stop()
  return { steps: proxy.steps }
}

/** Batch by batch: all plays of one are hit by the same kill. */
async function playKilled(store, files, steps) {
  const own = await serversOf(store, 'killed')
  const to = place(store, 'killed')
  const chance = seeded(options.seed)
  let strike = null
  const proxy = new PatientProxy({ isKeyed: true, onStep: (name, number) => strike?.onStep(name, number) ?? null })
  const url = await proxy.listen()
  await proxy.servedBy(Promise.all(own.map(server => server.start())))
  const counts = { kills: 0, inFlight: 0 }
  const size = options.jobs * 4
  for (let from = 0; from < files.length; from += size) {
    const batch = files.slice(from, from + size)
    const chosen = new Map(batch.map(nameOf).map(name => [name, Math.floor(chance() * (steps.get(name) ?? 1))]))
    strike = new Strike(chosen)
    const playing = player({ url, files: batch, to, jobs: size, onEnd: file => strike.finished(nameOf(file)) })
    counts.inFlight += await strike.happen({
      chance,
      kill: async () => {
        const dead = Promise.all(own.map(server => server.kill()))
        proxy.servedBy(dead.then(() => Promise.all(own.map(server => server.start())))).catch(fail)
        await dead
      },
    })
    counts.kills += 1
    await playing
  }
  await Promise.all(own.map(server => server.kill()))
  await proxy.stop()
  return counts
}

function fail(error) {
  console.error(error)
  process.exit(1)
}

/** As the player names what belongs to a case. */
function nameOf(file) {
  return `e_${basename(file, '.json').replace('-', '_')}`
}

async function serversOf(store, kind) {
  const [name, count = '1'] = store.split(':')
  const environment = name === 'postgres' ? { BUSBAR_DATABASE_URL: await database(`${kind}_${count}`) } : {}
  const own = Array.from(
    { length: Number(count) },
    (_, index) => new Server({ program, data: join(scratch, `data-${store.replace(':', '-')}-${kind}-${index}`), environment }),
  )
  servers.push(...own)
  return own
}

async function database(name) {
  postgres ??= await startPostgres()
  return postgres.newDatabase(name)
}

/** Plays files with the recordings' own player, which writes a trace for each. */
function player({ url, files, to, jobs, onEnd = () => {} }) {
  const cases = mkdtempSync(join(scratch, 'batch-'))
  mkdirSync(to, { recursive: true })
  for (const file of files) symlinkSync(join(scratch, 'cases', file), join(cases, file))
  const args = [
    join(engine, 'trace.mjs'),
    'record',
    '--url',
    `${url}/api`,
    '--cases',
    cases,
    '--gold',
    to,
    '--jobs',
    String(jobs),
    '--timeout',
    '150',
    '--verbose',
  ]
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    createInterface({ input: child.stdout }).on('line', line => {
      const [, outcome, name] = /^(ok {2}|FAIL) (\S+)/.exec(line) ?? []
      if (name) onEnd(`${name}.json`)
      if (outcome === 'FAIL') console.log(`  ${line}`)
    })
    child.once('error', reject)
    child.once('close', code => (code === 2 ? reject(new Error('the player broke off')) : resolve()))
  })
}

/** A line for each trace that is not the same, with what differs. */
function compare(files, goldAt, oursAt) {
  const lines = []
  for (const file of files) {
    const [gold, ours] = [goldAt, oursAt].map(at => (existsSync(join(at, file)) ? JSON.parse(readFileSync(join(at, file), 'utf8')) : null))
    const found = gold && ours ? differences(gold, ours, JSON.parse(readFileSync(join(scratch, 'cases', file), 'utf8'))) : [{ text: 'it has no trace' }]
    if (found.length === 0) continue
    const shown = found.slice(0, differencesShown).map(({ text }) => `\n      ${text}`)
    lines.push(`  DIFFERS ${basename(file, '.json')}${shown.join('')}`)
  }
  return lines
}

function seeded(seed) {
  let state = (seed * 0x9e3779b1) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        count: { type: 'string', default: '200' },
        seed: { type: 'string', default: String(1_000 + (Date.now() % 1_000_000)) },
        store: { type: 'string', default: 'sqlite,postgres,postgres:3' },
        kill: { type: 'boolean', default: false },
        jobs: { type: 'string', default: '12' },
        keep: { type: 'boolean', default: false },
      },
    })
    const numbers = Object.fromEntries(['count', 'seed', 'jobs'].map(name => [name, Number(values[name])]))
    for (const [name, value] of Object.entries(numbers))
      if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a whole number above 0, found '${values[name]}'`)
    const stores = values.store.split(',')
    for (const store of stores)
      if (!/^(sqlite|postgres(:[1-9])?)$/.test(store)) throw new Error(`--store takes sqlite, postgres and postgres:N, found '${store}'`)
    return { ...numbers, stores, kill: values.kill, keep: values.keep }
  } catch (error) {
    console.error(error.message)
    process.exit(2)
  }
}
