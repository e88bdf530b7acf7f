/**
 * Writes one change whole. The version is checked before the first write; a fence or a message that moved on shows
 * while writing, and then the flush takes back what was written (`Withdrawn`, see flush.ts).
 */
import type { Attempt, Changes, DialectName, Execution, ExecutionStatus, Instant } from '@busbar/kernel'
import type { CommitResult } from '../store.js'
import type { Database, SqlValue } from './driver.js'
import { Withdrawn } from './flush.js'
import type { Logs } from './logs.js'
import type { Outbox } from './messages.js'
import { changingColumns, inlineBriefCharsMax, stateFormat, textOf } from '../rows.js'
import type { Tallies } from './tallies.js'

/** A change with its JSON already written: that work, and what may throw in it, stays out of the transaction. */
export interface WrittenChanges {
  readonly changes: Changes
  readonly state: string
  readonly brief: string
  readonly data: readonly string[]
  readonly bodies: readonly string[]
}

export function written(changes: Changes): WrittenChanges {
  const { execution, briefChanged, attempts, sent } = changes
  return {
    changes,
    state: execution ? textOf(execution.state) : '',
    brief: execution && briefChanged ? textOf(execution.brief) : '',
    data: attempts.map(({ attempt }) => textOf(attempt.data)),
    bodies: sent.map(({ body }) => textOf(body)),
  }
}

/** What a change says of an execution's row beside the execution itself. */
type Position = Pick<Changes, 'id' | 'due' | 'lastOrdinal' | 'lastMessage'>

interface Head {
  readonly version: number
  readonly dialect: DialectName
  readonly status: ExecutionStatus
  readonly created_at: Instant
  readonly ended_at: Instant | null
  readonly due: Instant | null
}

export function prepareCommit(
  database: Database,
  { tallies, outbox, logs }: { tallies: Tallies; outbox: Outbox; logs: Logs },
): (written: WrittenChanges) => CommitResult {
  const executions = prepareExecutions(database)
  const attempts = prepareAttempts(database)

  return ({ changes, state, brief, data, bodies }) => {
    const { id, execution } = changes
    const isNew = execution !== null && changes.version === 0
    const head = isNew ? undefined : executions.head(id)
    if (isNew) {
      if (!executions.insert(changes, execution, state, brief)) return 'stale'
    } else {
      if (!head || head.version !== changes.version) return 'stale'
      if (execution) executions.update(head, changes, execution, state, brief)
    }
    for (const ordinal of changes.removed) attempts.remove(id, ordinal)
    for (const [index, { attempt, expectedFence }] of changes.attempts.entries()) {
      if (!attempts.put(id, attempt, expectedFence, data[index] ?? 'null')) throw new Withdrawn('stale')
    }
    for (const message of changes.taken) if (!outbox.take(message)) throw new Withdrawn('taken')
    for (const [index, message] of changes.sent.entries()) outbox.put(message, bodies[index] ?? 'null')
    logs.appendNotes(id, changes.notes)
    // Last, because counts are kept outside the transaction until it ends: nothing may be withdrawn after this.
    if (execution) tallies.move(execution.dialect, head?.status ?? null, execution.status)
    return 'written'
  }
}

export function prepareExecutions(database: Database) {
  const select = database.prepare<Head>('SELECT version, dialect, status, created_at, ended_at, due FROM executions WHERE id = ?')
  const insert = database.prepare(`
    INSERT INTO executions (id, dialect, namespace, name, label_version, handle, source, definition, parent, status, created_at, updated_at,
      ended_at, due, version, last_ordinal, last_message, format, state, brief)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ${stateFormat}, ?, ?)
    ON CONFLICT DO NOTHING`)
  // Most changes of an execution on its way touch no indexed column, and SQLite rewrites the index entries of every column
  // that a statement names, changed or not: so there is one statement that names none of them.
  const updateQuietly = database.prepare(`
    UPDATE executions SET updated_at = ?, version = version + 1, last_ordinal = ?, last_message = ?, state = ? WHERE id = ?`)
  const update = database.prepare(`
    UPDATE executions SET status = ?, ended_at = ?, due = ?, updated_at = ?, version = version + 1, last_ordinal = ?, last_message = ?, state = ?
    WHERE id = ?`)
  const relabel = database.prepare(`
    UPDATE executions SET definition = ?, namespace = ?, name = ?, label_version = ?, handle = ?, source = ?, created_at = ? WHERE id = ?`)
  const updateBrief = database.prepare('UPDATE executions SET brief = ? WHERE id = ?')
  const putLargeBrief = database.prepare('INSERT OR REPLACE INTO execution_briefs (execution_id, brief) VALUES (?, ?)')
  const dropLargeBrief = database.prepare('DELETE FROM execution_briefs WHERE execution_id = ?')

  function replaceBrief(id: string, brief: string): void {
    const isLarge = brief.length > inlineBriefCharsMax
    updateBrief.run(isLarge ? null : brief, id)
    if (isLarge) putLargeBrief.run(id, brief)
    else dropLargeBrief.run(id)
  }

  return {
    head: (id: string) => select.get(id),

    /** False when there is one already. */
    insert({ id, due, lastOrdinal, lastMessage }: Position, execution: Execution, state: string, brief: string): boolean {
      const { dialect, label, definition, parent, status, createdAt, updatedAt, endedAt } = execution
      const { namespace, name, version, handle, source } = label
      const who = [id, dialect, namespace, name, version, handle, source, definition, parent?.attempt ?? null]
      const isLarge = brief.length > inlineBriefCharsMax
      const inserted = insert.run(...who, status, createdAt, updatedAt, endedAt, due, lastOrdinal, lastMessage, state, isLarge ? null : brief)
      if (Number(inserted.changes) === 0) return false
      if (isLarge) putLargeBrief.run(id, brief)
      return true
    },

    update(head: Head, { id, due, lastOrdinal, lastMessage, briefChanged }: Changes, execution: Execution, state: string, brief: string): void {
      const { status, endedAt, createdAt, updatedAt, label, definition } = execution
      const isQuiet = status === head.status && endedAt === head.ended_at && due === head.due
      if (isQuiet) updateQuietly.run(updatedAt, lastOrdinal, lastMessage, state, id)
      else update.run(status, endedAt, due, updatedAt, lastOrdinal, lastMessage, state, id)
      if (briefChanged) replaceBrief(id, brief)
      if (briefChanged || createdAt !== head.created_at)
        relabel.run(definition, label.namespace, label.name, label.version, label.handle, label.source, createdAt, id)
    },
  }
}

export function prepareAttempts(database: Database) {
  const insert = database.prepare(`
    INSERT INTO attempts (number, state, state_at, until, outcome, fence, claims, opened_at, first_claimed_at, last_worker, wake_at, data,
      execution_id, ordinal, key, queue, priority, lease_ms)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING`)
  const update = database.prepare(`
    UPDATE attempts SET number = ?, state = ?, state_at = ?, until = ?, outcome = ?, fence = ?, claims = ?, opened_at = ?, first_claimed_at = ?,
      last_worker = ?, wake_at = ?, data = ?
    WHERE execution_id = ? AND ordinal = ? AND fence = ?`)
  const remove = database.prepare('DELETE FROM attempts WHERE execution_id = ? AND ordinal = ?')

  return {
    /** False when the store holds another fence, or a row where there should be none. */
    put(id: string, attempt: Attempt, expectedFence: number | null, data: string): boolean {
      const columns: SqlValue[] = [...changingColumns(attempt, data), id, attempt.ordinal]
      const { changes } =
        expectedFence === null ? insert.run(...columns, attempt.key, attempt.queue, attempt.priority, attempt.leaseMs) : update.run(...columns, expectedFence)
      return Number(changes) === 1
    },
    remove: (id: string, ordinal: number) => void remove.run(id, ordinal),
  }
}
