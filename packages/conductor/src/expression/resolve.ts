/** Gives a template its values (conductor-semantics.md §8). Never throws: what cannot be evaluated is null. */
import { assertNever, type Json, type JsonObject } from '@busbar/kernel'
import type { Fuel } from './compile-regex.js'
import { javaDouble, javaText } from './java-text.js'
import { expressionLimits } from './limits.js'
import { givesDouble, type Path } from './path.js'
import { newFuel, type Root, readJsonText, readPath, rootOf } from './read-path.js'
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
  return template.kind === 'constant'
    ? template.value
    : fillFrom(template, { scope, root: rootFor(scope), fuel: newFuel(), text: { left: expressionLimits.textLengthMax } })
}

/** A scope, the document that paths see in it, and what all of them together may spend. */
interface Source {
  readonly scope: Scope
  readonly root: Root
  readonly fuel: Fuel
  /** Characters, likewise. */
  readonly text: Fuel
}

function rootFor(scope: Scope): Root {
  return {
    member: name => (name === 'workflow' ? scope.workflow() : scope.task(name)),
    whole: () => {
      const workflow = scope.workflow()
      return workflow === undefined ? scope.allTasks() : { workflow, ...scope.allTasks() }
    },
  }
}

function fillFrom(template: Template, source: Source): Json {
  switch (template.kind) {
    case 'constant':
      return template.value
    case 'expression':
      return valueOf(template.expression, source)
    case 'text':
      return joined(template.parts, source)
    case 'list':
      return template.items.map(item => fillFrom(item, source))
    case 'object':
      return fillObject(template.members, source)
    default:
      return assertNever(template)
  }
}

function fillObject(members: readonly (readonly [string, Template])[], source: Source): JsonObject {
  const object: Record<string, Json> = {}
  for (const [key, member] of members) {
    const value = fillFrom(member, source)
    // An assignment to this name would change what the object inherits from.
    if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
    else object[key] = value
  }
  return object
}

function valueOf(expression: Expression, source: Source): Json {
  const { scope } = source
  switch (expression.kind) {
    case 'fixed':
      return expression.text
    case 'system':
      return (expression.name === 'CPEWF_TASK_ID' ? scope.taskId : scope.environment(expression.name)) ?? expression.source
    case 'configuration':
      return configurationValue(expression, scope)
    case 'name':
      return scope.environment(expression.name) ?? read(expression.path, source)
    case 'path':
      return read(expression.path, source)
    case 'nested':
      return valueOf(known(expression, source), source)
    default:
      return assertNever(expression)
  }
}

function read(path: Path | null, source: Source): Json {
  return path === null ? null : readPath(path, source.root, source.fuel)
}

function configurationValue(expression: Expression & { kind: 'configuration' }, scope: Scope): Json {
  const value = scope.configuration(expression.name)
  if (value === null || expression.isWhole) return value
  return expression.path === null ? null : readJsonText(value, expression.path)
}

// ── Inside texts ──

/** Null when it grows too long. */
function joined(parts: readonly TextPart[], source: Source): string | null {
  let text = ''
  for (const part of parts) {
    const piece = typeof part === 'string' ? part : textOf(part, source)
    source.text.left -= piece.length
    if (source.text.left < 0) return null
    text += piece
  }
  return text
}

/** What a nested expression is, now that the expressions in it have their values. */
function known(expression: Expression & { kind: 'nested' }, source: Source): Expression {
  const text = joined(expression.parts, source)
  return text === null ? { kind: 'path', path: null } : classify(text, expression.source)
}

function textOf(expression: Expression, source: Source): string {
  if (expression.kind === 'nested') return textOf(known(expression, source), source)
  const value = valueOf(expression, source)
  const path = expression.kind === 'path' || expression.kind === 'name' ? expression.path : null
  if (path === null) return javaText(value)
  // The list that an indefinite path gives is written as JSON, every other one as Java shows it.
  if (!path.isDefinite && Array.isArray(value)) return JSON.stringify(value)
  return typeof value === 'number' && givesDouble(path) ? javaDouble(value) : javaText(value)
}
