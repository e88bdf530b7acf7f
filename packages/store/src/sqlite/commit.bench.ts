/**
 * What a commit costs, and on which thread it should be paid. Run the built file:
 *
 *   node packages/store/dist/sqlite/commit.bench.js <main|worker> <in flight> [executions] [work in ms]
 *
 * Each client starts an execution with one leased attempt, then closes both, as fast as it is answered; beside each
 * commit the loop works as long as one HTTP request takes (0: what the commits cost by themselves). `worker` gives the
 * same store a thread of its own.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { type Changes, instant, invariant, newExecutionId } from '@busbar/kernel'
import { at, newView, openWaiting, start, worker as workerNamed } from '../testing/fixtures.js'
import { openSqliteStore } from './sqlite-store.js'

const payload = { input: { a: 'x'.repeat(100), n: 5 }, output: null, more: { b: 'y'.repeat(40) } }

interface Committer {
  commit(changes: Changes): Promise<unknown>
  close(): Promise<unknown>
}

if (isMainThread) await measure()
else await serve(String(workerData))

async function measure(): Promise<void> {
  const [mode = 'main', inFlight = '64', executions = '20000', workMs = '0.05'] = process.argv.slice(2)
  const requestMs = Number(workMs)
  const folder = mkdtempSync(join(tmpdir(), 'busbar-bench-'))
  const path = join(folder, 'busbar.db')
  const store = mode === 'worker' ? await behindThread(path) : await openSqliteStore(path)
  const total = Number(executions)
  let begun = 0
  const latencies: number[] = []
  const usage = process.cpuUsage()
  const from = performance.now()
  await Promise.all(Array.from({ length: Number(inFlight) }, client))
  const ms = performance.now() - from
  const { user, system } = process.cpuUsage(usage)
  latencies.sort((a, b) => a - b)
  const share = (part: number) => (latencies[Math.floor(latencies.length * part)] ?? 0).toFixed(2)
  const perExecution = ((user + system) / total - 2000 * requestMs).toFixed(1)
  console.log(
    `${mode}, ${inFlight} in flight: ${Math.round((total / ms) * 1000)} executions/s, commit p50 ${share(0.5)} ms, p99 ${share(0.99)} ms, ${perExecution} µs of CPU each`,
  )
  await store.close()
  rmSync(folder, { recursive: true })

  async function client(): Promise<void> {
    while (begun < total) {
      const number = begun++
      const view = newView(0, {
        id: newExecutionId(instant(start + Math.floor(number / 5)), { high12: number % 4096, low38: number }),
        brief: payload,
        state: payload,
      })
      openWaiting(view)
      view.amend(1, payload)
      view.lease(1, workerNamed('w'), start)
      await timed(view.takeChanges())
      view.committed()
      view.close(1, 'completed', { kind: 'worker', worker: workerNamed('w'), fence: 1 }, at(1), payload)
      view.setStatus('completed', at(1))
      await timed(view.takeChanges())
    }
  }

  async function timed(changes: Changes): Promise<void> {
    const before = performance.now()
    while (performance.now() - before < requestMs) JSON.stringify(payload)
    const result = await store.commit(changes)
    invariant(result === 'written', `a commit was ${String(result)}`)
    latencies.push(performance.now() - before)
  }
}

/** The changes of one turn travel in one message, the answers of one flush likewise. */
async function behindThread(path: string): Promise<Committer> {
  const thread = new Worker(new URL(import.meta.url), { workerData: path })
  const waiting: ((result: unknown) => void)[] = []
  let outgoing: Changes[] = []
  await new Promise(resolve => thread.once('message', resolve))
  thread.on('message', (results: readonly unknown[]) => {
    for (const result of results) waiting.shift()?.(result)
  })
  return {
    commit: changes =>
      new Promise(resolve => {
        waiting.push(resolve)
        if (outgoing.push(changes) > 1) return
        setImmediate(() => {
          thread.postMessage(outgoing)
          outgoing = []
        })
      }),
    close: () => thread.terminate(),
  }
}

async function serve(path: string): Promise<void> {
  const store = await openSqliteStore(path)
  parentPort?.on('message', (batch: readonly Changes[]) => {
    void Promise.all(batch.map(changes => store.commit(changes))).then(results => parentPort?.postMessage(results))
  })
  parentPort?.postMessage('ready')
}
