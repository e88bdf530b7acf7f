/**
 * One flush: one transaction for all its calls.
 *
 * The first pass runs the calls one after the other with nothing in between, because hardly any is refused. If one must
 * be taken back after it wrote something (or threw), all is rolled back and the second pass runs the same calls again,
 * each in a savepoint: two passes at most, whatever happens.
 */
import { Problem } from '@busbar/kernel'
import type { Call } from '../flush-queue.js'
import { reasonOf } from './connection.js'
import type { Database } from './driver.js'
import type { Tallies } from './tallies.js'

/** Thrown by a call that wrote something and finds that it may not: its writes are taken back, its answer is `result`. */
export class Withdrawn extends Error {
  override readonly name = 'Withdrawn'
  readonly result: unknown
  constructor(result: unknown) {
    super('withdrawn')
    this.result = result
  }
}

type Settlement = () => void

export class Flusher {
  readonly #database: Database
  readonly #tallies: Tallies
  readonly #begin
  readonly #commit
  readonly #savepoint
  readonly #release
  flushes = 0
  calls = 0
  replays = 0
  slowestMs = 0
  /** Why the last flush failed; null when it did not. */
  trouble: string | null = null

  constructor(database: Database, tallies: Tallies) {
    this.#database = database
    this.#tallies = tallies
    this.#begin = database.prepare('BEGIN IMMEDIATE')
    this.#commit = database.prepare('COMMIT')
    this.#savepoint = database.prepare('SAVEPOINT one_call')
    this.#release = database.prepare('RELEASE one_call')
  }

  /** Answers every call, after the commit. */
  flush(calls: readonly Call[]): void {
    const begun = performance.now()
    const settlements = this.#write(calls)
    this.flushes += 1
    this.calls += calls.length
    this.slowestMs = Math.max(this.slowestMs, performance.now() - begun)
    for (const settle of settlements) settle()
  }

  #write(calls: readonly Call[]): readonly Settlement[] {
    try {
      const settlements = this.#together(calls) ?? this.#oneByOne(calls)
      this.trouble = null
      return settlements
    } catch (error) {
      this.#rollback()
      this.trouble = `the last write to the database failed: ${reasonOf(error)}`
      const problem = new Problem('unavailable', `the database could not write: ${reasonOf(error)}; nothing was changed, try again`, { cause: error })
      return calls.map(call => () => call.fail(problem))
    }
  }

  /** Null when a call must be taken back. */
  #together(calls: readonly Call[]): readonly Settlement[] | null {
    const settlements: Settlement[] = []
    this.#begin.run()
    try {
      for (const call of calls) settlements.push(settling(call, call.run()))
    } catch {
      // Whatever it was, the second pass meets it again and tells whose it is.
      this.#rollback()
      return null
    }
    this.#end()
    return settlements
  }

  #oneByOne(calls: readonly Call[]): readonly Settlement[] {
    this.replays += 1
    this.#begin.run()
    const settlements = calls.map(call => this.#guarded(call))
    this.#end()
    return settlements
  }

  #guarded(call: Call): Settlement {
    this.#savepoint.run()
    try {
      const result = call.run()
      this.#release.run()
      return settling(call, result)
    } catch (error) {
      // After a full disk or a failed read SQLite may have ended the transaction itself: then nothing of it holds.
      if (!this.#database.isTransaction || isOfTheDatabase(error)) throw error
      this.#database.exec('ROLLBACK TO one_call; RELEASE one_call')
      return error instanceof Withdrawn ? () => call.settle(error.result) : () => call.fail(error)
    }
  }

  #end(): void {
    this.#tallies.write()
    this.#commit.run()
    this.#tallies.forget()
  }

  #rollback(): void {
    this.#tallies.forget()
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
  }
}

function settling(call: Call, result: unknown): Settlement {
  return () => call.settle(result)
}

/** Primary result codes that are about the file or the machine, not about what one call asked for. */
const codesOfTheDatabase = new Set([5, 6, 7, 8, 10, 11, 13, 14, 15, 22, 26])

function isOfTheDatabase(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false
  return codesOfTheDatabase.has(Number(error.errcode) & 0xff)
}
