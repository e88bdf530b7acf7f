import type { Json, JsonObject } from '@busbar/kernel'
import type { Action, Dictionary, InputField } from '../definition/types.js'

/** Where a script runs; `none` for everything that is no script. */
export function runnerOf(action: Action): string {
  return action.type === 'script' ? action.runner : 'none'
}

/** The definition of an action as JSON, with what was rendered in place of its templates. Absent means not set. */
export function actionSpec(action: Action, rendered: JsonObject): JsonObject {
  const { input, ...fields } = action.type === 'agent' ? { ...action, ...action.settings, settings: null } : action
  const spec: Record<string, Json> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (value !== null && !(Array.isArray(value) && value.length === 0)) spec[name] = value as Json
  }
  const schema = Object.keys(input).length > 0 ? { input: inputFields(input) } : {}
  return { ...spec, ...schema, ...rendered }
}

export function inputFields(fields: Dictionary<InputField>): JsonObject {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, inputField(field)]))
}

/** Only what differs from the defaults is told. */
function inputField(field: InputField): JsonObject {
  return {
    type: field.type,
    ...(field.name === null ? {} : { name: field.name }),
    ...(field.description === null ? {} : { description: field.description }),
    ...(field.required ? { required: true } : {}),
    ...(field.secret ? { secret: true } : {}),
    ...(field.default === null ? {} : { default: field.default }),
    ...(field.options === null ? {} : { options: field.options }),
    ...(field.allowCustom ? { allow_custom: true } : {}),
    ...(field.multiple ? { multiple: true } : {}),
    ...(field.order === null ? {} : { order: field.order }),
  }
}
