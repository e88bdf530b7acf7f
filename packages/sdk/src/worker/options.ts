/** How a worker polls. All five have a default on a host. */
export interface WorkerProcessOptions {
  workerID: string
  domain: string | undefined
  /** Milliseconds: the longest that an idle worker leaves the server unasked. */
  pollInterval?: number
  concurrency?: number
  /** Milliseconds that the server may hold an unanswered poll. */
  batchPollingTimeout?: number
}

export type WorkerHostOptions = WorkerProcessOptions

export type ResolvedOptions = { readonly [Name in keyof Required<WorkerProcessOptions>]: Required<WorkerProcessOptions>[Name] }

export const pollingDefaults = { pollInterval: 100, concurrency: 1, batchPollingTimeout: 100 } as const

/** Conductor refuses to hold a poll longer. */
export const longPollMs = 5_000

/** Later ones win; what is undefined says nothing. */
export function overlay<T extends object>(...layers: readonly Partial<T>[]): Partial<T> {
  const result: Partial<T> = {}
  for (const layer of layers) {
    for (const key of Object.keys(layer) as (keyof T)[]) if (layer[key] !== undefined) result[key] = layer[key]
  }
  return result
}

export function sameOptions(a: ResolvedOptions, b: ResolvedOptions): boolean {
  return (Object.keys({ ...a, ...b }) as (keyof ResolvedOptions)[]).every(key => a[key] === b[key])
}
