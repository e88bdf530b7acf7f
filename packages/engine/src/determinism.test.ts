import type { Changes, WorkerId } from '@busbar/kernel'
import { MemoryStore } from '@busbar/store/testing'
import { describe, expect, it } from 'vitest'
import { startScripted } from './testing/scripted-engine.js'
import type { Step } from './testing/scripted-rules.js'

/** Writes down what is committed, in the order of the commits. */
class RecordingStore extends MemoryStore {
  readonly trace: string[] = []
  override commit(changes: Changes) {
    this.trace.push(`${changes.id} v${changes.version} ${changes.attempts.map(({ attempt }) => `${attempt.ordinal}:${attempt.state.kind}`).join(',')}`)
    return super.commit(changes)
  }
}

const steps: readonly Step[] = [
  { do: 'open', queue: 'q', leaseMs: 5_000 },
  { do: 'open', queue: 'q', delayMs: 500 },
  {
    do: 'child',
    request: {
      steps: [
        { do: 'wake', afterMs: 100 },
        { do: 'open', queue: 'q' },
      ],
    },
  },
]

async function play(executions: number): Promise<readonly string[]> {
  const store = new RecordingStore()
  const on = await startScripted({ store })
  await Promise.all(Array.from({ length: executions }, () => on.create(steps)))
  for (let turn = 0; turn < 20; turn++) {
    const works = await on.poll('q', { worker: `w${turn}` as WorkerId, max: executions, waitMs: 0 })
    // Every third answer is lost: its lease ends, and it is done again.
    await Promise.all(works.filter((_, index) => (index + turn) % 3 > 0).map(({ attempt }) => on.done(attempt.id, attempt.fence)))
    await on.advance(1_000)
  }
  await on.engine.stop(1_000)
  return store.trace
}

describe('on a clock and a store that tests move', () => {
  it('the same events give the same commits, in the same order', async () => {
    const first = await play(60)
    expect(first.length).toBeGreaterThan(300)
    expect(await play(60)).toEqual(first)
  })
})
