/** How many executions there are by dialect and status. Collected during a flush, written once at its end. */
import type { DialectName, ExecutionStatus } from '@busbar/kernel'
import type { Database } from './driver.js'

export class Tallies {
  readonly #deltas = new Map<DialectName, Map<ExecutionStatus, number>>()
  readonly #add
  readonly #insert
  readonly #select

  constructor(database: Database) {
    this.#add = database.prepare('UPDATE execution_tallies SET number = number + ? WHERE dialect = ? AND status = ?')
    this.#insert = database.prepare('INSERT INTO execution_tallies (number, dialect, status) VALUES (?, ?, ?)')
    this.#select = database.prepare<{ status: ExecutionStatus; number: number }>(
      'SELECT status, number FROM execution_tallies WHERE dialect = ? AND number > 0',
    )
  }

  /** Null: not there before, or not there any more. */
  move(dialect: DialectName, from: ExecutionStatus | null, to: ExecutionStatus | null): void {
    if (from === to) return
    if (from !== null) this.#count(dialect, from, -1)
    if (to !== null) this.#count(dialect, to, 1)
  }

  /** Only committed counts, and those of the flush under way. */
  of(dialect: DialectName): ReadonlyMap<ExecutionStatus, number> {
    const counts = new Map(this.#select.all(dialect).map(({ status, number }) => [status, number]))
    for (const [status, delta] of this.#deltas.get(dialect) ?? []) counts.set(status, (counts.get(status) ?? 0) + delta)
    for (const [status, count] of counts) if (count === 0) counts.delete(status)
    return counts
  }

  write(): void {
    for (const [dialect, deltas] of this.#deltas) {
      for (const [status, delta] of deltas) {
        if (delta !== 0 && Number(this.#add.run(delta, dialect, status).changes) === 0) this.#insert.run(delta, dialect, status)
      }
    }
  }

  forget(): void {
    this.#deltas.clear()
  }

  #count(dialect: DialectName, status: ExecutionStatus, by: number): void {
    let deltas = this.#deltas.get(dialect)
    if (!deltas) this.#deltas.set(dialect, (deltas = new Map()))
    deltas.set(status, (deltas.get(status) ?? 0) + by)
  }
}
