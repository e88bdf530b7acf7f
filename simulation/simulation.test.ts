import type { Changes } from '@busbar/kernel'
import type { MemoryOptions, MemoryStore } from '@busbar/store/testing'
import { describe, expect, it } from 'vitest'
import type { Ledger } from './ledger.js'
import { type MakeStore, WatchedStore } from './watched-store.js'
import { type Outcome, play } from './world.js'

const seed = 1

async function problemsOf(runs: number, makeStore: MakeStore, servers = 1): Promise<string[]> {
  const problems: string[] = []
  for (let run = 1; run <= runs; run++) {
    const { problem } = await play({ seed, run, makeStore, servers })
    if (problem !== null) problems.push(problem)
  }
  return problems
}

/** Acknowledges every tenth change of an execution, and forgets it. */
class ForgetfulStore extends WatchedStore {
  readonly #told: Ledger
  #commits = 0

  constructor(ledger: Ledger, options: MemoryOptions, origin?: MemoryStore) {
    super(ledger, options, origin)
    this.#told = ledger
  }

  override async commit(changes: Changes) {
    this.#commits += 1
    if (changes.version === 0 || this.#commits % 10 !== 0) return super.commit(changes)
    this.#told.committed(changes)
    return 'written' as const
  }
}

/** Writes a change whatever became of the execution meanwhile. */
class OverwritingStore extends WatchedStore {
  override async commit(changes: Changes) {
    const result = await super.commit(changes)
    if (result !== 'stale' || changes.version === 0) return result
    const stored = await this.load(changes.id)
    if (!stored) return result
    const fenceOf = (ordinal: number) => stored.attempts.find(attempt => attempt.ordinal === ordinal)?.fence ?? null
    const attempts = changes.attempts.map(({ attempt }) => ({ attempt, expectedFence: fenceOf(attempt.ordinal) }))
    return super.commit({ ...changes, version: stored.version, attempts })
  }
}

/** Hands the same attempt to everybody who asks: its leases have no effect. */
class GenerousStore extends WatchedStore {
  override async claim(request: Parameters<WatchedStore['claim']>[0]) {
    const before = this.image()
    const claimed = await super.claim(request)
    if (claimed.length > 0) this.restore(before)
    return claimed
  }
}

describe('the simulation', () => {
  it('finds nothing wrong in 50 runs that crash, wait and report late', async () => {
    const outcomes: Outcome[] = []
    for (let run = 1; run <= 50; run++) outcomes.push(await play({ seed, run }))
    expect(outcomes.filter(({ problem }) => problem !== null).map(({ problem }) => problem)).toEqual([])
    expect(new Set(outcomes.map(({ scene }) => scene.dialect))).toEqual(new Set(['conductor', 'stroem']))
    expect(outcomes.reduce((sum, { crashes }) => sum + crashes, 0)).toBeGreaterThan(10)
    expect(outcomes.reduce((sum, { reports }) => sum + reports, 0)).toBeGreaterThan(100)
  })

  it('finds nothing wrong in 30 runs of three servers on one store, that crash one by one and lose hints', async () => {
    const outcomes: Outcome[] = []
    for (let run = 1; run <= 30; run++) outcomes.push(await play({ seed, run, servers: 3 }))
    expect(outcomes.filter(({ problem }) => problem !== null).map(({ problem }) => problem)).toEqual([])
    expect(outcomes.reduce((sum, { crashes }) => sum + crashes, 0)).toBeGreaterThan(10)
  })

  it('plays a run of several servers again exactly', async () => {
    const [first, second] = [await play({ seed, run: 3, servers: 3 }), await play({ seed, run: 3, servers: 3 })]
    expect(second.events).toEqual(first.events)
    expect(second.commits).toBe(first.commits)
  })

  it('plays a run again exactly', async () => {
    const [first, second] = [await play({ seed, run: 7 }), await play({ seed, run: 7 })]
    expect(second.events).toEqual(first.events)
    expect(second.commits).toBe(first.commits)
  })

  it('notices a store that forgets what it acknowledged', async () => {
    const problems = await problemsOf(10, (ledger, options, origin) => new ForgetfulStore(ledger, options, origin))
    expect(problems.some(problem => problem.startsWith('A1'))).toBe(true)
  })

  it('notices servers that write over each other', async () => {
    const makeStore: MakeStore = (ledger, options, origin) => new OverwritingStore(ledger, options, origin)
    const problems = await problemsOf(20, makeStore, 3)
    expect(problems.length).toBeGreaterThan(0)
  })

  it('notices a store whose leases do not hold', async () => {
    const problems = await problemsOf(10, (ledger, options, origin) => new GenerousStore(ledger, options, origin))
    expect(problems.length).toBeGreaterThan(0)
  })
})
