/**
 * What was acknowledged, noted from outside the engine, and what must never happen to it:
 *
 * A1. An execution or a version of it that a commit acknowledged is there from then on.
 * A2. At most one attempt of an activity is open.
 * A3. A closed attempt keeps its outcome; only a failure may turn out to be tolerated.
 * A4. A lease has a higher fence than the one before.
 * A5. An execution that has ended stays as it ended; only an operator may call what failed cancelled.
 */
import {
  type Attempt,
  type AttemptId,
  type Changes,
  type Execution,
  type ExecutionId,
  executionIdOf,
  isJsonObject,
  isOpen,
  isTerminal,
  ordinalOf,
} from '@busbar/kernel'
import type { Claimed, LoadedExecution } from '@busbar/store'
import { childPath } from './behaviour.js'

export interface Entry {
  execution: Execution
  version: number
  readonly attempts: Map<number, Attempt>
  /** As they were last seen. */
  readonly removed: Map<number, Attempt>
}

/** What is wrong with a run. */
export class Violation extends Error {
  override readonly name = 'Violation'
}

export class Ledger {
  readonly entries = new Map<ExecutionId, Entry>()
  /** Of executions that are nobody's child, the attempt that started them. */
  readonly starters = new Map<ExecutionId, AttemptId>()
  /** The first thing that went wrong: thrown where the run can be ended, not inside the engine. */
  violation: Violation | null = null
  commits = 0

  /** A commit may have been written without a word: till the next comparison this is not the whole truth. */
  isInDoubt = false

  // ── News ──

  committed(changes: Changes): void {
    this.commits += 1
    const known = this.entries.get(changes.id)
    if (known && changes.execution && changes.version < known.version)
      this.#blame(`A1: ${changes.id} was committed on version ${changes.version}, but ${known.version} was acknowledged`)
    const execution = changes.execution ?? known?.execution
    if (execution === undefined) return
    const entry = this.#entry(execution)
    if (changes.execution) entry.version = changes.version + 1
    for (const ordinal of changes.removed) this.#remove(entry, ordinal)
    for (const { attempt } of changes.attempts) this.#note(entry, attempt)
    this.#checkOpen(entry)
  }

  claimed(claimed: readonly Claimed[]): void {
    for (const { execution, attempt } of claimed) {
      const entry = this.entries.get(execution)
      if (entry) this.#note(entry, attempt)
    }
  }

  /** After a crash, or a commit in doubt: what is durable must hold all that was acknowledged. */
  compare(stored: readonly LoadedExecution[]): void {
    this.isInDoubt = false
    const found = new Set(stored.map(({ execution }) => execution.id))
    for (const id of this.entries.keys()) if (!found.has(id)) this.#blame(`A1: ${id} was acknowledged and is lost`)
    for (const { execution, version, attempts } of stored) {
      const known = this.entries.get(execution.id)
      if (known && known.version > version) this.#blame(`A1: ${execution.id} is stored in version ${version}, but ${known.version} was acknowledged`)
      const entry = this.#entry(execution)
      const isNews = version > entry.version
      entry.version = version
      for (const attempt of attempts) this.#note(entry, attempt)
      const left = new Set(attempts.map(({ ordinal }) => ordinal))
      for (const ordinal of entry.attempts.keys()) {
        if (left.has(ordinal)) continue
        if (!isNews) this.#blame(`A1: attempt ${ordinal} of ${execution.id} was acknowledged and is lost`)
        this.#remove(entry, ordinal)
      }
      this.#checkOpen(entry)
    }
  }

  // ── Reading ──

  pathOf(id: ExecutionId): string {
    const starter = this.#starterOf(id)
    if (starter === null) return ''
    const { attempts, removed } = this.entries.get(executionIdOf(starter)) ?? {}
    const attempt = attempts?.get(ordinalOf(starter)) ?? removed?.get(ordinalOf(starter))
    return childPath({ path: this.pathOf(executionIdOf(starter)), key: attempt?.key ?? '?', number: attempt?.number ?? -1 })
  }

  rootOf(id: ExecutionId): ExecutionId {
    const starter = this.#starterOf(id)
    return starter === null ? id : this.rootOf(executionIdOf(starter))
  }

  #starterOf(id: ExecutionId): AttemptId | null {
    return this.entries.get(id)?.execution.parent?.attempt ?? this.starters.get(id) ?? null
  }

  *openAttempts(): IterableIterator<Attempt> {
    for (const { attempts } of this.entries.values()) for (const attempt of attempts.values()) if (isOpen(attempt)) yield attempt
  }

  get isOver(): boolean {
    for (const { execution } of this.entries.values()) if (!isTerminal(execution.status)) return false
    return this.openAttempts().next().done === true
  }

  // ── Rules ──

  #entry(execution: Execution): Entry {
    const known = this.entries.get(execution.id)
    if (known === undefined) {
      const entry = { execution, version: 0, attempts: new Map(), removed: new Map() }
      this.entries.set(execution.id, entry)
      return entry
    }
    const before = known.execution.status
    if (isTerminal(before) && execution.status !== before && !(execution.status === 'cancelled' && before !== 'completed'))
      this.#blame(`A5: ${execution.id} was ${before} and is ${execution.status}`)
    known.execution = execution
    return known
  }

  #note(entry: Entry, attempt: Attempt): void {
    const before = entry.attempts.get(attempt.ordinal)
    if (before) this.#checkChange(before, attempt)
    entry.attempts.set(attempt.ordinal, attempt)
    const started = startedBy(attempt)
    if (started !== null) this.starters.set(started, attempt.id)
  }

  #remove(entry: Entry, ordinal: number): void {
    const attempt = entry.attempts.get(ordinal)
    if (attempt !== undefined) entry.removed.set(ordinal, attempt)
    entry.attempts.delete(ordinal)
  }

  #checkChange(before: Attempt, after: Attempt): void {
    const what = `attempt ${after.id} (${after.key} #${after.number})`
    if (after.fence < before.fence) this.#blame(`A4: the fence of ${what} fell from ${before.fence} to ${after.fence}`)
    if (before.state.kind === 'leased' && after.state.kind === 'leased' && after.fence === before.fence && after.state.worker !== before.state.worker)
      this.#blame(`A4: ${what} was leased to ${before.state.worker} and to ${after.state.worker} with the same fence ${after.fence}`)
    if (before.state.kind !== 'closed') return
    if (after.state.kind !== 'closed') return this.#blame(`A3: ${what} was ${before.state.outcome} and is ${after.state.kind} again`)
    const { outcome } = before.state
    if (after.state.outcome === outcome || (after.state.outcome === 'tolerated' && outcome !== 'completed' && outcome !== 'skipped')) return
    this.#blame(`A3: ${what} was ${outcome} and is ${after.state.outcome}`)
  }

  #checkOpen({ execution, attempts }: Entry): void {
    if (this.isInDoubt) return
    const open = new Set<string>()
    for (const attempt of attempts.values()) {
      if (!isOpen(attempt)) continue
      if (open.has(attempt.key)) this.#blame(`A2: two attempts of ${attempt.key} are open in ${execution.id}`)
      open.add(attempt.key)
    }
  }

  #blame(what: string): void {
    this.violation ??= new Violation(what)
  }
}

/** What a START_WORKFLOW tells. */
function startedBy({ data }: Attempt): ExecutionId | null {
  if (!isJsonObject(data) || data['type'] !== 'START_WORKFLOW') return null
  const id = isJsonObject(data['output']) ? data['output']['workflowId'] : undefined
  return typeof id === 'string' ? (id as ExecutionId) : null
}
