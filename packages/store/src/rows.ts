/** Rows and nouns: the one place that converts between them. */
import {
  type ActivityKey,
  assertNever,
  type Attempt,
  type AttemptState,
  attemptIdOf,
  type AttemptId,
  type DefinitionId,
  type DialectName,
  type Execution,
  type ExecutionId,
  executionIdOf,
  type ExecutionStatus,
  type Instant,
  invariant,
  type Outcome,
  Problem,
  type QueueName,
  type WorkerId,
} from '@busbar/kernel'
/** What a column may be given. */
export type Column = string | number | null

/** Raised when what a dialect keeps in `state`, `brief` or `data` changes shape; older rows are upgraded as they are read. */
export const stateFormat = 1

export interface ExecutionRow {
  readonly id: ExecutionId
  readonly dialect: DialectName
  readonly namespace: string
  readonly name: string
  readonly label_version: string
  readonly handle: string
  readonly source: string
  readonly definition: DefinitionId
  readonly parent: AttemptId | null
  readonly status: ExecutionStatus
  readonly created_at: Instant
  readonly updated_at: Instant
  readonly ended_at: Instant | null
  readonly format: number
  readonly state: string
  readonly brief: string | null
  readonly large_brief: string | null
}

/** A larger brief has a row of its own. */
export const inlineBriefCharsMax = 2_000

export function executionFromRow(row: ExecutionRow): Execution {
  if (row.format !== stateFormat)
    throw new Problem('unavailable', `execution ${row.id} is stored in format ${row.format} and this version reads ${stateFormat}: run the newer version`)
  return {
    id: row.id,
    dialect: row.dialect,
    definition: row.definition,
    label: { namespace: row.namespace, name: row.name, version: row.label_version, handle: row.handle, source: row.source },
    parent: row.parent === null ? null : { execution: executionIdOf(row.parent), attempt: row.parent },
    status: row.status,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    endedAt: row.ended_at,
    brief: JSON.parse(row.brief ?? row.large_brief ?? 'null') as unknown,
    state: JSON.parse(row.state) as unknown,
  }
}

export interface AttemptRow {
  readonly execution_id: ExecutionId
  readonly ordinal: number
  readonly key: ActivityKey
  readonly number: number
  readonly queue: QueueName | null
  readonly priority: number
  readonly lease_ms: number | null
  readonly state: AttemptState['kind']
  readonly state_at: Instant
  readonly until: Instant | null
  readonly outcome: Outcome | null
  readonly fence: number
  readonly claims: number
  readonly opened_at: Instant
  readonly first_claimed_at: Instant | null
  readonly last_worker: WorkerId | null
  readonly wake_at: Instant | null
  readonly data: string
}

export function attemptFromRow(row: AttemptRow): Attempt {
  return {
    id: attemptIdOf(row.execution_id, row.ordinal),
    ordinal: row.ordinal,
    key: row.key,
    number: row.number,
    queue: row.queue,
    priority: row.priority,
    leaseMs: row.lease_ms,
    state: stateFromRow(row),
    fence: row.fence,
    claims: row.claims,
    openedAt: row.opened_at,
    firstClaimedAt: row.first_claimed_at,
    lastWorker: row.last_worker,
    wakeAt: row.wake_at,
    data: JSON.parse(row.data) as unknown,
  }
}

function stateFromRow({ state, state_at: at, until, outcome, last_worker: worker }: AttemptRow): AttemptState {
  switch (state) {
    case 'waiting':
      return { kind: 'waiting', notBefore: at }
    case 'leased':
      invariant(worker !== null, 'a leased attempt has a holder')
      return { kind: 'leased', worker, since: at, until }
    case 'held':
      return { kind: 'held', since: at }
    case 'closed':
      invariant(outcome !== null, 'a closed attempt has an outcome')
      return { kind: 'closed', at, outcome }
    default:
      return assertNever(state)
  }
}

/** What of an attempt changes after its opening, in the order of the statements of commit.ts. */
export function changingColumns(attempt: Attempt, data: string): readonly Column[] {
  const { state } = attempt
  const [at, until, outcome] = stateColumns(state)
  invariant(state.kind !== 'leased' || state.worker === attempt.lastWorker, `attempt ${attempt.id} is leased to another worker than its last`)
  return [
    attempt.number,
    state.kind,
    at,
    until,
    outcome,
    attempt.fence,
    attempt.claims,
    attempt.openedAt,
    attempt.firstClaimedAt,
    attempt.lastWorker,
    attempt.wakeAt,
    data,
  ]
}

function stateColumns(state: AttemptState): readonly [at: Instant, until: Instant | null, outcome: Outcome | null] {
  switch (state.kind) {
    case 'waiting':
      return [state.notBefore, null, null]
    case 'leased':
      return [state.since, state.until, null]
    case 'held':
      return [state.since, null, null]
    case 'closed':
      return [state.at, null, state.outcome]
    default:
      return assertNever(state)
  }
}

/** `undefined` is no JSON; what a dialect leaves out is null. */
export function textOf(value: unknown): string {
  return JSON.stringify(value) ?? 'null'
}
