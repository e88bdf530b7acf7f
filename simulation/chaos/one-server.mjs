// A real server, killed with SIGKILL at random moments under load and started again on the same files.
// The seed gives every decision of this program; where the operating system is in its own work at that moment stays chance.
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkFile, checkServer } from './check.mjs'
import { conductorWorker, definer, registerConductor, starter, taskTypes, watcher, workflowNames } from './conductor-load.mjs'
import { readOptions } from './options.mjs'
import { Quota } from './quota.mjs'
import { Records } from './records.mjs'
import { seeded } from './seeded.mjs'
import { ShellWorker } from './shell-worker.mjs'
import { executor, scriptedWorker, writeFlows } from './stroem-load.mjs'
import { freePort, Victim } from './victim.mjs'
import { Wire } from './wire.mjs'

const { rounds, seed, keep } = readOptions(process.argv.slice(2))
const drainMsMax = 60_000
const problemsShown = 10

const folder = mkdtempSync(join(tmpdir(), 'busbar-chaos-'))
const places = { data: join(folder, 'data'), flows: join(folder, 'flows'), worker: join(folder, 'worker') }
for (const place of Object.values(places)) mkdirSync(place)
writeFlows(places.flows)

const workerToken = randomBytes(32).toString('base64url')
const victim = new Victim({ port: await freePort(), data: places.data, flows: places.flows, workerToken })
const shell = new ShellWorker({ folder: places.worker, url: victim.url, token: workerToken })
const wire = new Wire(victim.url, workerToken)
const records = new Records()
const load = { isOn: true }
const quota = new Quota({ isOn: () => load.isOn })
const workers = { isOn: true }
const hired = []
const counts = { kills: 0, inStartUp: 0, workerKills: 0 }

// Whatever ends this program, what it started ends with it.
process.once('exit', () => {
  void victim.kill()
  void shell.end('SIGKILL')
  if (!keep) rmSync(folder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))

const begun = performance.now()
await attack()
await drain()
const found = await check()
tell(found)
process.exit(records.problems.length > 0 ? 1 : 0)

async function attack() {
  await mustStart('at first')
  await registerConductor({ wire })
  const clients = startClients()
  const chance = seeded(seed, 'killer')
  for (let round = 1; round <= rounds; round++) {
    await tormentWorker(chance, round)
    await sleep(aliveMs(chance))
    await kill('under load')
    // Some restarts are killed too, before anybody could speak to them.
    while (round < rounds && chance.happens(0.12)) {
      const ready = victim.start()
      await Promise.race([sleep(chance.between(0, 900)), ready])
      counts.inStartUp += 1
      round += 1
      await kill('while it started')
    }
    progress(round)
    await mustStart(`after kill ${counts.kills}`)
  }
  load.isOn = false
  await shell.end('SIGKILL')
  await Promise.all(clients)
}

/** How long it lives after it is ready: often hardly at all, seldom long enough for time-outs to fire. */
function aliveMs(chance) {
  if (chance.happens(0.25)) return chance.between(0, 30)
  return chance.happens(0.1) ? chance.between(1_000, 2_000) : chance.between(50, 700)
}

function startClients() {
  const client = (run, name, more = {}) => run({ wire, records, load, quota, workers, chance: seeded(seed, name), name, ...more })
  const clients = [
    client(starter, 'ada'),
    client(starter, 'bob'),
    client(starter, 'fay'),
    client(executor, 'cyd'),
    client(definer, 'dan'),
    client(watcher, 'eve'),
  ]
  for (const type of taskTypes) for (const number of [1, 2]) hire(client(conductorWorker, `${type}-${number}`, { type }))
  // Beside the real worker the scripted ones rest, or it would get nothing to do.
  for (const number of [1, 2, 3, 4]) hire(client(scriptedWorker, `scripted-${number}`, { paused: () => shell.isOn && load.isOn }))
  return clients
}

function hire(worker) {
  hired.push(worker.catch(error => records.problem(`a worker of this test broke: ${error.stack}`)))
}

/** The real worker comes for a while now and then, and is killed in the middle of something. */
async function tormentWorker(chance, round) {
  if (shell.isOn && chance.happens(0.3)) {
    await shell.end('SIGKILL')
    counts.workerKills += 1
  } else if (!shell.isOn && round % 8 === 2) shell.start()
}

async function kill(when) {
  if (await victim.kill()) counts.kills += 1
  else records.problem(`the server ended by itself ${when}: ${victim.said || 'without a word'}`)
}

async function mustStart(when) {
  if (await victim.start()) return
  records.problem(`the server did not start ${when}: ${victim.said || 'it said nothing for too long'}`)
  tell(null)
  process.exit(1)
}

/** Load has stopped; workers go on, without mischief, until nothing is open. */
async function drain() {
  const giveUpAt = performance.now() + drainMsMax
  for (;;) {
    const open = await openWork()
    if (open.length === 0) break
    if (performance.now() > giveUpAt) {
      records.problem(`still open ${drainMsMax / 1000} s after the load: ${open.slice(0, 5).join(', ')} (${open.length} in all)`)
      break
    }
    progress(rounds, `, ${open.length} still open`)
    await sleep(250)
  }
  workers.isOn = false
  await Promise.all(hired)
}

async function openWork() {
  const names = await Promise.all(workflowNames.map(name => wire.insist('GET', `/api/workflow/running/${name}`)))
  const jobs = await Promise.all(['pending', 'running'].map(status => wire.insist('GET', `/api/jobs?status=${status}&limit=500`)))
  return [...names.flat(), ...jobs.flatMap(({ items }) => items.map(item => item.job_id))]
}

async function check() {
  await checkServer({ wire, records })
  await wire.close()
  const exitCode = await victim.stop()
  if (exitCode !== 0) records.problem(`the server's last, polite stop ended with ${exitCode}: ${victim.said}`)
  return checkFile(join(places.data, 'busbar.db'), records)
}

function progress(round, more = '') {
  if (!process.stdout.isTTY) return
  process.stdout.write(
    `\r\x1b[Kround ${round} of ${rounds}: ${counts.kills} kills, ${records.starts.size} starts and ${records.completionsAcknowledged} completions acknowledged${more}`,
  )
}

function tell(found) {
  if (process.stdout.isTTY) process.stdout.write('\r\x1b[K')
  for (const problem of records.problems.slice(0, problemsShown)) console.log(`PROBLEM ${problem}`)
  const seconds = Math.round((performance.now() - begun) / 1000)
  console.log(
    `chaos: seed ${seed}, ${rounds} rounds, ${counts.kills} kills (${counts.inStartUp} in start-up, ${counts.workerKills} workers beside), ` +
      `${records.starts.size} starts acknowledged, ${records.completionsAcknowledged} completions acknowledged, ` +
      `${found?.unacknowledged ?? 0} recovered without acknowledgement, ${shell.steps} steps by the real worker, ${records.problems.length} problems, ${seconds} s`,
  )
  if (records.problems.length > 0) console.log(`Again: npm run chaos -- --rounds ${rounds} --seed ${seed} --keep${keep ? ` (files in ${folder})` : ''}`)
}
