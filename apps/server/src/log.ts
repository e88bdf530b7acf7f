/** The server's own log: events with fields, one JSON object a line, written asynchronously. */
import type { EngineLog } from '@busbar/engine'
import { destination, pino } from 'pino'

export interface Log extends EngineLog {
  debug(event: string, fields?: Record<string, unknown>): void
  /** Writes out what is buffered. */
  flush(): void
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Names under which a secret could travel; their values never reach the log. */
const redacted = ['authorization', 'cookie', 'token', 'secret', 'password', 'workerToken']

export function createLog(level: LogLevel, file: number | string = 1): Log {
  const target = destination({ dest: file, sync: false, minLength: 4096, mkdir: false })
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'event',
      serializers: { error: pino.stdSerializers.err },
      redact: [...redacted, ...redacted.map(name => `*.${name}`)],
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    target,
  )
  // What is buffered is written at least once a second, so that a quiet server shows its last line.
  const timer = setInterval(() => target.flush(), 1_000)
  timer.unref()
  return {
    debug: (event, fields) => logger.debug(fields ?? {}, event),
    info: (event, fields) => logger.info(fields ?? {}, event),
    warn: (event, fields) => logger.warn(fields ?? {}, event),
    error: (event, fields) => logger.error(fields ?? {}, event),
    flush: () => {
      target.flushSync()
    },
  }
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {}, flush() {} }
