/**
 * What a commit costs in PostgreSQL. Run the built file; it starts a server of its own that syncs:
 *
 *   node packages/store/dist/postgres/commit.bench.js [executions] [in flight,…] [url]
 *
 * Each client starts an execution with one waiting attempt, claims it (or is handed it over in the commit), and closes both, as
 * fast as it is answered. CPU: of this process, and of the server's sessions (from /proc, where there is one).
 */
import { readFileSync } from 'node:fs'
import { type Attempt, instant, invariant, newExecutionId, View } from '@busbar/kernel'
import { at, claimOf, newView, openWaiting, type Plain, start, worker as workerNamed } from '../testing/fixtures.js'
import { startPostgres } from '../testing/postgres-server.js'
import { openPostgresStore, type PostgresStore } from './postgres-store.js'

const payload = { input: { a: 'x'.repeat(100), n: 5 }, output: null, more: { b: 'y'.repeat(40) } }
const [executions = '6000', levels = '1,16,64,256', given] = process.argv.slice(2)

const server = given === undefined ? await startPostgres({ settings: { shared_buffers: '256MB' } }) : null
const url = given ?? (await server?.newDatabase()) ?? ''
const store = await openPostgresStore(url)
let numbers = 0
await run('hand-over', 64, 2_000)
for (const inFlight of levels.split(',').map(Number)) {
  const total = inFlight === 1 ? Number(executions) / 10 : Number(executions)
  await report('hand-over', inFlight, total)
  await report('claim', inFlight, total)
}
await store.close()
await server?.stop()

async function report(mode: 'hand-over' | 'claim', inFlight: number, total: number): Promise<void> {
  const pids = await sessions()
  const [before, usage, sent] = [ticksOf(pids), process.cpuUsage(), store.stats()]
  const from = performance.now()
  const latencies = await run(mode, inFlight, total)
  const ms = performance.now() - from
  const { user, system } = process.cpuUsage(usage)
  const { flushes, calls } = store.stats()
  const share = (part: number) => (latencies[Math.floor(latencies.length * part)] ?? 0).toFixed(1)
  const each = (us: number) => `${(us / total).toFixed(0)} µs`
  console.log(
    `${mode}, ${inFlight} in flight: ${Math.round((total / ms) * 1000)} executions/s, commit p50 ${share(0.5)} ms, p99 ${share(0.99)} ms; per execution node ${each(user + system)}, PostgreSQL ${each((ticksOf(pids) - before) * 10_000)}; ${((calls - sent.calls) / (flushes - sent.flushes)).toFixed(1)} calls a flush`,
  )
}

async function run(mode: 'hand-over' | 'claim', inFlight: number, total: number): Promise<readonly number[]> {
  const latencies: number[] = []
  let begun = 0
  await Promise.all(
    Array.from({ length: inFlight }, async (_, lane) => {
      while (begun < total) {
        begun += 1
        latencies.push(...(await (mode === 'claim' ? claimed(store, numbers++, `queue-${lane % 8}`) : handedOver(store, numbers++))))
      }
    }),
  )
  return latencies.sort((a, b) => a - b)
}

function begin(number: number, queue: string) {
  const view = newView(0, {
    id: newExecutionId(instant(start + Math.floor(number / 5)), { high12: number % 4096, low38: number }),
    brief: payload,
    state: payload,
  })
  openWaiting(view, { queue })
  view.amend(1, payload)
  return view
}

async function handedOver(to: PostgresStore, number: number): Promise<readonly number[]> {
  const view = begin(number, 'q')
  view.lease(1, workerNamed('w'), start)
  const first = await timed(() => to.commit(view.takeChanges()))
  view.committed()
  view.close(1, 'completed', { kind: 'worker', worker: workerNamed('w'), fence: 1 }, at(1), payload)
  view.setStatus('completed', at(1))
  return [first, await timed(() => to.commit(view.takeChanges()))]
}

/** Whoever's attempt is claimed: as many are there as clients, so there is one for each. */
async function claimed(to: PostgresStore, number: number, queue: string): Promise<readonly number[]> {
  const view = begin(number, queue)
  const first = await timed(() => to.commit(view.takeChanges()))
  view.committed()
  const [claim] = await claimOf(to, [queue], { max: 1, worker: 'w' })
  invariant(claim, 'nothing was there to claim')
  const loaded = await to.load(claim.execution)
  invariant(loaded, 'a claimed attempt has an execution')
  const other = new View<Plain>({ ...loaded, plan: null, attempts: loaded.attempts as readonly Attempt<unknown>[] })
  other.close(1, 'completed', { kind: 'worker', worker: workerNamed('w'), fence: 1 }, at(1), payload)
  other.setStatus('completed', at(1))
  return [first, await timed(() => to.commit(other.takeChanges()))]
}

async function timed(commit: () => Promise<string>): Promise<number> {
  const before = performance.now()
  const result = await commit()
  invariant(result === 'written', `a commit was ${result}`)
  return performance.now() - before
}

async function sessions(): Promise<readonly number[]> {
  const rows = (await server?.query('SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()')) ?? []
  return rows.map(({ pid }) => Number(pid))
}

/** Hundredths of a second. */
function ticksOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      return sum + Number(fields[11]) + Number(fields[12])
    } catch {
      return sum
    }
  }, 0)
}
