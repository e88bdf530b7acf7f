import { createLog, loadConfig, startServer } from '@busbar/server'
import type { Command } from 'commander'
import { CliError } from '../cli-error.js'
import { print } from '../terminal/print.js'
import { untilSignal } from '../until-signal.js'

interface Options {
  readonly config?: string
  readonly host?: string
  readonly port?: string
  readonly data?: string
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  readonly workspace: readonly string[]
}

export function serverCommand(program: Command): void {
  program
    .command('server')
    .description('run the server with its embedded database')
    .option('-c, --config <file>', 'a YAML file (environment: BUSBAR_CONFIG); every key is also a BUSBAR_… variable')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('-p, --port <number>', 'port to listen on; 0 takes a free one (default: 8080)')
    .option('-d, --data <folder>', 'folder of the database (default: ./.busbar)')
    .option('-w, --workspace <name=folder>', 'a folder of flows; may be given several times', (one: string, before: readonly string[]) => [...before, one], [])
    .option('--log-level <level>', 'debug, info, warn, error or silent')
    .action(serve)
}

async function serve(options: Options): Promise<void> {
  const asked = untilSignal()
  const { config, warnings } = readConfig(options)
  const log = createLog(config.log.level, 2)
  for (const warning of warnings) log.warn('configuration', { warning })
  const server = await startServer(config, { log }).catch((error: unknown) => {
    throw new CliError((error as Error).message)
  })
  print(`Busbar listening on ${server.url}`)
  await asked
  await server.stop()
  log.flush()
}

function readConfig(options: Options) {
  const file = options.config ?? process.env['BUSBAR_CONFIG']
  try {
    return loadConfig({
      ...(file === undefined ? {} : { file }),
      environment: process.env,
      flags: {
        listen: { host: options.host, port: portOf(options.port) },
        data: options.data,
        log: { level: options.logLevel },
        ...(options.workspace.length > 0 ? { workspaces: Object.fromEntries(options.workspace.map(workspaceOf)) } : {}),
      },
    })
  } catch (error) {
    throw new CliError((error as Error).message, 2)
  }
}

export function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new CliError(`--port must be a whole number from 0 to 65535, found '${text}'.`, 2)
  return port
}

function workspaceOf(text: string): [string, { type: 'folder'; path: string }] {
  const at = text.indexOf('=')
  if (at < 1 || at === text.length - 1) throw new CliError(`--workspace must be name=folder, found '${text}'.`, 2)
  return [text.slice(0, at), { type: 'folder', path: text.slice(at + 1) }]
}
