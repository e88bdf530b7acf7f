#!/usr/bin/env node
/** The `busbar` command. Each command is loaded when it is called for, so that `busbar --help` answers at once. */
import { Command, CommanderError } from 'commander'
import { CliError } from './cli-error.js'
import { paint } from './terminal/paint.js'
import { version } from './version.js'

const program = new Command('busbar')
  .description('Durable workflows and flows: one server, two protocols.')
  .version(version())
  .showHelpAfterError('(see --help)')
  .exitOverride()

/** Name → how to add it. The order is the order of `--help`. */
const commands: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  dev: async () => (await import('./commands/dev.js')).devCommand,
  server: async () => (await import('./commands/server.js')).serverCommand,
  worker: async () => (await import('./commands/worker.js')).workerCommand,
  run: async () => (await import('./commands/run.js')).runCommand,
  start: async () => (await import('./commands/start.js')).startCommand,
  status: async () => (await import('./commands/status.js')).statusCommand,
  logs: async () => (await import('./commands/logs.js')).logsCommand,
  migrate: async () => (await import('./commands/migrate.js')).migrateCommand,
  database: async () => (await import('./commands/database.js')).databaseCommand,
}

async function main(): Promise<void> {
  const wanted = process.argv[2] ?? ''
  const names = wanted in commands ? [wanted] : Object.keys(commands)
  for (const name of names) (await commands[name]?.())?.(program)
  await program.parseAsync()
}

main().catch((error: unknown) => {
  if (error instanceof CommanderError) process.exitCode = error.exitCode
  else if (error instanceof CliError) {
    console.error(paint('bad', error.message))
    process.exitCode = error.exitCode
  } else {
    console.error(error)
    process.exitCode = 1
  }
})
