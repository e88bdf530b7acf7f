/** Time as workers and waits see it, so that a test can move it. */
export interface Clock {
  now(): number
  /** Runs it once, later. What is returned cancels it. */
  later(delayMs: number, run: () => void): () => void
}

/** Longer ones would fire at once. */
const timerMsMax = 2_147_483_647

export const systemClock: Clock = {
  now: Date.now,
  later: (delayMs, run) => {
    const timer = setTimeout(run, Math.min(delayMs, timerMsMax))
    return () => clearTimeout(timer)
  },
}
