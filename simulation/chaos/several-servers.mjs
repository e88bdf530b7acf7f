// Several servers on one real PostgreSQL, their workers and clients, and something of it hit at random all the time: servers
// and workers are killed, the database restarts, loses its sessions, is fully booked, or fails over to its standby.
// The seed gives every decision of this program; where the operating system is in its own work at that moment stays chance.
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startProxy } from '@busbar/conformance/proxy'
import { checkRows, checkServer } from './check.mjs'
import { conductorWorker, definer, failingType, registerConductor, starter, taskTypes, watcher, workflowNames } from './conductor-load.mjs'
import { Database } from './database.mjs'
import { hits, ofDatabase } from './hits.mjs'
import { readOptions } from './options.mjs'
import { Quota } from './quota.mjs'
import { Records } from './records.mjs'
import { SdkWorker } from './sdk-workers.mjs'
import { seeded } from './seeded.mjs'
import { ShellWorker } from './shell-worker.mjs'
import { executor, scriptedWorker, writeFlows } from './stroem-load.mjs'
import { Tally } from './tally.mjs'
import { freePort, Victim } from './victim.mjs'
import { Wire } from './wire.mjs'

const options = readOptions(process.argv.slice(2))
const { seed, keep } = options
const connectionsMax = 70
const sdkWorkersCount = 3
const shellWorkersCount = 2
/** Open at a time: more would only make each of them slower. */
const openMax = { workflows: 300, flows: 60 }
const responseTimeoutSeconds = 5
const drainMsMax = 180_000
const startMsMax = 60_000
const problemsShown = 10
const lineEveryMs = 60_000

const folder = mkdtempSync(join(tmpdir(), 'busbar-chaos-'))
const place = name => {
  const path = join(folder, name)
  mkdirSync(path)
  return path
}
process.once('exit', () => {
  // Whatever ends this program, what it started ends with it; PostgreSQL sees to that by itself.
  for (const server of servers) void server.kill()
  for (const worker of [...sdkWorkers, ...shellWorkers]) void worker.end('SIGKILL')
  if (!keep) rmSync(folder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))

const records = new Records()
records.onProblem = problem => {
  if (records.problems.length <= problemsShown) console.log(`${process.stdout.isTTY ? '\r\x1b[K' : ''}PROBLEM ${problem}`)
}
const tally = new Tally(records)
const load = { isOn: true }
const workersAtWork = { isOn: true }
const torment = { isOn: true, rounds: 0 }
const servers = []
const sdkWorkers = []
const shellWorkers = []
const begun = performance.now()

const database = await Database.start({ connectionsMax, hasStandby: options.kill.includes('failover') })
const workerToken = randomBytes(32).toString('base64url')
await startServers()
const proxy = await startProxy(servers.map(server => server.url))
const wires = [...servers.map(server => server.url), proxy.url].map(url => new Wire(url, workerToken, { onAway: away => tally.away(away) }))
const throughProxy = wires.at(-1)
await registerConductor({ wire: throughProxy, responseTimeoutSeconds })

const quotas = {
  workflows: new Quota({ isOn: () => load.isOn, number: options.executions }),
  flows: new Quota({ isOn: () => load.isOn, number: options.flows }),
}
const hired = []
startWorkers()
const clients = startClients()
const tormentors = startTormentors()
const census = takeCensus()
await whileUnderFire()
await drain()
const found = await check()
await database.stop()
tell(found)
process.exit(records.problems.length > 0 ? 1 : 0)

// ── The cast ──

async function startServers() {
  const flows = place('flows')
  writeFlows(flows)
  for (let number = 1; number <= options.servers; number++) {
    const environment = { BUSBAR_DATABASE_URL: database.url }
    const onDeath = ({ url, said }) => records.problem(`the server at ${url} ended by itself: ${said || 'without a word'}`)
    servers.push(new Victim({ port: await freePort(), data: place(`server-${number}`), flows, workerToken, environment, onDeath }))
  }
  // All at once: who is first migrates, the others wait for it.
  const ready = await Promise.all(servers.map(server => server.start()))
  const failed = servers.find((_, index) => !ready[index])
  if (failed) throw new Error(`a server did not start: ${failed.said}`)
}

function startWorkers() {
  const url = index => wires[index % wires.length].url
  for (let index = 0; index < sdkWorkersCount; index++) {
    sdkWorkers.push(new SdkWorker({ url: url(index + 1), name: `sdk-${index + 1}`, types: taskTypes, failingType, concurrency: 12, records }))
  }
  for (let index = 0; index < shellWorkersCount; index++) {
    shellWorkers.push(new ShellWorker({ folder: place(`shell-${index + 1}`), url: url(index + 3), token: workerToken, name: `shell-${index + 1}` }))
  }
  for (const worker of [...sdkWorkers, ...shellWorkers]) worker.start()
}

function startClients() {
  let turn = 0
  const client = (run, name, more) =>
    run({ wire: wires[turn++ % wires.length], records, load, workers: workersAtWork, chance: seeded(seed, name), name, ...more })
  const menu = [...workflowNames, ...workflowNames.map(() => 'chaos_all')]
  // Plain workers beside those of the SDK: they hang up, drop work and say two things at once.
  for (const type of taskTypes) hired.push(client(conductorWorker, `plain-${type}`, { type }).catch(broken))
  for (const name of ['scripted-1', 'scripted-2']) hired.push(client(scriptedWorker, name, { paused: () => false }).catch(broken))
  return [
    ...['ada', 'bob', 'fay', 'guy'].map(name => client(starter, name, { quota: quotas.workflows, menu })),
    ...['cyd', 'hal'].map(name => client(executor, name, { quota: quotas.flows })),
    client(definer, 'dan'),
    client(watcher, 'eve'),
    client(watcher, 'ivy'),
  ]
}

function broken(error) {
  records.problem(`a worker of this test broke: ${error.stack}`)
}

// ── Under fire ──

function startTormentors() {
  const kinds = list => list.filter(kind => options.kill.includes(kind))
  const processes = kinds(['servers', 'workers'])
  const storage = kinds(ofDatabase)
  return [
    tormentor('killer', processes, chance => chance.between(300, 2_500)),
    // With the time that it takes, every 5 to 10 seconds.
    tormentor('vandal', storage, chance => chance.between(5_000, 9_000)),
  ]
}

async function tormentor(name, kinds, pauseMs) {
  const chance = seeded(seed, name)
  if (kinds.length === 0) return
  while (torment.isOn && torment.rounds < options.rounds) {
    await sleep(pauseMs(chance))
    if (!torment.isOn || torment.rounds >= options.rounds) return
    torment.rounds += 1
    const hit = hits[chance.oneOf(kinds)]
    try {
      const { what, after } = await hit({ servers, workers: [...sdkWorkers, ...shellWorkers], database, chance, revive })
      if (what) await tally.hit(what)
      await after?.()
    } catch (error) {
      records.problem(`the ${name} of this test broke: ${error.stack}`)
      return
    }
    progress()
  }
}

/** A server may be started while the database is away: it is started until it stays. */
async function revive(server) {
  const giveUpAt = performance.now() + startMsMax
  while (!(await server.start())) {
    tally.startsInVain += 1
    if (performance.now() > giveUpAt) throw new Error(`a server did not start for ${startMsMax / 1000} s: ${server.said}`)
    await sleep(200)
  }
}

/** Until so much was started and ended as was asked for, or so often was hit. */
async function whileUnderFire() {
  if (options.executions === null) {
    while (torment.rounds < options.rounds) await sleep(100)
  } else {
    await Promise.all(clients.slice(0, 6))
    const giveUpAt = performance.now() + drainMsMax
    while (performance.now() < giveUpAt && (await openWork().catch(() => null))?.all.length !== 0) await sleep(500)
  }
  torment.isOn = false
  load.isOn = false
  tally.isOver = (await openWork().catch(() => null))?.all.length === 0
  tally.seconds.underFire = (performance.now() - begun) / 1000
  await Promise.all(tormentors)
  await Promise.all(clients)
}

async function takeCensus() {
  while (load.isOn) {
    const open = await openWork().catch(() => null)
    if (open) {
      tally.open = open.all.length
      for (const kind of ['workflows', 'flows']) quotas[kind].isFull = open[kind] > openMax[kind]
    }
    progress()
    await sleep(500)
  }
}

async function openWork() {
  const names = await Promise.all(workflowNames.map(name => throughProxy.insist('GET', `/api/workflow/running/${name}`)))
  const jobs = await Promise.all(['pending', 'running'].map(status => throughProxy.insist('GET', `/api/jobs?status=${status}&limit=500`)))
  const [workflows, flows] = [names.flat(), jobs.flatMap(({ items }) => items.map(item => item.job_id))]
  return { all: [...workflows, ...flows], workflows: workflows.length, flows: flows.length }
}

// ── Afterwards ──

/** Nothing is hit any more; workers go on, without mischief, until nothing is open. */
async function drain() {
  const giveUpAt = performance.now() + drainMsMax
  for (;;) {
    const { all: open } = await openWork()
    tally.open = open.length
    if (open.length === 0) break
    if (performance.now() > giveUpAt) {
      records.problem(`still open ${drainMsMax / 1000} s after the load: ${open.slice(0, 5).join(', ')} (${open.length} in all)`)
      break
    }
    progress()
    await sleep(250)
  }
  workersAtWork.isOn = false
  await Promise.all([...hired, census, ...sdkWorkers.map(worker => worker.end('SIGKILL')), ...shellWorkers.map(worker => worker.end('SIGKILL'))])
  tally.seconds.untilDone = (performance.now() - begun) / 1000
}

async function check() {
  for (const problem of tally.problems()) records.problem(problem)
  await checkServer({ wire: throughProxy, records })
  await Promise.all(wires.map(wire => wire.close()))
  await proxy.stop()
  for (const [index, exitCode] of (await Promise.all(servers.map(server => server.stop()))).entries())
    if (exitCode !== 0) records.problem(`the last, polite stop of server ${index + 1} ended with ${exitCode}: ${servers[index].said}`)
  return checkRows(sql => database.rows(sql), records)
}

/** On a terminal all the time, elsewhere a line a minute. */
function progress() {
  const { isTTY } = process.stdout
  if (!isTTY && performance.now() < tally.nextLineAt) return
  tally.nextLineAt = performance.now() + lineEveryMs
  const line = `${torment.rounds} hits, ${records.starts.size} starts and ${records.completionsAcknowledged} completions acknowledged, ${tally.open} open, ${tally.awayCount} answers 503`
  process.stdout.write(isTTY ? `\r\x1b[K${line}` : `${line}\n`)
}

function tell({ executions, unacknowledged }) {
  if (process.stdout.isTTY) process.stdout.write('\r\x1b[K')
  for (const line of tally.table()) console.log(line)
  const steps = shellWorkers.reduce((sum, worker) => sum + worker.steps, 0)
  console.log(
    `chaos: seed ${seed}, ${options.servers} servers on PostgreSQL, ${torment.rounds} hits, ${records.starts.size} starts acknowledged, ${records.completionsAcknowledged} completions acknowledged, ` +
      `${executions} executions ended, ${unacknowledged} of them without acknowledgement, ${steps} steps by shell workers, ${tally.awayCount} answers 503, ` +
      `${records.problems.length} problems, ${Math.round(tally.seconds.underFire)} s under fire, all ended after ${Math.round(tally.seconds.untilDone)} s, checked after ${Math.round((performance.now() - begun) / 1000)} s`,
  )
  if (records.problems.length > 0) console.log(`Again: npm run chaos -- ${process.argv.slice(2).join(' ')} --seed ${seed} --keep`)
}
