// Busbar on PostgreSQL with one and with several server processes, beside libraries that live on PostgreSQL: one database
// server for all, a fresh database for each.
import { mkdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Fleet, startBusbar } from './busbar.mjs'
import { startDatabase } from './database.mjs'
import { measureGrowth } from './growth.mjs'
import { holdIdleWorkers } from './idle-workers.mjs'
import { costPerTask, idleLatencies, oneTaskRate } from './measures.mjs'
import { libraries, librariesNote, startLibrary } from './peers/libraries.mjs'
import { cpuSeconds } from './processes.mjs'
import { profileFlags, sampleWaits, tellProfiles } from './profile.mjs'
import { difference } from './statistics.mjs'

const idleWorkers = 100
const togetherInOneCall = 64

/** What was measured, as one list of figures for each contestant: `{ contestant, rates, latency, sizes, idle }`. */
export async function measureOnPostgres({ scratch, spans, options, say }) {
  say('starting PostgreSQL…')
  const database = await startDatabase()
  const peers = libraries.filter(({ name }) => options.hasPeer(name))
  const figures = []
  const remarks = []
  let growth = null
  try {
    for (const servers of options.servers)
      if (options.wants('rate') || options.wants('latency') || options.wants('size')) figures.push(await measureServers(servers))
    if (options.wants('rate') || options.wants('latency')) for (const peer of peers) figures.push(...(await unlessItFails(peer, () => measureLibrary(peer))))
    if (options.wants('idle')) await measureIdle()
    if (options.wants('growth')) growth = await measureGrowing()
  } finally {
    await database.stop()
  }
  const statements = database.hasStatements ? '' : 'pg_stat_statements could not be loaded, so statements are not counted.'
  const notes = [
    `PostgreSQL ${String(database.version)}, fsync and synchronous_commit on.`,
    statements,
    ...(peers.length > 0 ? [librariesNote] : []),
    ...peers.map(peer => peer.note),
    ...remarks,
  ]
  return { figures, growth, spread: options.spread, notes: notes.filter(Boolean) }

  /** A peer that cannot be fetched or run here costs its column, not the run. */
  async function unlessItFails(peer, act) {
    try {
      return [await act()]
    } catch (error) {
      say(`${peer.label}: ${String(error)}`)
      remarks.push(`${peer.label} could not be measured to the end.`)
      return []
    }
  }

  async function measureServers(count) {
    const name = `busbar_${count}`
    const fleet = await startFleet(count, name)
    const { client, cpu } = fleet
    const measured = { contestant: contestantOf(count), servers: count, rates: [] }
    const counters = async () => ({ ...(await database.sample(name)), cpu: cpu(), loadCpu: ownCpu() })
    const rateOf = async (callers, inFlight) => {
      const polls = Math.max(4, 2 * count)
      return { inFlight, ...(await oneTaskRate(callers, { inFlight, seconds: spans.seconds, polls, counters })) }
    }
    try {
      if (options.wants('latency')) {
        say(`${measured.contestant}: latencies on an idle system…`)
        measured.latency = await idleLatencies(client.of(0), spans)
      }
      if (options.wants('rate')) {
        // Each server's code is compiled by its own share of the load.
        await oneTaskRate(client, { inFlight: 64, seconds: options.quick ? 1 : 2 * count })
        for (const inFlight of options.inFlight) {
          say(`${measured.contestant}: one-task executions, ${inFlight} in flight…`)
          const waits = options.profile ? sampleWaits(() => database.waits(name)) : null
          if (options.profile) await database.forgetStatements()
          measured.rates.push(await rateOf(client, inFlight))
          if (waits) say(`${await waits.told()}\n${told(await database.statementsOf(name))}`)
        }
        if (count > 1 && options.spread === 'requests') {
          say(`${measured.contestant}: each client stays with its server…`)
          measured.staying = await rateOf(new Fleet(fleet.clients, 'clients'), options.inFlight.at(-1))
        }
      }
      if (options.wants('size')) {
        say(`${measured.contestant}: a fork of 1,000 and 400 steps…`)
        await costPerTask(client, 'sequential', 100)
        const fork = await costPerTask(client, 'forked', 1000)
        measured.sizes = { forkMs: fork.totalMs, forkStartMs: fork.startMs, stepMs: (await costPerTask(client, 'sequential', 400)).msPerTask }
      }
    } finally {
      await fleet.stop()
    }
    const refusals = sumOf(fleet.clients.map(one => one.refusals))
    if (refusals > 0) remarks.push(`${measured.contestant}: ${refusals} completions were answered 503 and repeated.`)
    if (options.profile) tellProfiles(options.profile, name, say)
    return measured
  }

  async function measureGrowing() {
    const name = 'growth'
    const databaseUrl = await database.newDatabase(name)
    const busbar = await startBusbar(scratch, name, { databaseUrl })
    try {
      return await measureGrowth({ busbar, connect: () => database.connect(databaseUrl), executions: options.executions, say })
    } finally {
      await busbar.client.close()
      await busbar.stop()
    }
  }

  async function measureLibrary(peer) {
    say(`${peer.name} (fetched once)…`)
    const name = `peer_${peer.name.replaceAll('-', '_')}`
    const library = await startLibrary(peer, await database.newDatabase(name))
    const measured = { contestant: peer.label, rates: [] }
    try {
      if (options.wants('latency')) measured.latency = await library.latencies(spans)
      if (!options.wants('rate')) return measured
      const counters = async () => ({ ...(await database.sample(name)), cpu: library.cpu() })
      for (const inFlight of options.inFlight) {
        say(`${peer.name}: one-step executions, ${inFlight} in flight…`)
        const tries = []
        for (const way of peer.ways) tries.push(await library.rate({ inFlight, way, seconds: spans.seconds, counters }))
        measured.rates.push({ inFlight, ...tries.reduce((best, one) => (one.perSecond > best.perSecond ? one : best)) })
      }
      if (peer.startsTogether) {
        const inFlight = Math.max(...options.inFlight, togetherInOneCall)
        say(`${peer.name}: ${togetherInOneCall} started by one call…`)
        measured.together = await library.rate({ inFlight, together: togetherInOneCall, way: peer.ways[0], seconds: spans.seconds, counters })
      }
      return measured
    } finally {
      await library.stop()
    }
  }

  /** All contestants idle at the same time, each on its own database: what counts is what each sends. */
  async function measureIdle() {
    const count = Math.max(...options.servers)
    say(`idle: ${count} servers and ${idleWorkers} workers that wait, as many of each library…`)
    const fleet = await startFleet(count, 'idle_busbar')
    const running = [{ contestant: contestantOf(count), name: 'idle_busbar', cpu: fleet.cpu, stop: fleet.stop }]
    const held = await holdIdleWorkers(fleet.clients, idleWorkers)
    try {
      for (const peer of peers) {
        const name = `idle_${peer.name.replaceAll('-', '_')}`
        const url = await database.newDatabase(name)
        const processes = []
        running.push({
          contestant: peer.label,
          name,
          cpu: () => sumOf(processes.map(one => one.cpu())),
          stop: () => Promise.all(processes.map(one => one.stop())),
        })
        await unlessItFails(peer, async () => {
          for (let n = 0; n < count; n++) processes.push(await startLibrary(peer, url, Math.floor((idleWorkers + n) / count)))
        })
      }
      await sleep(options.quick ? 5_000 : 20_000)
      if (options.profile) await database.forgetStatements()
      const sample = async one => ({ ...(await database.sample(one.name)), cpu: one.cpu(), at: performance.now() / 1000 })
      const before = await inTurn(running, sample)
      await sleep(spans.sharedIdleSeconds * 1000)
      const after = await inTurn(running, sample)
      held.check()
      for (const [index, { contestant }] of running.entries()) {
        const used = difference(before[index], after[index])
        const idle = { statements: used.statements / used.at, transactions: used.transactions / used.at, cpuShare: used.cpu / used.at }
        const known = figures.find(one => one.contestant === contestant)
        if (known) known.idle = idle
        else figures.push({ contestant, rates: [], idle, ...(index === 0 ? { servers: count } : {}) })
      }
      if (options.profile) say(told(await database.statementsOf('idle_busbar')))
    } finally {
      await held.stop()
      await Promise.all(running.map(one => one.stop()))
    }
  }

  async function startFleet(count, name) {
    const databaseUrl = await database.newDatabase(name)
    if (options.profile) mkdirSync(options.profile, { recursive: true })
    const nodeFlags = options.profile ? profileFlags(options.profile) : []
    const servers = []
    const stop = async () => {
      await Promise.all(servers.map(server => server.client.close()))
      await Promise.all(servers.map(server => server.stop()))
    }
    try {
      for (let n = 0; n < count; n++) servers.push(await startBusbar(scratch, `${name}_${n}`, { databaseUrl, nodeFlags }))
    } catch (error) {
      await stop()
      throw error
    }
    const clients = servers.map(server => server.client)
    const client = count === 1 ? clients[0] : new Fleet(clients, options.spread)
    return { client, clients, cpu: () => sumOf(servers.map(server => cpuSeconds(server.pid))), stop }
  }
}

const contestantOf = servers => (servers === 1 ? 'Busbar' : `Busbar ×${servers}`)

function ownCpu() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

const sumOf = numbers => numbers.reduce((sum, one) => sum + one, 0)

async function inTurn(list, act) {
  const answers = []
  for (const one of list) answers.push(await act(one))
  return answers
}

function told(statements) {
  return statements
    .slice(0, 12)
    .map(one => `        ${one.calls} × ${one.mean_ms.toFixed(3)} ms  ${one.rows} rows  ${one.query}`)
    .join('\n')
}
