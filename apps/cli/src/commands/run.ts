import type { Command } from 'commander'
import { CliError } from '../cli-error.js'
import { follow } from '../follow.js'
import { readInput, type ServerOption, withApi, withServer } from '../options.js'
import { print, printJson } from '../terminal/print.js'
import { readAgain } from '../api/executions.js'
import { paint } from '../terminal/paint.js'

interface Options extends ServerOption {
  readonly workspace: string
  readonly input?: string
  readonly detach?: boolean
  readonly json?: boolean
}

export function runCommand(program: Command): void {
  withServer(program.command('run <flow>'))
    .description('run a flow and show its steps and log until it ends; the exit code is 1 when it fails')
    .option('-w, --workspace <name>', 'the workspace the flow is in', 'default')
    .option('-i, --input <json>', 'input: a JSON object, @file.json, or - for standard input')
    .option('-d, --detach', 'start it, print its id, and return')
    .option('--json', 'print the job as JSON when it has ended')
    .addHelpText('after', `\nExamples:\n  $ busbar run hello\n  $ busbar run deploy -w ops --input '{"env":"staging"}'`)
    .action((flow: string, options: Options) => withApi(options, api => run(api, flow, options)))
}

async function run(api: Parameters<Parameters<typeof withApi>[1]>[0], flow: string, options: Options): Promise<void> {
  const input = readInput(options.input)
  const answer = await api.must('POST', `/api/workspaces/${encodeURIComponent(options.workspace)}/tasks/${encodeURIComponent(flow)}/execute`, { input })
  const id = (answer as { job_id: string }).job_id
  if (options.detach) {
    if (options.json) printJson({ job_id: id })
    else print(id)
    return
  }
  const interrupt = new AbortController()
  process.once('SIGINT', () => interrupt.abort())
  if (!options.json) print(`${paint('strong', flow)} ${paint('quiet', id)}`)
  const ended = await follow(api, { kind: 'job', id }, options.json ? () => undefined : print, interrupt.signal).catch((error: unknown) => {
    if (interrupt.signal.aborted) throw new CliError(`Stopped watching; the flow goes on. See "busbar logs -f ${id}".`, 130)
    throw error
  })
  if (options.json) printJson((await readAgain(api, ended)).raw)
  if (ended.status !== 'completed') process.exitCode = 1
}
