import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type ExecutionId, instant } from '@busbar/kernel'
import { expect, it } from 'vitest'
import { openDatabase } from '../sqlite/driver.js'
import { openSqliteStore } from '../sqlite/index.js'
import type { Store } from '../store.js'

const committer = fileURLToPath(new URL('../../dist/e2e/committer.js', import.meta.url))
const rounds = 10

it('kill -9 loses nothing that was acknowledged', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'busbar-kill-'))
  const path = join(folder, 'busbar.db')
  const acknowledged = new Map<ExecutionId, string>()
  for (let round = 0; round < rounds; round++) {
    const killAfter = 1 + Math.floor(Math.random() * 400)
    await killedAfter(killAfter, [path, String(round)], acknowledged)
    const store = await openSqliteStore(path)
    await expectAll(store, acknowledged, `round ${round}, killed after ${killAfter} acknowledgements`)
    await store.close()
  }
  const database = openDatabase(path)
  expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  database.close()
  rmSync(folder, { recursive: true })
})

/** Runs the committer until it acknowledged so much, kills it, and notes everything that it said before it died. */
async function killedAfter(acknowledgements: number, args: readonly string[], acknowledged: Map<ExecutionId, string>): Promise<void> {
  const child = spawn(process.execPath, [committer, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let seen = 0
  for await (const line of createInterface(child.stdout)) {
    const [what, id] = line.split(' ')
    if (what !== undefined && id?.length === 36) acknowledged.set(id as ExecutionId, what)
    if (++seen === acknowledgements) child.kill('SIGKILL')
  }
  expect(seen).toBeGreaterThanOrEqual(acknowledgements)
}

async function expectAll(store: Store, acknowledged: ReadonlyMap<ExecutionId, string>, when: string): Promise<void> {
  const wrong: string[] = []
  for (const [id, what] of acknowledged) {
    const loaded = await store.load(id)
    const isClosed = loaded?.attempts[0]?.state.kind === 'closed' && loaded.execution.status === 'completed'
    if (!loaded || (what === 'closed' && !isClosed)) wrong.push(`${id} was ${what}, found ${loaded ? loaded.execution.status : 'nothing'}`)
  }
  expect(wrong, when).toEqual([])
  const counts = await store.countByStatus('conductor')
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  expect(total, when).toBe((await store.list({ dialect: 'conductor', offset: 0, limit: 1, order: 'newest', createdFrom: instant(0) })).total)
}
