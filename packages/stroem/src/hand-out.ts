/** The work of a claimed step: its templates are rendered now, with secrets that are never stored. */
import type { Context, HandOut, Json, JsonObject } from '@busbar/kernel'
import type { Action } from './definition/types.js'
import { stepDeadline } from './deadlines.js'
import { maskingFor } from './masking.js'
import type { PlannedStep } from './plan.js'
import { fillInput, type Outcome, renderAll, renderFor, renderStepInput } from './render.js'
import { type JobView, nameOf, say, type StepAttempt } from './step-attempt.js'
import { cancelStep, failStep } from './steps.js'
import type { TemplateContext } from './template/render.js'
import { eachOf, jobInput, variablesOf } from './variables.js'
import { actionSpec, runnerOf } from './wire/action-spec.js'

export function handOut(view: JobView, claimed: StepAttempt, context: Context): HandOut {
  const attempt = view.attempt(claimed.ordinal) ?? claimed
  const planned = view.plan.byName.get(attempt.data.step)
  if (planned === undefined || view.isTerminal) {
    cancelStep(view, attempt, null, context)
    return { kind: 'spoiled' }
  }
  const rendered = renderWork(view, planned, attempt, context)
  if (!rendered.ok) {
    say(view, context, rendered.message)
    failStep(view, attempt, rendered.message, context)
    return { kind: 'spoiled', reason: rendered.message }
  }
  const { input, spec, image } = rendered.value
  rememberInput(view, planned, attempt, input, context)
  view.wakeAt(stepDeadline(view, attempt))
  return { kind: 'work', work: claimBody(view, planned, attempt, { input, spec, image }) }
}

interface RenderedWork {
  readonly input: JsonObject
  readonly spec: JsonObject
  readonly image: string | null
}

function renderWork(view: JobView, planned: PlannedStep, attempt: StepAttempt, context: Context): Outcome<RenderedWork> {
  const each = eachOf(view, planned, attempt.data)
  const job = jobInput(view, context)
  // What a hook was given is rendered already; it must not be rendered twice.
  const given = view.plan.snapshot.isHook
    ? ({ ok: true, value: job } as const)
    : renderStepInput(planned, variablesOf(view, context, { input: job, each, sees: 'completed' }), context)
  const input = given.ok ? fillInput(view, planned, given.value, context) : given
  if (!input.ok) return input
  const scope = { input: input.value, each, sees: 'completed' } as const
  const variables = variablesOf(view, context, planned.owner === null ? scope : { ...scope, owner: planned.owner.workspace })
  const templates = templatesOf(planned.action)
  const spec: Record<string, Json> = {}
  for (const [name, template] of Object.entries(templates)) {
    const rendered = renderAll(template, variables, context)
    if (!rendered.ok) return { ok: false, message: `Failed to render ${name} template: ${rendered.message}` }
    spec[name] = rendered.value
  }
  const image = renderImage(planned.action, variables, context)
  return image.ok ? { ok: true, value: { input: input.value, spec: actionSpec(planned.action, spec), image: image.value } } : image
}

/** The parts of an action that are templates, in the order in which they are rendered; the image is told apart. */
function templatesOf(action: Action): Record<string, Json> {
  const written: Record<string, Json> = {}
  const add = (name: string, value: Json) => {
    if (value !== null) written[name] = value
  }
  if ('env' in action) add('env', action.env as Json)
  if ('cmd' in action) add('cmd', action.cmd)
  if (action.type === 'script') {
    add('script', action.script)
    add('source', action.source)
    add('args', action.args.length > 0 ? action.args : null)
  }
  if ('manifest' in action) add('manifest', action.manifest)
  return written
}

function renderImage(action: Action, variables: TemplateContext, context: Context): Outcome<string | null> {
  if (!('image' in action) || action.image === null) return { ok: true, value: null }
  const rendered = renderFor(context, action.image, variables)
  return rendered.ok ? { ok: true, value: rendered.text } : { ok: false, message: `Failed to render image template: ${rendered.message}` }
}

/** What the step was given, for people to see: written only where it differs from the definition. */
function rememberInput(view: JobView, planned: PlannedStep, attempt: StepAttempt, input: JsonObject, context: Context): void {
  const shown = maskingFor(view, context)(input)
  if (JSON.stringify(shown) === JSON.stringify(planned.step.input)) return
  view.amend(attempt.ordinal, { ...attempt.data, input: shown })
}

function claimBody(view: JobView, planned: PlannedStep, attempt: StepAttempt, work: RenderedWork): JsonObject {
  const { timeoutSecs } = planned.step
  const { workspace, revision } = planned.owner ?? view.brief
  return {
    workspace,
    job_id: view.id,
    task_name: view.plan.snapshot.task,
    step_name: nameOf(attempt.data),
    action_name: planned.owner?.action ?? planned.step.action,
    action_type: planned.action.type,
    action_image: work.image,
    action_spec: work.spec,
    input: work.input,
    runner: runnerOf(planned.action),
    ...(timeoutSecs === null ? {} : { timeout_secs: timeoutSecs }),
    ...(revision === null ? {} : { revision }),
  }
}
