import { isJsonObject, type Json } from '@busbar/kernel'
import { templateProblem } from '../template/render.js'
import { checkFields, checkRetry } from './check-fields.js'
import type { Problems } from './problems.js'
import { type Action, type AgentAction, type Dictionary, lookUp, type ScriptAction, type Workspace } from './types.js'

const runners: ReadonlySet<string> = new Set(['local', 'docker', 'pod'])
const languages: ReadonlySet<string> = new Set(['shell', 'python', 'javascript', 'js', 'typescript', 'ts', 'go'])
const outputTypes: ReadonlySet<string> = new Set(['string', 'integer', 'number', 'boolean', 'bool', 'array', 'object'])
const interpreterForm = /^[A-Za-z0-9._/+-]+$/
const shellSigns = /[;&|$`(){}\\\n\r'"]/

export function checkAction(action: Action, workspace: Workspace, problems: Problems): void {
  checkFields(action.input, workspace, problems.inside('input'))
  checkOutput(action, problems.inside('output'))
  if (action.retry) checkRetry(action.retry, problems.inside('retry'))
  switch (action.type) {
    case 'script':
      checkScript(action, problems)
      return checkEnv(action.env, workspace, problems.inside('env'))
    case 'pod':
      checkManifest(action.manifest, problems)
      checkImage(action.image, action.type, problems)
      return checkEnv(action.env, workspace, problems.inside('env'))
    case 'docker':
      checkImage(action.image, action.type, problems)
      return checkEnv(action.env, workspace, problems.inside('env'))
    case 'task':
      if (lookUp(workspace.tasks, action.task) === null) problems.error(`there is no task '${action.task}'`)
      return
    case 'agent':
      return checkAgent(action, problems)
    case 'approval':
      return checkTemplate(action.message, 'message', problems)
  }
}

/** A template that does not parse fails its step each time: better to hear of it now. */
export function checkTemplate(template: string, name: string, problems: Problems): void {
  const problem = templateProblem(template)
  if (problem !== null) problems.inside(name).error(problem)
}

function checkOutput(action: Action, problems: Problems): void {
  for (const [name, field] of Object.entries(action.output ?? {})) {
    const type = isJsonObject(field) ? field['type'] : undefined
    if (typeof type !== 'string' || !outputTypes.has(type)) problems.inside(name).error(`expected a type out of ${[...outputTypes].join(', ')}`)
  }
}

// ── Scripts ──

function checkScript(action: ScriptAction, problems: Problems): void {
  checkCode(action, problems)
  if (!runners.has(action.runner)) problems.error(`expected a runner out of ${[...runners].join(', ')}, found '${action.runner}'`)
  if (action.language !== null && !languages.has(action.language))
    problems.error(`expected a language out of ${[...languages].join(', ')}, found '${action.language}'`)
  if (action.interpreter !== null && !interpreterForm.test(action.interpreter))
    problems.error(`the interpreter '${action.interpreter}' must be the name or path of a program`)
  if (action.runner === 'pod') checkManifest(action.manifest, problems)
  else if (action.manifest !== null) problems.error('a manifest needs the runner pod')
  checkArguments(action, problems)
}

function checkCode({ script, source }: ScriptAction, problems: Problems): void {
  if (script === null && source === null) problems.error('a script needs `script` (code) or `source` (a file)')
  if (script !== null && source !== null) problems.error('a script has either `script` (code) or `source` (a file), not both')
  if (script === '' || source === '') problems.error('the script is empty')
  checkTemplate(script ?? '', 'script', problems)
  checkTemplate(source ?? '', 'source', problems)
}

function checkArguments({ args, dependencies, interpreter, language }: ScriptAction, problems: Problems): void {
  for (const arg of args) {
    if (arg === '') problems.error('an argument in `args` is empty')
    checkTemplate(arg, 'args', problems)
  }
  for (const dependency of dependencies) {
    if (dependency === '') problems.error('a dependency is empty')
    if (shellSigns.test(dependency)) problems.error(`the dependency '${dependency}' holds signs that mean something to a shell`)
  }
  if (language !== null) return
  if (dependencies.length > 0) problems.warn('`dependencies` need a `language` other than shell')
  if (interpreter !== null) problems.warn('`interpreter` is set, but no `language`')
}

// ── Others ──

function checkManifest(manifest: Json, problems: Problems): void {
  if (manifest !== null && !isJsonObject(manifest)) problems.error('the manifest must be a map')
}

function checkImage(image: string | null, type: string, problems: Problems): void {
  if (image === null) problems.error(`an action of type ${type} needs an \`image\``)
  else checkTemplate(image, 'image', problems)
}

function checkAgent(action: AgentAction, problems: Problems): void {
  if (action.provider === null) problems.error('an agent needs a `provider`')
  if (action.prompt === null) problems.error('an agent needs a `prompt`')
  checkTemplate(action.prompt ?? '', 'prompt', problems)
  const systemPrompt = action.settings['system_prompt']
  if (typeof systemPrompt === 'string') checkTemplate(systemPrompt, 'system_prompt', problems)
}

function checkEnv(env: Dictionary<string> | null, workspace: Workspace, problems: Problems): void {
  for (const [name, value] of Object.entries(env ?? {})) {
    checkTemplate(value, name, problems)
    for (const [, path = ''] of value.matchAll(/\{\{ secret\.([\w.]+) \}\}/g)) {
      if (!hasSecret(workspace, path)) problems.inside(name).warn(`mentions the secret '${path}', which is not defined`)
    }
  }
}

function hasSecret(workspace: Workspace, path: string): boolean {
  let found: Json | undefined = workspace.secrets
  for (const key of path.split('.')) found = isJsonObject(found) && Object.hasOwn(found, key) ? found[key] : undefined
  return found !== undefined
}
