import type { Command } from 'commander'
import { CliError } from '../cli-error.js'
import { follow } from '../follow.js'
import { readInput, type ServerOption, withApi, withServer } from '../options.js'
import { print, printJson } from '../terminal/print.js'
import { paint } from '../terminal/paint.js'

interface Options extends ServerOption {
  readonly workflowVersion?: string
  readonly input?: string
  readonly correlationId?: string
  readonly follow?: boolean
  readonly json?: boolean
}

export function startCommand(program: Command): void {
  withServer(program.command('start <workflow>'))
    .description('start a workflow and print its id')
    .option('--workflow-version <number>', 'version of the workflow (the latest unless given)')
    .option('-i, --input <json>', 'input: a JSON object, @file.json, or - for standard input')
    .option('-c, --correlation-id <text>', 'your own handle for it')
    .option('-f, --follow', 'show its tasks until it ends; the exit code is 1 when it fails')
    .option('--json', 'print JSON: the id, or with --follow the whole ended workflow')
    .addHelpText('after', `\nExamples:\n  $ busbar start greeting --input '{"name":"Ada"}' --follow`)
    .action((workflow: string, options: Options) => withApi(options, api => start(api, workflow, options)))
}

async function start(api: Parameters<Parameters<typeof withApi>[1]>[0], name: string, options: Options): Promise<void> {
  const version = options.workflowVersion === undefined ? undefined : Number(options.workflowVersion)
  if (version !== undefined && !Number.isInteger(version))
    throw new CliError(`--workflow-version must be a whole number, found '${options.workflowVersion}'.`, 2)
  const request = { name, version, input: readInput(options.input), correlationId: options.correlationId }
  const id = String(await api.must('POST', '/api/workflow', request))
  if (!options.follow) {
    if (options.json) printJson({ workflowId: id })
    else print(id)
    return
  }
  const interrupt = new AbortController()
  process.once('SIGINT', () => interrupt.abort())
  if (!options.json) print(`${paint('strong', name)} ${paint('quiet', id)}`)
  const ended = await follow(api, { kind: 'workflow', id }, options.json ? () => undefined : print, interrupt.signal).catch((error: unknown) => {
    if (interrupt.signal.aborted) throw new CliError(`Stopped watching; the workflow goes on. See "busbar status ${id}".`, 130)
    throw error
  })
  if (options.json) printJson(ended.raw)
  if (ended.status !== 'COMPLETED') process.exitCode = 1
}
