/** `busbar migrate`: everything from one database to another, between SQLite and PostgreSQL in either direction. */
import { type CopiedKind, copyStore, type CopyProgress, folderOf, openStore, payloadsOf, shownAddress } from '@busbar/server'
import type { Command } from 'commander'
import { CliError } from '../cli-error.js'
import { print } from '../terminal/print.js'
import { paint } from '../terminal/paint.js'
import { Progress } from '../terminal/progress.js'
import { table } from '../terminal/table.js'
import { untilSignal } from '../until-signal.js'

interface Options {
  readonly from: string
  readonly to: string
  readonly data?: string
}

export function migrateCommand(program: Command): void {
  program
    .command('migrate')
    .description('copy everything from one database to another one that is empty, and compare the two; with all servers stopped')
    .requiredOption('--from <url>', 'postgres://user:password@host:port/database, sqlite:<path>, or a path such as .busbar/busbar.db')
    .requiredOption('--to <url>', 'the same; the database must be there, a file is made')
    .option('-d, --data <folder>', 'the data folder with the large payloads of a SQLite side (default: the folder of its file)')
    .addHelpText(
      'after',
      `
Definitions, executions (running ones go on where they are), their attempts and timers, payloads, logs, schedules and workers are moved. The source
stays as it is. Interrupted, the command may be given again: it goes on where it stopped. Until both sides are known to be the
same no server starts on the target.`,
    )
    .action((options: Options) => migrate(options))
}

async function migrate({ from, to, data }: Options): Promise<void> {
  try {
    if (isSame(from, to)) throw new CliError('--from and --to are the same database.', 2)
    await withStore(from, { migrate: 'check', mustExist: true }, source =>
      withStore(to, { mayBeHalfCopied: true }, target => copy(source, target, { from, to, ...(data === undefined ? {} : { data }) })),
    )
  } catch (error) {
    throw error instanceof CliError ? error : new CliError((error as Error).message)
  }
}

/** Options may name another host; where two addresses only look different, the second is refused because the first is in use. */
function isSame(from: string, to: string): boolean {
  return from === to || (shownAddress(from) === shownAddress(to) && !`${from}${to}`.includes('?'))
}

type Store = Awaited<ReturnType<typeof openStore>>

/** The only user of it meanwhile. */
async function withStore(address: string, options: Parameters<typeof openStore>[1], use: (store: Store) => Promise<void>): Promise<void> {
  const store = await openStore(address, { ...options, alone: true })
  try {
    await use(store)
  } finally {
    await store.close()
  }
}

async function copy(source: Store, target: Store, { from, to, data }: Options): Promise<void> {
  const stop = new AbortController()
  void untilSignal().then(() => stop.abort(new CliError('Interrupted. The target holds a part of the copy: the same command goes on with it.', 130)))
  const progress = new Progress()
  try {
    const kinds = await copyStore(source, target, {
      source: shownAddress(from),
      payloads: { from: payloadsOf(source, data ?? folderOf(from)), to: payloadsOf(target, data ?? folderOf(to)) },
      signal: stop.signal,
      onProgress: one => progress.show(lineOf(one), one.done, one.total),
    })
    progress.end()
    print(tableOf(kinds))
    print(`\n${paint('good', '✓')} ${shownAddress(to)} holds all of ${shownAddress(from)}, compared record by record. Start no server on the old one any more.`)
  } finally {
    progress.end()
  }
}

function lineOf({ phase, kind }: CopyProgress): string {
  return `${phase} ${kind}s`
}

function tableOf(kinds: readonly CopiedKind[]): string {
  return table(
    ['kind', 'source', 'target', 'copied now', 'same, by SHA-256'],
    kinds.map(({ kind, records, copied, digest }) => [kind, `${records}`, `${records}`, `${copied}`, digest.slice(0, 16)]),
  )
}
