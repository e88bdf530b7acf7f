/**
 * Hooks (strom-server.md §11): when a job ends, or waits for a person, it starts jobs that tell others. What becomes of
 * them changes nothing for the job; a failure is a line in its log.
 */
import { attemptIdOf, type AttemptId, childIdOf, type Context, type ExecutionId, type Json, type JsonObject, outcomeOf } from '@busbar/kernel'
import { type Hook, type Hooks, lookUp } from './definition/types.js'
import { maskingFor } from './masking.js'
import { isBroken } from './progress.js'
import { type Outcome, renderInput } from './render.js'
import { childRequest, hookRequest, planStart } from './start-request.js'
import { type JobView, nameOf, say, type StepAttempt } from './step-attempt.js'
import type { EndStatus, SourceType } from './types.js'
import { toRfc3339 } from './wire/timestamps.js'

type HookEvent = keyof Hooks

const wordOf = { onSuccess: 'on_success', onError: 'on_error', onSuspended: 'on_suspended', onCancel: 'on_cancel' } satisfies Record<HookEvent, string>
const eventOf = { completed: 'onSuccess', failed: 'onError', cancelled: 'onCancel' } satisfies Record<EndStatus, HookEvent>

/** The hooks of a workspace are for jobs that somebody outside asked for. */
const outside: ReadonlySet<SourceType> = new Set<SourceType>(['api', 'user', 'trigger', 'webhook', 'mcp', 'retry'])

export function fireEnded(view: JobView, status: EndStatus, context: Context): void {
  const event = eventOf[status]
  // A job ends once, so any of its attempts tells its hooks apart from those of others.
  fire(view, event, attemptIdOf(view.id, 1), () => endFacts(view, status), context)
}

export function fireSuspended(view: JobView, attempt: StepAttempt, message: string, context: Context): void {
  const facts = () => ({ ...jobFacts(view), step_name: nameOf(attempt.data), message })
  fire(view, 'onSuspended', attempt.id, facts, context)
}

/** A hook that failed is a line in the log of the job that fired it. */
export function tellHooked(view: JobView, status: EndStatus): void {
  const { sourceType, sourceId } = view.brief
  if (sourceType !== 'hook' || sourceId === null || status !== 'failed') return
  const [first] = failedSteps(view)
  const error = first?.data.error ?? 'a step failed'
  view.send(sourceId as ExecutionId, { kind: 'command', command: { kind: 'hookFailed', hook: view.plan.snapshot.task, error } })
}

function fire(view: JobView, event: HookEvent, by: AttemptId, facts: () => JsonObject, context: Context): void {
  const hooks = hooksFor(view, event)
  if (hooks.length === 0) return
  const variables = { hook: facts(), secret: context.secrets(view.brief.workspace) }
  for (const [index, hook] of hooks.entries()) {
    const request = requestFor(view, hook, variables, context)
    if (request.ok) {
      view.send(childIdOf(by, index, wordOf[event]), { kind: 'start', dialect: 'stroem', request: request.value, parent: null })
      continue
    }
    const reason = maskingFor(view, context)(request.message)
    say(view, context, `[hooks] Failed to fire hook ${wordOf[event]}[${index}] for action '${hook.action}': ${reason}`)
  }
}

function hooksFor({ brief, plan }: JobView, event: HookEvent): readonly Hook[] {
  if (brief.sourceType === 'hook') return []
  const own = plan.task.hooks[event]
  if (own.length > 0) return own
  return outside.has(brief.sourceType) ? (plan.snapshot.hooks?.[event] ?? []) : []
}

function requestFor(view: JobView, hook: Hook, variables: JsonObject, context: Context): Outcome<JsonObject> {
  const { brief, plan } = view
  const action = lookUp(plan.snapshot.actions, hook.action)
  if (action === null) return { ok: false, message: `Hook action '${hook.action}' not found in workspace '${brief.workspace}'` }
  const input = renderInput(hook.input, variables, context)
  if (!input.ok) return { ok: false, message: `Failed to render hook input templates: ${input.message}` }
  const source = { type: 'hook', id: view.id } as const
  const request =
    action.type === 'task'
      ? childRequest(brief, plan.snapshot, action.task, input.value, source)
      : hookRequest(brief, plan.snapshot, hook.action, input.value, source)
  // Nobody hears of a start that is refused without a parent, so it is tried here first.
  const trial = planStart(request, null, context)
  return trial.kind === 'refusal' ? { ok: false, message: trial.message } : { ok: true, value: request }
}

// ── What hooks are told ──

function jobFacts({ id, brief, plan }: JobView): JsonObject {
  return { workspace: brief.workspace, task_name: plan.snapshot.task, job_id: id, source_type: brief.sourceType, source_id: brief.sourceId }
}

function endFacts(view: JobView, status: EndStatus): JsonObject {
  const { state, execution, plan } = view
  const failed = failedSteps(view)
  const endedAt = execution.endedAt ?? execution.updatedAt
  return {
    ...jobFacts(view),
    status,
    is_success: status === 'completed',
    error_message: failed.length === 0 ? null : failed.map(({ data }) => `Step '${nameOf(data)}': ${data.error ?? ''}`).join('; '),
    started_at: state.startedAt === null ? null : toRfc3339(state.startedAt),
    completed_at: toRfc3339(endedAt),
    duration_secs: state.startedAt === null ? null : (endedAt - state.startedAt) / 1000,
    failed_steps: failed.map(({ data }): Json => {
      const planned = plan.byName.get(data.step)
      return {
        step_name: nameOf(data),
        action_name: planned?.owner?.action ?? planned?.step.action ?? null,
        error_message: data.error ?? null,
        continue_on_failure: planned?.step.continueOnFailure ?? false,
      }
    }),
    artifacts: [],
  }
}

/** In the order of the flow; the items of a loop after it. */
function failedSteps(view: JobView): readonly StepAttempt[] {
  const failed = [...view.activities()].filter(attempt => {
    const outcome = outcomeOf(attempt)
    return outcome !== null && outcome !== 'cancelled' && isBroken(outcome)
  })
  const position = ({ data }: StepAttempt) => view.plan.byName.get(data.step)?.position ?? 0
  const index = ({ data }: StepAttempt) => (data.role === 'item' ? data.index : -1)
  return failed.sort((a, b) => position(a) - position(b) || index(a) - index(b))
}
