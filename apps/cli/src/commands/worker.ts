import { configPath, loadConfig, startWorker, type WorkerLog } from '@busbar/worker'
import type { Command } from 'commander'
import { CliError } from '../cli-error.js'
import { print } from '../terminal/print.js'
import { paint } from '../terminal/paint.js'
import { untilSignal } from '../until-signal.js'
import { version } from '../version.js'

interface Options {
  readonly config?: string
  readonly json?: boolean
}

export function workerCommand(program: Command): void {
  program
    .command('worker')
    .description('run a worker that executes the shell steps of flows')
    .option('-c, --config <file>', 'the configuration file (environment: STROEM_CONFIG; default: worker-config.yaml)')
    .option('--json', 'log events as JSON, one a line')
    .action((options: Options) => work(options))
}

async function work(options: Options): Promise<void> {
  const { config, warnings } = readConfig(options)
  const log = workerLog(options.json === true)
  for (const warning of warnings) log.warn('config', { warning })
  const stop = new AbortController()
  const asked = untilSignal().then(() => stop.abort())
  const worker = await startWorker(config, { log, environment: process.env, version: version(), now: () => new Date(), signal: stop.signal })
  await asked
  await worker.stop()
}

function readConfig(options: Options) {
  try {
    return loadConfig(configPath(options.config, process.env), process.env)
  } catch (error) {
    throw new CliError((error as Error).message, 2)
  }
}

export function workerLog(json: boolean, say: (line: string) => void = print): WorkerLog {
  const write = (level: 'info' | 'warn', event: string, fields: Record<string, unknown> = {}) => {
    const time = new Date().toISOString()
    if (json) say(JSON.stringify({ time, level, event, ...fields }))
    else say(`${paint('quiet', time.slice(11, 23))} ${level === 'warn' ? paint('busy', event) : event} ${paint('quiet', fieldsText(fields))}`)
  }
  return { info: (event, fields) => write('info', event, fields), warn: (event, fields) => write('warn', event, fields) }
}

function fieldsText(fields: Record<string, unknown>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ')
}
