import { databaseOf, loadConfig } from '@busbar/server'
import { CliError } from '../cli-error.js'

export interface DatabaseOptions {
  readonly config?: string
  readonly data?: string
  readonly database?: string
}

/** The database that a server with the same flags, file and environment would use. */
export function addressOf({ config: file = process.env['BUSBAR_CONFIG'], data, database }: DatabaseOptions): string {
  try {
    const { config } = loadConfig({ ...(file === undefined ? {} : { file }), environment: process.env, flags: { data, databaseUrl: database } })
    return databaseOf(config)
  } catch (error) {
    throw new CliError((error as Error).message, 2)
  }
}
