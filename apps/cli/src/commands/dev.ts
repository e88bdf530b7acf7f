/** `busbar dev`: everything on one machine — server, a shell worker, a TypeScript worker — with the samples shown live. */
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { createLog, loadConfig, type Server, startServer } from '@busbar/server'
import { readConfig, type RunningWorker, startWorker } from '@busbar/worker'
import type { Command } from 'commander'
import { Api } from '../api/api.js'
import { CliError } from '../cli-error.js'
import { follow } from '../follow.js'
import { print } from '../terminal/print.js'
import { paint } from '../terminal/paint.js'
import { durationText } from '../terminal/duration.js'
import { untilSignal } from '../until-signal.js'
import { version } from '../version.js'
import { portOf } from './server.js'
import { type SampleWorker, samples, startSampleWorker } from './samples.js'

interface Options {
  readonly port?: string
  readonly data: string
  readonly once?: boolean
}

const defaultPort = 8080

export function devCommand(program: Command): void {
  program
    .command('dev')
    .description('run a server and two workers on this machine, run the samples, and keep serving')
    .option('-p, --port <number>', `port to listen on; 0 takes a free one (default: ${defaultPort})`)
    .option('-d, --data <folder>', 'folder of the database', './.busbar')
    .option('--once', 'exit when the samples have run')
    .action(dev)
}

async function dev(options: Options): Promise<void> {
  const asked = untilSignal()
  const begun = performance.now()
  const parts = new Parts()
  try {
    const server = await parts.server(options)
    print(
      `${paint('good', '●')} Busbar ${version()} is serving at ${paint('strong', server.url)} ${paint('quiet', `(after ${durationText(performance.now() - begun)}; data in ${relative(process.cwd(), options.data) || options.data})`)}`,
    )
    await parts.workers(server, options.data)
    const api = new Api(server.url)
    await reportEarlier(api)
    const failed = await Promise.race([runSamples(api), asked.then(() => 'interrupted' as const)])
    await api.close()
    if (failed !== 'interrupted' && !options.once) {
      printPlaces(server.url)
      await asked
    }
    if (failed === true) process.exitCode = 1
    if (!options.once || failed === 'interrupted') print(paint('quiet', '\nStopping: letting running steps end…'))
  } finally {
    await parts.stop()
  }
}

/** What was started, so that it is stopped in the opposite order whatever happens. */
class Parts {
  #server: Server | null = null
  #shell: RunningWorker | null = null
  #typescript: SampleWorker | null = null

  async server(options: Options): Promise<Server> {
    const { config } = loadConfig({
      flags: {
        listen: { port: portOf(options.port) ?? defaultPort },
        data: options.data,
        log: { level: 'warn' },
        workspaces: { examples: { type: 'folder', path: samples.flowsFolder } },
      },
    })
    this.#server = await startServer(config, { log: createLog('warn', 2) }).catch((error: unknown) => {
      throw new CliError((error as Error).message)
    })
    return this.#server
  }

  async workers(server: Server, data: string): Promise<void> {
    const { config } = readConfig(
      {
        server_url: server.url,
        worker_token: server.workerToken,
        worker_name: 'shell-worker',
        max_concurrent: 4,
        poll_interval_secs: 1,
        workspace_cache_dir: join(data, 'worker-cache'),
        capabilities: ['script'],
      },
      'busbar dev',
    )
    const quiet = {
      info: () => undefined,
      warn: (event: string, fields?: Record<string, unknown>) => print(paint('busy', `shell worker: ${event} ${JSON.stringify(fields ?? {})}`)),
    }
    this.#shell = await startWorker(config, { log: quiet, environment: process.env, version: version(), now: () => new Date() })
    this.#typescript = await startSampleWorker(server.url)
  }

  async stop(): Promise<void> {
    await Promise.all([this.#typescript?.stop(), this.#shell?.stop()])
    await this.#server?.stop()
  }
}

async function reportEarlier(api: Api): Promise<void> {
  const [stats, workflows] = await Promise.all([
    api.must('GET', '/api/stats'),
    api.must('GET', `/api/workflow/${samples.workflow.name}/correlated/${samples.correlationId}?includeClosed=true`),
  ])
  const jobs = Object.values(stats as Record<string, number>).reduce((sum, count) => sum + count, 0)
  const earlier = (workflows as unknown[]).length
  if (jobs + earlier > 0) print(paint('quiet', `  still here from earlier starts: ${counted(jobs, 'job')} and ${counted(earlier, 'sample workflow')}`))
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/** True when one of them did not complete. */
async function runSamples(api: Api): Promise<boolean> {
  const never = new AbortController().signal
  print(`\n${paint('strong', 'A Conductor workflow')} ${paint('quiet', `${samples.workflow.file}, its tasks done by a TypeScript worker`)}`)
  await api.must('PUT', '/api/metadata/workflow', [JSON.parse(readFileSync(samples.workflow.path, 'utf8'))])
  const id = String(
    await api.must('POST', '/api/workflow', { name: samples.workflow.name, input: samples.workflow.input, correlationId: samples.correlationId }),
  )
  const workflow = await follow(api, { kind: 'workflow', id }, print, never)

  print(`\n${paint('strong', 'A Strøm flow')} ${paint('quiet', `${samples.flow.file}, its steps run by the shell worker`)}`)
  const answer = await api.must('POST', `/api/workspaces/examples/tasks/${samples.flow.name}/execute`, { input: samples.flow.input })
  const flow = await follow(api, { kind: 'job', id: (answer as { job_id: string }).job_id }, print, never)
  return workflow.status !== 'COMPLETED' || flow.status !== 'completed'
}

function printPlaces(url: string): void {
  print(`
${paint('strong', 'Conductor')} API  ${url}/api        ${paint('quiet', 'workers and SDKs connect here')}
${paint('strong', 'Strøm')} API      ${url}/api/jobs   ${paint('quiet', 'and /worker for workers')}
OpenAPI        ${url}/api-docs
Try            ${paint('accent', `npx busbar run ${samples.flow.name} -w examples -s ${url}`)}
Stop           Ctrl-C`)
}
