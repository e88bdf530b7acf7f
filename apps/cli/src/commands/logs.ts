import type { Command } from 'commander'
import type { Api } from '../api/api.js'
import { readExecution } from '../api/executions.js'
import { CliError } from '../cli-error.js'
import { logLine, logStreamPath } from '../follow.js'
import { type ServerOption, withApi, withServer } from '../options.js'
import { print } from '../terminal/print.js'
import { harmless, paint } from '../terminal/paint.js'

interface Options extends ServerOption {
  readonly follow?: boolean
  readonly step?: string
  readonly json?: boolean
}

export function logsCommand(program: Command): void {
  withServer(program.command('logs <id>'))
    .description('print the log of a job, or of the tasks of a workflow')
    .option('-f, --follow', 'go on printing until it has ended')
    .option('--step <name>', 'only this step (or task reference)')
    .option('--json', 'print the lines as JSON, one a line')
    .action((id: string, options: Options) => withApi(options, api => logs(api, id, options)))
}

async function logs(api: Api, id: string, options: Options): Promise<void> {
  const execution = await readExecution(api, id)
  if (execution.kind === 'workflow') {
    if (options.follow) throw new CliError('Logs of workflow tasks are not streamed: ask again without --follow.', 2)
    return taskLogs(api, execution.raw as { tasks: { taskId: string; referenceTaskName: string }[] }, options)
  }
  const show = (line: string) => print(options.json ? line : logLine(line).trimStart())
  if (!options.follow) {
    const path = options.step === undefined ? `/api/jobs/${id}/logs` : `/api/jobs/${id}/steps/${encodeURIComponent(options.step)}/logs`
    const { logs: text } = (await api.must('GET', path)) as { logs: string }
    for (const line of text.split('\n')) if (line !== '') show(line)
    return
  }
  const interrupt = new AbortController()
  process.once('SIGINT', () => interrupt.abort())
  try {
    for await (const line of api.lines(logStreamPath(id, options.step), interrupt.signal)) show(line)
  } catch (error) {
    if (!interrupt.signal.aborted) throw error
  }
}

async function taskLogs(api: Api, workflow: { tasks: { taskId: string; referenceTaskName: string }[] }, options: Options): Promise<void> {
  for (const task of workflow.tasks) {
    if (options.step !== undefined && task.referenceTaskName !== options.step) continue
    const { status, body } = await api.ask('GET', `/api/tasks/${task.taskId}/log`)
    if (status !== 200 || !Array.isArray(body)) continue
    for (const entry of body as { log: string; createdTime: number }[]) {
      print(
        options.json
          ? JSON.stringify({ task: task.referenceTaskName, ...entry })
          : `${paint('accent', task.referenceTaskName.padEnd(12))} ${paint('quiet', '│')} ${harmless(entry.log)}`,
      )
    }
  }
}
