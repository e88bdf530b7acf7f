/** From a request to the snapshot that an execution runs by (conductor-semantics.md §2). All questions of a kind are asked at once. */
import { type Answer, type Ask, isRefusal, type Json, refuse, type Refusal } from '@busbar/kernel'
import { everyTask } from '../definition/every-task.js'
import { perDefinition } from '../definition/per-definition.js'
import { parseTaskDef } from '../definition/parse-task-def.js'
import { parseWorkflowDef } from '../definition/parse-workflow-def.js'
import { childrenToPin, pinChildren, snapshotOf, taskNames } from '../definition/snapshot.js'
import type { TaskDef, WorkflowDef } from '../definition/types.js'
import { isUnsupportedType } from '../tasks/engine-types.js'

export type Prepared =
  | { readonly kind: 'ask'; readonly asks: readonly Ask[] }
  | { readonly kind: 'prepared'; readonly def: WorkflowDef; readonly snapshot: string }
  | Refusal

export interface Wanted {
  readonly name: string
  /** Null: the latest. */
  readonly version: number | null
  /** Used as it is, instead of a stored one. */
  readonly inline?: WorkflowDef
}

export function prepareDefinition(wanted: Wanted, answers: ReadonlyMap<string, Answer>): Prepared {
  const def = wanted.inline ?? storedDefinition(wanted, answers)
  if (isRefusal(def)) return def
  if ('ask' in def) return { kind: 'ask', asks: [def.ask] }
  const unsupported = unsupportedTask(def)
  if (unsupported !== undefined) {
    return refuse('unsupported', `The task type ${unsupported.type} of task ${unsupported.taskReferenceName} is not built yet; start a workflow without it`)
  }
  return embed(def, answers)
}

const unsupportedTask = perDefinition(def => {
  for (const task of everyTask(def.tasks)) if (isUnsupportedType(task.type)) return task
  return undefined
})

function storedDefinition({ name, version }: Wanted, answers: ReadonlyMap<string, Answer>): WorkflowDef | { readonly ask: Ask } | Refusal {
  const ask = workflowAsk(name, version)
  const answer = answers.get(ask.key)
  if (answer === undefined) return { ask }
  if (!answer.ok || answer.value === null) return refuse('missing', `No such workflow defined. name=${name}, version=${version}`)
  return parsed(answer.value, parseWorkflowDef)
}

/** The same definition is parsed once, as long as the answer is the same object. */
const parsedOnce = new WeakMap<object, unknown>()

function parsed<T>(value: Json, parse: (json: unknown) => T | Refusal): T | Refusal {
  if (value === null || typeof value !== 'object') return parse(value)
  const known = parsedOnce.get(value)
  if (known !== undefined) return known as T | Refusal
  const result = parse(value)
  parsedOnce.set(value, result)
  return result
}

function embed(def: WorkflowDef, answers: ReadonlyMap<string, Answer>): Prepared {
  const asks: Ask[] = []
  const answerTo = (ask: Ask): Answer | null => {
    const answer = answers.get(ask.key)
    if (answer === undefined && !asks.some(one => one.key === ask.key)) asks.push(ask)
    return answer ?? null
  }
  const definitions = new Map<string, TaskDef>()
  const embedded: Json[] = []
  for (const name of taskNames(def)) {
    const answer = answerTo({ key: `task:${name}`, kind: 'definition', of: 'task', namespace: '', name, version: null })
    if (!answer?.ok || answer.value === null) continue
    const definition = parsed(answer.value, parseTaskDef)
    if (isRefusal(definition)) return definition
    definitions.set(name, definition)
    embedded.push(answer.value)
  }
  const versions = new Map<string, number | null>()
  for (const { name } of childrenToPin(def)) {
    const answer = answerTo(workflowAsk(name, null))
    if (answer !== null) versions.set(name, answer.ok && answer.value !== null ? versionOf(answer.value) : null)
  }
  if (asks.length > 0) return { kind: 'ask', asks }
  const missing = childrenToPin(def).find(child => versions.get(child.name) == null)
  if (missing !== undefined) {
    return refuse('invalid', `The Task ${missing.name} defined as a sub-workflow has no workflow definition available `, { status: 500 })
  }
  return { kind: 'prepared', def, snapshot: snapshotFor(def, definitions, versions, embedded) }
}

function versionOf(json: Json): number | null {
  const def = parsed(json, parseWorkflowDef)
  return isRefusal(def) ? null : def.version
}

function workflowAsk(name: string, version: number | null): Ask {
  return { key: `workflow:${name}:${version}`, kind: 'definition', of: 'workflow', namespace: '', name, version }
}

/** The last snapshot of a definition, kept while the parts it was made of are the same. */
const snapshots = new WeakMap<WorkflowDef, { readonly parts: readonly unknown[]; readonly text: string }>()

function snapshotFor(
  def: WorkflowDef,
  definitions: ReadonlyMap<string, TaskDef>,
  versions: ReadonlyMap<string, number | null>,
  embedded: readonly Json[],
): string {
  const parts = [...embedded, ...versions.values()]
  const known = snapshots.get(def)
  if (known?.parts.length === parts.length && known.parts.every((part, index) => part === parts[index])) return known.text
  const pinned = versions.size === 0 ? def : pinChildren(def, name => versions.get(name) ?? null)
  const text = snapshotOf(pinned, definitions)
  snapshots.set(def, { parts, text })
  return text
}
