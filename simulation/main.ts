/**
 * `npm run simulate -- --runs 10000 --seed 1`: random executions on a false clock and a store that crashes; `--servers 3`: on
 * several servers that share it; `--scenario paused`: workers that sleep through their lease.
 */
import { parseArgs } from 'node:util'
import { type PausedOutcome, playPaused } from './paused.js'
import { type Outcome, play } from './world.js'

interface Options {
  readonly runs: number
  readonly seed: number
  /** Only this run. */
  readonly run: number | null
  readonly servers: number
  readonly scenario: 'random' | 'paused'
  readonly isVerbose: boolean
}

const progressEvery = 100
const problemsMax = 10

function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      run: { type: 'string' },
      servers: { type: 'string', default: '1' },
      scenario: { type: 'string', default: 'random' },
      verbose: { type: 'boolean', default: false },
    },
  })
  const { run, scenario } = values
  if (scenario !== 'random' && scenario !== 'paused') throw new Error(`--scenario: expected random or paused, found '${scenario}'`)
  return {
    runs: wholeNumber('runs', values.runs),
    seed: wholeNumber('seed', values.seed),
    run: run === undefined ? null : wholeNumber('run', run),
    servers: wholeNumber('servers', values.servers, { least: 1, most: 9 }),
    scenario,
    isVerbose: values.verbose,
  }
}

function wholeNumber(name: string, text: string, { least, most } = { least: 0, most: 1e15 }): number {
  const value = Number(text)
  if (!/^\d{1,15}$/.test(text) || value < least || value > most) throw new Error(`--${name}: expected a whole number from ${least} to ${most}, found '${text}'`)
  return value
}

/** The run that is under way, as its options. */
let current = ''

async function main({ runs, seed, run: only, servers, scenario, isVerbose }: Options): Promise<number> {
  const totals = { runs: 0, executions: 0, commits: 0, crashes: 0, reports: 0, problems: 0 }
  const more = `${scenario === 'random' ? '' : ` --scenario ${scenario}`}${servers > 1 ? ` --servers ${servers}` : ''}`
  const from = only ?? 1
  const to = only ?? runs
  for (let run = from; run <= to && totals.problems < problemsMax; run++) {
    current = `--seed ${seed} --run ${run}${more}`
    const outcome = scenario === 'paused' ? await playPaused({ seed, run, servers }) : await play({ seed, run, servers })
    const reproduction = current
    current = ''
    totals.runs += 1
    totals.executions += outcome.executions
    totals.commits += outcome.commits
    totals.crashes += outcome.crashes
    totals.reports += outcome.reports
    if (outcome.problem !== null) totals.problems += 1
    if (outcome.problem !== null || isVerbose) show(outcome, reproduction)
    if (process.stderr.isTTY && run % progressEvery === 0) process.stderr.write(`\r${run} of ${to} runs, ${totals.problems} problems`)
  }
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  const { executions, commits, crashes, reports, problems } = totals
  console.log(
    `${totals.runs} runs, seed ${seed}${more.replaceAll(/ --(\w+) (\w+)/g, ', $1 $2')}: ${executions} executions, ${commits} commits, ${crashes} crashes, ${reports} reports; ${problems} problems`,
  )
  return problems === 0 ? 0 : 1
}

function show({ title, events, problem }: Outcome | PausedOutcome, reproduction: string): void {
  console.log(title)
  for (const event of events) console.log(`  ${event}`)
  if (problem !== null) console.log(`PROBLEM: ${problem}\nReproduce: npm run simulate -- ${reproduction}`)
}

// A promise that nobody keeps lets the process end in the middle of a run.
process.on('exit', () => {
  if (current !== '') console.log(`PROBLEM: the run waits for ever\nReproduce: npm run simulate -- ${current}`)
})

process.exitCode = await main(optionsOf(process.argv.slice(2)))
