import type { EngineLimits } from './api.js'

/** What holds unless the configuration says otherwise. */
export const defaultLimits: EngineLimits = {
  cachedViewsMax: 20_000,
  cachedAttemptsMax: 200_000,
  commandsPerExecutionMax: 10_000,
  commandsMax: 100_000,
  heldPollsMax: 100_000,
  pollWaitMsMax: 60_000,
  pollCountMax: 1_000,
  roundsPerCommitMax: 100,
  attemptsPerCommitMax: 5_000,
  evaluationMsMax: 4_000,
  evaluationBytesMax: 1_048_576,
  evaluationThreadsMax: 1,
  effectsMax: 32,
  sweepMs: 60_000,
  surveyMs: 5_000,
  doubtMs: 10_000,
}
