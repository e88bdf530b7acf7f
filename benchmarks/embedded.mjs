// Busbar on its embedded store, beside Restate.
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, startBusbar } from './busbar.mjs'
import { costPerTask, idleLatencies, oneTaskRate, openExecutions } from './measures.mjs'
import { startRestate } from './peers/restate.mjs'
import { cpuSeconds, residentMb, watchResident } from './processes.mjs'

/** Up to which size: a chain is as deep as it is long. */
const sizedShapes = [
  ['sequential', 10_000],
  ['forked', 10_000],
  ['forked dynamically', 10_000],
  ['looped', 10_000],
  ['looped, two kept', 10_000],
  ['chained children', 1_000],
]

/** The rows of its table. `better` says in which direction a ratio to the peer counts for us. */
export async function measureEmbedded({ scratch, spans, options, say }) {
  const { wants } = options
  const rows = []
  const row = (name, value, unit, { peer, floor, goal, better = 'less', isDetail = false } = {}) =>
    rows.push({ name, value, unit, peer, floor, goal, better, isDetail })
  if (wants('rate') || wants('latency')) await measureWire()
  if (wants('size')) await measureSizes()
  if (wants('idle') || wants('memory')) await measureIdle()
  return rows

  async function measureWire() {
    const peer = options.hasPeer('restate') ? await startPeer() : null
    const busbar = await startBusbar(scratch, 'wire')
    try {
      row('start of the server to its first answer', busbar.readyMs, 'ms', { floor: 1000, goal: 300 })
      row('resident memory after the start', residentMb(busbar.pid), 'MB', { floor: 120, goal: 80 })
      if (wants('latency')) {
        say('latencies on an idle system…')
        const ours = await idleLatencies(busbar.client, spans)
        const theirs = await peer?.idle(spans)
        row('start → done of one task, idle: p50', ours.wholeP50Ms, 'ms', { peer: theirs?.wholeP50Ms, floor: 4, goal: 2 })
        row('start → done of one task, idle: p99', ours.wholeP99Ms, 'ms', { peer: theirs?.wholeP99Ms, goal: 8 })
        row('step → step, idle: p50', ours.stepP50Ms, 'ms', { peer: theirs?.stepP50Ms, floor: 3, goal: 1.2 })
        row('step → step, idle: p99', ours.stepP99Ms, 'ms', { peer: theirs?.stepP99Ms })
      }
      if (wants('rate')) {
        for (const inFlight of [1, 64, 256]) {
          say(`one-task executions, ${inFlight} in flight…`)
          const ours = await oneTaskRate(busbar.client, { inFlight, seconds: spans.seconds, counters: async () => ({ server: cpuSeconds(busbar.pid) }) })
          const theirs = await peer?.rate({ inFlight, seconds: spans.seconds })
          row(`one-task executions a second, ${inFlight} in flight`, ours.perSecond, '/s', {
            peer: theirs?.perSecond,
            better: 'more',
            ...(inFlight === 64 ? { floor: 2500, goal: 4000 } : {}),
          })
          row(`  … start → done: p50`, ours.p50Ms, 'ms', { peer: theirs?.p50Ms })
          row(`  … start → done: p99`, ours.p99Ms, 'ms', { peer: theirs?.p99Ms })
          row('  … cores used by the server', ours.used.server / ours.seconds, 'cores')
          row('  … server CPU per execution', (ours.used.server / ours.done) * 1e6, 'µs')
        }
      }
    } finally {
      await busbar.client.close()
      await busbar.stop()
      await peer?.stop()
    }
  }

  async function startPeer() {
    say('starting the peer (fetched once)…')
    return startRestate(scratch)
  }

  async function measureSizes() {
    const busbar = await startBusbar(scratch, 'sizes')
    try {
      await costPerTask(busbar.client, 'sequential', 200)
      for (const [shape, sizeMax] of sizedShapes) {
        let first
        const sizes = spans.sizes.filter(size => size <= sizeMax)
        const residentBefore = residentMb(busbar.pid)
        for (const size of sizes) {
          say(`one execution of ${size} tasks, ${shape}…`)
          // Small executions are repeated: one of them alone is all noise.
          const repeats = size <= 100 ? 1000 / size : 1
          const costs = []
          const memory = watchResident(busbar.pid)
          for (let turn = 0; turn < repeats; turn++) costs.push(await costPerTask(busbar.client, shape, size))
          const peakMb = memory.stop()
          const msPerTask = costs.reduce((sum, cost) => sum + cost.msPerTask, 0) / costs.length
          first ??= msPerTask
          row(`${shape}, ${size} tasks: cost a task`, msPerTask, 'ms', { isDetail: size !== sizes[0] && size !== sizes.at(-1) })
          if (size === sizes.at(-1)) {
            row(`  … against one of ${sizes[0]}`, msPerTask / first, '×', { floor: 1.5, goal: 1.1 })
            row('  … memory at most, more than before', peakMb - residentBefore, 'MB')
          }
          if (shape === 'forked' && size === 1000) {
            row('  … fork of 1,000, start to done', costs[0].totalMs, 'ms', { floor: 1000, goal: 400 })
            row('  … its start call', costs[0].startMs, 'ms', { floor: 100, goal: 20 })
          }
        }
      }
    } finally {
      await busbar.client.close()
      await busbar.stop()
    }
  }

  async function measureIdle() {
    const busbar = await startBusbar(scratch, 'idle')
    const polls = new Client(busbar.url, 1000)
    try {
      if (wants('idle')) {
        say('idle with 1,000 held polls…')
        let running = true
        const held = Array.from({ length: 1000 }, async (_, n) => {
          while (running) await polls.poll(`bench_idle_${n % 50}`, 1).catch(() => running && sleep(100))
        })
        // A server that idles has idled for a while: its code is compiled by then.
        await sleep(options.quick ? 6_000 : 30_000)
        const cpu = cpuSeconds(busbar.pid)
        await sleep(spans.idleSeconds * 1000)
        row('idle, 1,000 held polls: share of a core', ((cpuSeconds(busbar.pid) - cpu) / spans.idleSeconds) * 100, '%', { floor: 2, goal: 0.5 })
        running = false
        await Promise.all(held)
      }
      if (wants('memory')) {
        say(`${spans.open} waiting executions…`)
        await openExecutions(busbar.client, spans.open)
        await sleep(2000)
        row(`resident memory with ${spans.open} waiting executions`, residentMb(busbar.pid), 'MB', spans.open === 100_000 ? { floor: 600, goal: 300 } : {})
      }
    } finally {
      await Promise.all([busbar.client.close(), polls.close()])
      await busbar.stop()
    }
  }
}
