export type ConductorLogLevel = 'DEBUG' | 'INFO' | 'ERROR'

export interface ConductorLogger {
  info(...args: unknown[]): void
  error(...args: unknown[]): void
  debug(...args: unknown[]): void
}

export interface DefaultLoggerConfig {
  level?: ConductorLogLevel
  tags?: unknown[]
}

const ranks: Record<ConductorLogLevel, number> = { DEBUG: 10, INFO: 30, ERROR: 60 }

/** Prints to the console what is at least as grave as its level. */
export class DefaultLogger implements ConductorLogger {
  private readonly tags: unknown[]
  private readonly rankMin: number

  constructor(config: DefaultLoggerConfig = {}) {
    this.tags = config.tags ?? []
    this.rankMin = ranks[config.level ?? 'INFO'] ?? ranks.INFO
  }

  info = (...args: unknown[]): void => this.log('INFO', args)
  debug = (...args: unknown[]): void => this.log('DEBUG', args)
  error = (...args: unknown[]): void => this.log('ERROR', args)

  private log(level: ConductorLogLevel, args: unknown[]): void {
    if (ranks[level] >= this.rankMin) console.log(level, ...this.tags, ...args)
  }
}

export const noopLogger: ConductorLogger = { info: () => {}, error: () => {}, debug: () => {} }
