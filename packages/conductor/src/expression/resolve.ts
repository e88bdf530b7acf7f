/** Gives a template its values (conductor-semantics.md §8). Never throws: what cannot be evaluated is null. */
import { assertNever, type Json, type JsonObject } from '@busbar/kernel'
import { javaDouble, javaText } from './java-text.js'
import { givesDouble, type Path } from './path.js'
import { type Root, readJsonText, readPath, rootOf } from './read-path.js'
import { classify, compileTemplate, type Expression, type Template, type TextPart } from './template.js'

/** What expressions can refer to; each part is asked for only when one does. */
export interface Scope {
  readonly workflow: () => Json | undefined
  /** The newest task of a reference name. */
  readonly task: (reference: string) => Json | undefined
  /** All of them by reference name, for paths that begin with a wildcard or `..`. */
  readonly allTasks: () => JsonObject
  /** A variable of the server's environment, or null. */
  readonly environment: (name: string) => string | null
  /** `workflow.env.<name>`, or null. */
  readonly configuration: (name: string) => string | null
  /** `CPEWF_TASK_ID`: the task that the template is resolved for. */
  readonly taskId: string | null
}

export function resolve(template: JsonObject, scope: Scope): JsonObject
export function resolve(template: Json, scope: Scope): Json
export function resolve(template: Json, scope: Scope): Json {
  return fill(compileTemplate(template), scope)
}

/** The members of `document` are what expressions begin with, as in the actions of event handlers. */
export function documentScope(document: JsonObject, rest: Pick<Scope, 'environment' | 'configuration'>): Scope {
  const { member } = rootOf(document)
  return { ...rest, workflow: () => member('workflow'), task: member, allTasks: () => document, taskId: null }
}

export function fill(template: Template, scope: Scope): Json {
  switch (template.kind) {
    case 'constant':
      return template.value
    case 'expression':
      return valueOf(template.expression, scope)
    case 'text':
      return joined(template.parts, scope)
    case 'list':
      return template.items.map(item => fill(item, scope))
    case 'object':
      return Object.fromEntries(template.members.map(([key, member]) => [key, fill(member, scope)]))
    default:
      return assertNever(template)
  }
}

function valueOf(expression: Expression, scope: Scope): Json {
  switch (expression.kind) {
    case 'fixed':
      return expression.text
    case 'system':
      return systemValue(expression.name, scope) ?? expression.source
    case 'configuration':
      return configurationValue(expression, scope)
    case 'name':
      return scope.environment(expression.name) ?? read(expression.path, scope)
    case 'path':
      return read(expression.path, scope)
    case 'nested':
      return valueOf(classify(joined(expression.parts, scope), expression.source), scope)
    default:
      return assertNever(expression)
  }
}

function joined(parts: readonly TextPart[], scope: Scope): string {
  let text = ''
  for (const part of parts) text += typeof part === 'string' ? part : textOf(part, scope)
  return text
}

function textOf(expression: Expression, scope: Scope): string {
  if (expression.kind === 'nested') return textOf(classify(joined(expression.parts, scope), expression.source), scope)
  const value = valueOf(expression, scope)
  const path = expression.kind === 'path' || expression.kind === 'name' ? expression.path : null
  if (path === null) return javaText(value)
  // The list that an indefinite path gives is written as JSON, every other one as Java shows it.
  if (!path.isDefinite && Array.isArray(value)) return JSON.stringify(value)
  return typeof value === 'number' && givesDouble(path) ? javaDouble(value) : javaText(value)
}

function read(path: Path | null, scope: Scope): Json {
  return path === null ? null : readPath(path, rootFor(scope))
}

const roots = new WeakMap<Scope, Root>()

function rootFor(scope: Scope): Root {
  const known = roots.get(scope)
  if (known !== undefined) return known
  const root: Root = {
    member: name => (name === 'workflow' ? scope.workflow() : scope.task(name)),
    whole: () => {
      const workflow = scope.workflow()
      return workflow === undefined ? scope.allTasks() : { workflow, ...scope.allTasks() }
    },
  }
  roots.set(scope, root)
  return root
}

function systemValue(name: string, scope: Scope): string | null {
  return name === 'CPEWF_TASK_ID' ? scope.taskId : scope.environment(name)
}

function configurationValue(expression: Expression & { kind: 'configuration' }, scope: Scope): Json {
  const value = scope.configuration(expression.name)
  if (value === null || expression.isWhole) return value
  return expression.path === null ? null : readJsonText(value, expression.path)
}
