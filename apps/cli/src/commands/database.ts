/** `busbar database`: a look at the schema of the database, and its upgrade by hand. */
import { schemaOf, shownAddress, upgradeSchema } from '@busbar/server'
import type { Command } from 'commander'
import { CliError } from '../cli-error.js'
import { print, printJson } from '../terminal/print.js'
import { paint } from '../terminal/paint.js'
import { addressOf, type DatabaseOptions } from './database-address.js'

interface StatusOptions extends DatabaseOptions {
  readonly json?: boolean
}

/** What `status` ends with when migrations are pending, so that a script need not read. */
const pendingCode = 3

export function databaseCommand(program: Command): void {
  const database = program.command('database').description("look at the database's schema, or bring it up to date by hand")
  withDatabase(database.command('status'))
    .description(`say which migrations the database has and lacks, and change nothing; ends with ${pendingCode} when some are pending`)
    .option('--json', 'print JSON')
    .action((options: StatusOptions) => status(options))
  withDatabase(database.command('upgrade'))
    .description('apply the pending migrations; for servers that run with database.migrate: check')
    .action((options: DatabaseOptions) => upgrade(options))
}

function withDatabase(command: Command): Command {
  return command
    .option(
      '--database <url>',
      'postgres://… or a path (default: as the server would choose, from BUSBAR_DATABASE_URL, DATABASE_URL, the file, or the data folder)',
    )
    .option('-c, --config <file>', 'the configuration file of the server (environment: BUSBAR_CONFIG)')
    .option('-d, --data <folder>', 'the data folder of the server (default: ./.busbar)')
}

async function status(options: StatusOptions): Promise<void> {
  const address = addressOf(options)
  const { applied, pending } = await told(() => schemaOf(address))
  if (options.json) printJson({ database: shownAddress(address), applied, pending })
  else {
    print(`${paint('strong', shownAddress(address))}: ${counted(applied)} applied, ${counted(pending.length)} pending`)
    for (const one of pending) print(`  ${paint('busy', one)}`)
  }
  if (pending.length > 0) process.exitCode = pendingCode
}

async function upgrade(options: DatabaseOptions): Promise<void> {
  const address = addressOf(options)
  const { pending } = await told(() => upgradeSchema(address))
  for (const one of pending) print(`${paint('good', '✓')} migration ${one}`)
  print(`${paint('strong', shownAddress(address))} is up to date`)
}

function counted(count: number): string {
  return `${count} migration${count === 1 ? '' : 's'}`
}

async function told<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run()
  } catch (error) {
    throw new CliError((error as Error).message)
  }
}
