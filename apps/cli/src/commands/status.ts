import type { Command } from 'commander'
import type { Api } from '../api/api.js'
import { type ExecutionState, readExecution } from '../api/executions.js'
import { type ServerOption, withApi, withServer } from '../options.js'
import { print, printJson } from '../terminal/print.js'
import { durationText } from '../terminal/duration.js'
import { harmless, paint, statusText } from '../terminal/paint.js'
import { table } from '../terminal/table.js'

interface Options extends ServerOption {
  readonly json?: boolean
  readonly limit: string
}

export function statusCommand(program: Command): void {
  withServer(program.command('status [id]'))
    .description('show one workflow or job, or without an id the server: its health, counts, queues and newest jobs')
    .option('-n, --limit <number>', 'how many jobs to list', '15')
    .option('--json', 'print JSON')
    .action((id: string | undefined, options: Options) =>
      withApi(options, api => (id === undefined ? showServer(api, options) : showExecution(api, id, options))),
    )
}

async function showExecution(api: Api, id: string, options: Options): Promise<void> {
  const execution = await readExecution(api, id)
  if (options.json) {
    printJson(execution.raw)
    return
  }
  print(`${statusText(execution.status)} ${paint('strong', harmless(execution.name))} ${paint('quiet', execution.id)}`)
  if (execution.reason) print(paint('bad', harmless(execution.reason)))
  print(`${paint('strong', 'input')}  ${harmless(JSON.stringify(execution.input ?? null))}`)
  if (execution.ended) print(`${paint('strong', 'output')} ${harmless(JSON.stringify(execution.output ?? null))}`)
  if (execution.steps.length === 0) return
  print('')
  print(table(['step', 'kind', 'status', 'took', 'output or reason'], execution.steps.map(stepRow)))
}

function stepRow(step: ExecutionState['steps'][number]): string[] {
  const took = step.startedAt === null ? '' : step.endedAt === null ? '…' : durationText(step.endedAt - step.startedAt)
  const said = step.reason ?? (step.output === null || step.output === undefined ? '' : JSON.stringify(step.output))
  return [step.name, step.kind, statusText(step.status), took, harmless(said.split('\n').join(' '))]
}

async function showServer(api: Api, options: Options): Promise<void> {
  const limit = Math.min(Math.max(Number(options.limit) || 15, 1), 200)
  const [health, stats, queues, jobs] = await Promise.all([
    api.ask('GET', '/health'),
    api.must('GET', '/api/stats'),
    api.must('GET', '/api/tasks/queue/all'),
    api.must('GET', `/api/jobs?limit=${limit}`),
  ])
  if (options.json) {
    printJson({ health: health.body, stats, queues, jobs })
    return
  }
  const healthy = (health.body as { healthy?: unknown } | null)?.healthy === true
  print(`${healthy ? paint('good', '● healthy') : paint('bad', '● not healthy')}  ${api.url}`)
  print(`jobs: ${pairs(stats)}`)
  const waiting = Object.entries(queues as Record<string, number>).filter(([, size]) => size > 0)
  if (waiting.length > 0)
    print(
      `\n${table(
        ['queue', 'waiting'],
        waiting.map(([name, size]) => [name, String(size)]),
      )}`,
    )
  const { items } = jobs as { items: Record<string, string | null>[] }
  if (items.length > 0)
    print(
      `\n${table(
        ['job', 'flow', 'status', 'created'],
        items.map(job => [`${job['job_id']}`, `${job['workspace']}/${job['task_name']}`, statusText(`${job['status']}`), `${job['created_at']}`]),
      )}`,
    )
}

function pairs(counts: unknown): string {
  return (
    Object.entries(counts as Record<string, number>)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ') || 'none yet'
  )
}
