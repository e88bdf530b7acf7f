/** The fields that tasks and actions declare: defaults, what is required, and what was hidden from the one who asks. */
import { type Context, type Json, type JsonObject, type Refusal, refuse } from '@busbar/kernel'
import { findConnection, isConnection } from './connections.js'
import { type Dictionary, type InputField, lookUp } from './definition/types.js'
import { mask } from './masking.js'
import { renderText } from './template/render.js'

/** What a person saw as ••••••, the source job knew; what it did not know falls back to the default. */
export function withHiddenValues(input: JsonObject, fields: Dictionary<InputField>, known: JsonObject): JsonObject {
  const entries = Object.entries(input).flatMap(([name, value]): [string, Json | undefined][] => {
    const field = lookUp(fields, name)
    const hidden = value === mask && field !== null && (field.secret || isConnection(field))
    if (!hidden) return [[name, value]]
    return Object.hasOwn(known, name) ? [[name, known[name]]] : []
  })
  return Object.fromEntries(entries)
}

export function missingField(fields: Dictionary<InputField>, input: JsonObject): Refusal | null {
  for (const [name, field] of Object.entries(fields)) {
    const given = Object.hasOwn(input, name) && input[name] !== null && input[name] !== undefined
    if (field.required && field.default === null && !given) return refuse('invalid', `Input field '${name}' is required: give it in \`input\``)
  }
  return null
}

export function withDefaults(
  input: JsonObject,
  fields: Dictionary<InputField>,
  workspace: string,
  context: Context,
): { readonly input: JsonObject; readonly secretDefaults: readonly string[] } | Refusal {
  const filled: Record<string, Json | undefined> = { ...input }
  const secretDefaults: string[] = []
  for (const [name, field] of Object.entries(fields)) {
    if (!Object.hasOwn(filled, name) && field.default !== null) {
      const rendered = renderDefault(field, context.secrets(workspace), context)
      if (!rendered.ok) return refuse('invalid', `The default of input field '${name}' is invalid: ${rendered.message}`)
      if (namesSecret(field)) secretDefaults.push(name)
      else filled[name] = rendered.value
    }
    const found = isConnection(field) ? findConnection(name, field, filled[name] ?? null, context.connections(workspace)) : null
    // The wire knows this sentence only; what stands in the way goes with it.
    if (found?.ok === false) return refuse('invalid', 'Failed to resolve connection inputs', { reason: found.message })
  }
  return { input: filled, secretDefaults }
}

export function renderDefault(
  field: InputField,
  secrets: JsonObject,
  at: { readonly now?: Context['now']; readonly chance?: number },
): { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly message: string } {
  if (typeof field.default !== 'string' || !field.default.includes('{{')) return { ok: true, value: field.default }
  const rendered = renderText(field.default, { secret: secrets }, at)
  return rendered.ok ? { ok: true, value: rendered.text } : rendered
}

function namesSecret(field: InputField): boolean {
  return typeof field.default === 'string' && field.default.includes('{{') && /\bsecret\b|__tera_context/.test(field.default)
}
