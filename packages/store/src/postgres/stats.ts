/** What the store did since it was opened. */
export interface PostgresStats {
  /** Statements that wrote on behalf of calls, and how many calls. */
  readonly flushes: number
  readonly calls: number
  /** Other statements. */
  readonly reads: number
  readonly notifications: number
  readonly reconnects: number
}
