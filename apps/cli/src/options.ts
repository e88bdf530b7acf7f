import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { Api, defaultServer } from './api/api.js'
import { CliError } from './cli-error.js'

export interface ServerOption {
  readonly server: string
}

/** Every command that talks to a server names it in the same way. */
export function withServer(command: Command): Command {
  return command.option('-s, --server <url>', 'the server to talk to (environment: BUSBAR_URL)', process.env['BUSBAR_URL'] ?? defaultServer)
}

/** `{"a":1}`, or `@file.json`, or `-` for standard input. */
export function readInput(text: string | undefined): Record<string, unknown> {
  if (text === undefined) return {}
  const source = text === '-' ? readFileSync(0, 'utf8') : text.startsWith('@') ? fileText(text.slice(1)) : text
  let value: unknown
  try {
    value = JSON.parse(source)
  } catch (cause) {
    throw new CliError(
      `--input is not valid JSON: ${(cause as Error).message}. Give an object such as '{"name":"Ada"}', @file.json, or - for standard input.`,
      2,
    )
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new CliError(`--input must be a JSON object such as '{"name":"Ada"}', found ${source.slice(0, 60)}`, 2)
  return value as Record<string, unknown>
}

function fileText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new CliError(`--input: the file ${path} cannot be read (${(cause as NodeJS.ErrnoException).code}).`, 2)
  }
}

/** Runs with an API client that is closed afterwards. */
export async function withApi<T>(options: ServerOption, run: (api: Api) => Promise<T>): Promise<T> {
  const api = new Api(options.server)
  try {
    return await run(api)
  } finally {
    await api.close()
  }
}
