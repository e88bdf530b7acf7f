import { describe, expect, it } from 'vitest'
import { type PausedOutcome, playPaused } from './paused.js'

const seed = 1

async function outcomes(runs: number, more: Partial<Parameters<typeof playPaused>[0]> = {}): Promise<PausedOutcome[]> {
  const played: PausedOutcome[] = []
  for (let run = 1; run <= runs; run++) played.push(await playPaused({ seed, run, ...more }))
  return played
}

describe('a worker that slept through its lease', () => {
  it.each([1, 3])('changes nothing of what took over, in 100 runs with servers: %i', async servers => {
    const played = await outcomes(100, { servers })
    expect(played.filter(({ problem }) => problem !== null).map(({ problem }) => problem)).toEqual([])
    expect(played.reduce((sum, { reports }) => sum + reports, 0)).toBeGreaterThan(200)
    expect(played.reduce((sum, { crashes }) => sum + crashes, 0)).toBeGreaterThan(20)
  })

  it('is noticed where workers do not show whose lease they mean', async () => {
    const played = await outcomes(20, { servers: 3, showsLease: false })
    expect(played.filter(({ problem }) => problem !== null).length).toBeGreaterThan(0)
  })
})
