/** The port of what runs a step's code. One file per kind of runner in `runners/`. */
import type { ClaimedStep } from './client.js'

export interface RunRequest {
  readonly step: ClaimedStep
  /** The unpacked workspace revision, where relative script files are found. */
  readonly workspaceDir: string
  /** What the runner adds to the step's own variables. */
  readonly environment: Readonly<Record<string, string>>
  readonly onLine: (stream: 'stdout' | 'stderr', line: string) => void
  /** Resolves when more lines may come: back-pressure of the log. Null when there is room. */
  readonly room: () => Promise<void> | null
  /** Aborted when the step is to end: all its processes must go. */
  readonly signal: AbortSignal
  readonly killGraceMs: number
}

export interface RunResult {
  /** −1 when it was killed by a signal. */
  readonly exitCode: number
}

export interface Runner {
  run(request: RunRequest): Promise<RunResult>
}

/** The step cannot run here: told to its author as the step's error. */
export class RunError extends Error {
  override readonly name = 'RunError'
}
