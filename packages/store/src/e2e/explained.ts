/** The plans of what a store really runs, statements inside of functions included: PostgreSQL writes them into its log. */
import { setTimeout as delay } from 'node:timers/promises'
import type { PostgresServer } from '../testing/postgres-server.js'

/** For the server whose plans are to be read. */
export const explainingSettings = {
  logging_collector: 'on',
  log_destination: 'jsonlog',
  log_filename: 'plans.log',
  log_rotation_size: '0',
  log_rotation_age: '0',
  log_min_messages: 'log',
  log_checkpoints: 'off',
  log_autovacuum_min_duration: '-1',
  autovacuum: 'off',
} as const

export interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Actual Rows'?: number
  readonly 'Actual Loops'?: number
  readonly 'Rows Removed by Filter'?: number
  readonly 'Rows Removed by Index Recheck'?: number
  readonly 'Shared Hit Blocks'?: number
  readonly 'Shared Read Blocks'?: number
  readonly Plans?: readonly PlanNode[]
}

export interface Explained {
  readonly text: string
  readonly plan: PlanNode
}

export class Explainer {
  readonly #server: PostgresServer
  readonly #database: string
  #read = 0
  #marks = 0

  constructor(server: PostgresServer, database: string) {
    this.#server = server
    this.#database = database
  }

  /** Sessions that begin afterwards have their plans written down. False: the server lacks the module for it. */
  async begin(): Promise<boolean> {
    const available = await this.#server.query("LOAD 'auto_explain'").then(
      () => true,
      () => false,
    )
    const settings = {
      session_preload_libraries: 'auto_explain',
      'auto_explain.log_min_duration': '0',
      'auto_explain.log_analyze': 'on',
      'auto_explain.log_timing': 'off',
      'auto_explain.log_buffers': 'on',
      'auto_explain.log_nested_statements': 'on',
      'auto_explain.log_format': 'json',
    }
    if (available) for (const [name, value] of Object.entries(settings)) await this.#server.query(`ALTER DATABASE ${this.#database} SET ${name} = '${value}'`)
    return available
  }

  /** What ran since the last time, in order. */
  async take(): Promise<readonly Explained[]> {
    const mark = `mark ${++this.#marks} of the test of ${this.#database}`
    await this.#server.query(`LOAD 'auto_explain'; SET client_min_messages = error; DO $$ BEGIN RAISE LOG '${mark}'; END $$`)
    for (let tries = 0; tries < 500; tries++) {
      const [row] = await this.#server.query('SELECT pg_read_file($1, $2, 1000000000) AS text', ['log/plans.json', this.#read])
      const text = String(row?.['text'])
      const end = text.indexOf(mark)
      if (end >= 0) {
        const whole = text.slice(0, text.indexOf('\n', end) + 1)
        this.#read += Buffer.byteLength(whole)
        return whole.split('\n').flatMap(explainedIn)
      }
      await delay(10)
    }
    throw new Error('the log of the server does not grow')
  }
}

function explainedIn(line: string): readonly Explained[] {
  if (!line.includes('  plan:\\n')) return []
  const { message } = JSON.parse(line) as { readonly message: string }
  const json = JSON.parse(message.slice(message.indexOf('plan:') + 5)) as { readonly 'Query Text': string; readonly Plan: PlanNode }
  return [{ text: json['Query Text'], plan: json.Plan }]
}

export function* nodesOf(plan: PlanNode): IterableIterator<PlanNode> {
  yield plan
  for (const child of plan.Plans ?? []) yield* nodesOf(child)
}

/** Rows of tables that were read, whether they were wanted or thrown away. */
export function rowsRead(plan: PlanNode): number {
  let rows = 0
  for (const node of nodesOf(plan)) {
    if (node['Relation Name'] === undefined || node['Node Type'] === 'ModifyTable') continue
    const each = (node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0)
    rows += each * (node['Actual Loops'] ?? 1)
  }
  return rows
}

export function pagesOf(plan: PlanNode): number {
  return (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0)
}
