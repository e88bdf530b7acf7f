import { type Attempt, type Json, type JsonObject, type View } from '@busbar/kernel'
import { type Masking, maskingFor, type World } from '../masking.js'
import type { PlannedStep } from '../plan.js'
import { itemKey } from '../step-attempt.js'
import type { StepData, StroemTypes } from '../types.js'
import { jobInput } from '../variables.js'
import { inputFields, runnerOf } from './action-spec.js'
import { jobStatus, stepStatus } from './status.js'
import { toIsoZ, toRfc3339 } from './timestamps.js'

/** `GET /api/jobs/{id}`: the job with its steps in topological order, the items of a loop after the loop. */
export function jobToDetail(view: View<StroemTypes>, world: World): JsonObject {
  const { execution, brief, state } = view
  const mask = maskingFor(view, world)
  const input = jobInput(view, { ...world, now: execution.createdAt, chance: 0 })
  return {
    job_id: view.id,
    workspace: brief.workspace,
    task_name: view.plan.snapshot.task,
    mode: brief.mode,
    input: mask(input),
    raw_input: mask(brief.rawInput),
    output: mask(state.output),
    status: jobStatus(execution),
    source_type: brief.sourceType,
    source_id: brief.sourceId,
    source_job_id: brief.sourceJobId,
    restart_from_step: null,
    revision: brief.revision,
    worker_id: state.worker,
    created_at: toRfc3339(execution.createdAt),
    started_at: state.startedAt === null ? null : toRfc3339(state.startedAt),
    completed_at: execution.endedAt === null ? null : toRfc3339(execution.endedAt),
    steps: stepRows(view, mask),
    retry_of_job_id: null,
    retry_job_id: null,
    retry_attempt: 0,
    max_retries: null,
  }
}

type Tries = readonly Attempt<StepData>[]

function stepRows(view: View<StroemTypes>, mask: Masking): JsonObject[] {
  const tries = new Map<string, Attempt<StepData>[]>()
  for (const attempt of view.attempts()) {
    const list = tries.get(attempt.key)
    if (list) list.push(attempt)
    else tries.set(attempt.key, [attempt])
  }
  return view.plan.steps.flatMap(planned => {
    const own = tries.get(planned.key) ?? []
    const row = { ...stepRow(view, planned, planned.name, own, mask), ...flowFields(planned) }
    const loop = own.at(-1)
    if (loop?.data.role !== 'loop') return [row]
    const { items } = loop.data
    return [row, ...items.map((_, index) => itemRow(view, planned, { index, total: items.length, loop }, tries.get(itemKey(planned.name, index)) ?? [], mask))]
  })
}

/** What stands in the definition of the step; the items of a loop do not repeat it. */
function flowFields({ step }: PlannedStep): JsonObject {
  return { when_condition: step.when, for_each_expr: forEachText(step.forEach) }
}

function forEachText(forEach: Json): string | null {
  return forEach === null || typeof forEach === 'string' ? forEach : JSON.stringify(forEach)
}

interface Place {
  readonly index: number
  readonly total: number
  readonly loop: Attempt<StepData>
}

/** An item that never got an attempt: its turn has not come, or the loop ended before it. */
function itemRow(view: View<StroemTypes>, planned: PlannedStep, place: Place, tries: Tries, mask: Masking): JsonObject {
  const name = `${planned.name}[${place.index}]`
  const row = stepRow(view, planned, name, tries, mask)
  const position = { loop_source: planned.name, loop_index: place.index, loop_total: place.total }
  const { state } = place.loop
  if (tries.length > 0 || state.kind !== 'closed') return { ...row, ...position }
  return { ...row, ...position, status: state.outcome === 'cancelled' ? 'cancelled' : 'skipped', completed_at: toIsoZ(state.at) }
}

function stepRow(view: View<StroemTypes>, planned: PlannedStep, name: string, tries: Tries, mask: Masking): JsonObject {
  const { step, action, owner } = planned
  const newest = tries.at(-1)
  const data = newest?.data
  const retry = step.retry ?? action.retry
  return {
    step_name: name,
    action_name: owner?.action ?? step.action,
    action_type: action.type,
    action_image: 'image' in action ? action.image : null,
    runner: runnerOf(action),
    input: mask(data?.input ?? step.input),
    output: mask(data?.output ?? null),
    status: stepStatus(view, name),
    worker_id: newest && newest.state.kind !== 'waiting' ? newest.lastWorker : null,
    started_at: newest ? startedAt(newest, planned) : null,
    completed_at: completedAt(view, newest),
    suspended_at: newest && action.type === 'approval' && isAsked(newest) ? toIsoZ(newest.openedAt) : null,
    error_message: mask(data?.error ?? null),
    when_condition: null,
    for_each_expr: null,
    loop_source: null,
    loop_index: null,
    loop_total: null,
    depends_on: step.dependsOn,
    retry_attempt: newest?.number ?? 0,
    max_retries: retry?.attemptsMax ?? null,
    retry_history: tries.slice(0, -1).map(attempt => historyEntry(attempt, mask)),
    retry_at: data?.retryAt === undefined ? null : toIsoZ(data.retryAt),
    ...(action.type === 'approval' ? approvalFields(planned, newest, mask) : {}),
  }
}

function startedAt(attempt: Attempt<StepData>, { action }: PlannedStep): string | null {
  if (attempt.data.role === 'loop') return toIsoZ(attempt.openedAt)
  if (action.type === 'task') return attempt.data.input === undefined ? null : toIsoZ(attempt.openedAt)
  return attempt.firstClaimedAt === null || attempt.state.kind === 'waiting' ? null : toIsoZ(attempt.firstClaimedAt)
}

function completedAt(view: View<StroemTypes>, newest: Attempt<StepData> | undefined): string | null {
  if (newest) return newest.state.kind === 'closed' ? toIsoZ(newest.state.at) : null
  const { endedAt, status } = view.execution
  return status === 'cancelled' && endedAt !== null ? toIsoZ(endedAt) : null
}

function isAsked({ data }: Attempt<StepData>): boolean {
  return data.role !== 'loop' && messageOf(data) !== null
}

function messageOf({ output }: StepData): Json {
  return typeof output === 'object' && output !== null && 'approval_message' in output ? (output.approval_message ?? null) : null
}

function approvalFields({ action }: PlannedStep, newest: Attempt<StepData> | undefined, mask: Masking): JsonObject {
  const message = newest && newest.data.role !== 'loop' ? messageOf(newest.data) : null
  return { approval_fields: inputFields(action.input), ...(message === null ? {} : { approval_message: mask(message) }) }
}

function historyEntry(attempt: Attempt<StepData>, mask: Masking): JsonObject {
  return {
    attempt: attempt.number,
    error: mask(attempt.data.error ?? null),
    started_at: attempt.firstClaimedAt === null ? null : toRfc3339(attempt.firstClaimedAt),
    failed_at: attempt.state.kind === 'closed' ? toRfc3339(attempt.state.at) : null,
  }
}
