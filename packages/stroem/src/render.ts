/** Templates inside JSON, and the input of a step. A failure is a text that says which part could not be rendered. */
import { type Context, isJsonObject, type Json, type JsonObject, type View } from '@busbar/kernel'
import type { PlannedStep } from './plan.js'
import { findConnection, isConnection } from './connections.js'
import { type Rendered, renderInputValue, renderText, type TemplateContext } from './template/render.js'
import type { StroemTypes } from './types.js'
import { jobInput } from './variables.js'

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string }

/** A template of a step that the server renders, with the decision's own time and chance. */
export function renderFor(context: Context, template: string, variables: TemplateContext): Rendered {
  return renderText(template, variables, { now: context.now, chance: context.chance })
}

/** Texts at the top are templates; whatever else stands there passes unchanged. */
export function renderStepInput(planned: PlannedStep, variables: TemplateContext, context: Context): Outcome<JsonObject> {
  const rendered = renderInput(planned.step.input, variables, context)
  return rendered.ok ? rendered : { ok: false, message: `Failed to render step input template: ${rendered.message}` }
}

export function renderInput(given: JsonObject, variables: TemplateContext, context: Context): Outcome<JsonObject> {
  const input: Record<string, Json | undefined> = {}
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== 'string') {
      input[name] = value
      continue
    }
    const rendered = renderInputValue(value, variables, { now: context.now, chance: context.chance })
    if (!rendered.ok) return { ok: false, message: `Failed to render template for key '${name}': ${rendered.message}` }
    input[name] = rendered.value
  }
  return { ok: true, value: input }
}

/** Fields of the action that the step does not give come from the job's input of the same name, then from the action. */
export function fillInput(view: View<StroemTypes>, { action, owner }: PlannedStep, given: JsonObject, context: Context): Outcome<JsonObject> {
  const input: Record<string, Json | undefined> = { ...given }
  const job = jobInput(view, context)
  const workspace = owner?.workspace ?? view.brief.workspace
  const variables = { secret: context.secrets(workspace) }
  for (const [name, field] of Object.entries(action.input)) {
    const inherited = Object.hasOwn(job, name) ? job[name] : null
    if (Object.hasOwn(input, name)) {
      // Given by the step.
    } else if (inherited !== null && inherited !== undefined) {
      input[name] = inherited
    } else if (field.default !== null) {
      const rendered = renderAll(field.default, variables, context)
      if (!rendered.ok) return { ok: false, message: `Failed to prepare action input: the default of '${name}' cannot be rendered: ${rendered.message}` }
      input[name] = rendered.value
    }
    if (!isConnection(field) || !Object.hasOwn(input, name)) continue
    const found = findConnection(name, field, input[name] ?? null, context.connections(workspace))
    if (!found.ok) return { ok: false, message: `Failed to prepare action input: Failed to resolve action connection inputs: ${found.message}` }
    input[name] = found.value
  }
  return { ok: true, value: input }
}

const templateMark = /\{[{%#]/

/** Every text with a template in it, however deep. */
export function renderAll(value: Json, variables: TemplateContext, context: Context): Outcome<Json> {
  if (typeof value === 'string') {
    if (!templateMark.test(value)) return { ok: true, value }
    const rendered = renderFor(context, value, variables)
    return rendered.ok ? { ok: true, value: rendered.text } : rendered
  }
  if (Array.isArray(value)) return renderList(value, variables, context)
  return isJsonObject(value) ? renderMap(value, variables, context) : { ok: true, value }
}

function renderList(list: readonly Json[], variables: TemplateContext, context: Context): Outcome<Json> {
  const values: Json[] = []
  for (const item of list) {
    const rendered = renderAll(item, variables, context)
    if (!rendered.ok) return rendered
    values.push(rendered.value)
  }
  return { ok: true, value: values }
}

function renderMap(map: JsonObject, variables: TemplateContext, context: Context): Outcome<Json> {
  const entries: [string, Json][] = []
  for (const [name, item] of Object.entries(map)) {
    if (item === undefined) continue
    const rendered = renderAll(item, variables, context)
    if (!rendered.ok) return { ok: false, message: `key '${name}': ${rendered.message}` }
    entries.push([name, rendered.value])
  }
  return { ok: true, value: Object.fromEntries(entries) }
}
