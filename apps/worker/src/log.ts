/** What the worker tells its operator: events with fields. The names here are public. */
export type LogEvent =
  | 'worker registered'
  | 'registration failed'
  | 'heartbeat failed'
  | 'claim failed'
  | 'step claimed'
  | 'step finished'
  | 'report failed'
  | 'logs failed'
  | 'logs dropped'
  | 'draining'
  | 'stopped'
  | 'config'

export interface WorkerLog {
  info(event: LogEvent, fields?: Record<string, unknown>): void
  warn(event: LogEvent, fields?: Record<string, unknown>): void
}
