/** What the adapter has done since it was opened, for metrics and benchmarks. */
export interface SqliteStats {
  readonly flushes: number
  readonly calls: number
  /** Flushes that ran twice, because a call had to be taken back. */
  readonly replays: number
  readonly slowestFlushMs: number
  readonly rowsWritten: number
  readonly databaseBytes: number
  readonly walBytes: number
}
