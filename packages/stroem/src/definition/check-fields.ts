import type { Problems } from './problems.js'
import { type Dictionary, type InputField, lookUp, primitiveTypes, type RetryPolicy, type Workspace } from './types.js'

const retriesMax = 10
const retryDelaySecsMax = 3600

export function checkRetry(retry: RetryPolicy, problems: Problems): void {
  if (retry.attemptsMax < 1 || retry.attemptsMax > retriesMax) problems.error(`max_attempts must be from 1 to ${retriesMax}, and is ${retry.attemptsMax}`)
  if (retry.delaySecs > retryDelaySecsMax) problems.error(`the delay must be at most ${retryDelaySecsMax} seconds, and is ${retry.delaySecs}`)
}

export function checkFields(fields: Dictionary<InputField>, workspace: Workspace, problems: Problems): void {
  for (const [name, field] of Object.entries(fields)) {
    checkType(field, workspace, problems.inside(name))
    checkOptions(field, problems.inside(name))
  }
}

function checkType(field: InputField, workspace: Workspace, problems: Problems): void {
  if (!primitiveTypes.has(field.type) && lookUp(workspace.connectionTypes, field.type) === null) {
    problems.error(`expected the type ${[...primitiveTypes].join(', ')} or a connection type, found '${field.type}'`)
  }
  if (!field.multiple) return
  if (field.secret) problems.error('`secret` and `multiple` do not go together')
  if (field.type !== 'string' && field.type !== 'text') problems.error(`\`multiple\` is for the types string and text, not for ${field.type}`)
  if (field.options === null) problems.warn('`multiple` needs `options`')
}

function checkOptions(field: InputField, problems: Problems): void {
  const { options } = field
  if (options === null) {
    if (field.allowCustom) problems.warn('`allow_custom` means nothing without `options`')
    return
  }
  if (options.length === 0) problems.warn('the list of options is empty')
  if (options.includes('')) problems.warn('an option is empty')
  if (new Set(options).size < options.length) problems.warn('an option stands there twice')
  checkDefault(field, options, problems)
}

function checkDefault(field: InputField, options: readonly string[], problems: Problems): void {
  const value = field.default
  if (value === null) return
  if (field.multiple && !Array.isArray(value)) return problems.warn('the default of a `multiple` field should be a list')
  for (const item of Array.isArray(value) ? value : [value]) {
    if (typeof item !== 'string') {
      if (field.multiple) problems.warn('the default of a `multiple` field should hold text only')
    } else if (!field.allowCustom && !options.includes(item)) {
      problems.warn(`the default '${item}' is not among the options`)
    }
  }
}
