/**
 * What an execution runs by (conductor-semantics.md §2): its definition with a task definition embedded in every task,
 * so that later edits of either do not reach it. The text is canonical: the same inputs give the same text, which is
 * stored once by its content.
 */
import { invariant, isRefusal } from '@busbar/kernel'
import { everyTask } from './every-task.js'
import { perDefinition } from './per-definition.js'
import { parseTaskDef } from './parse-task-def.js'
import { parseWorkflowDef } from './parse-workflow-def.js'
import { workflowDefToWire } from './to-wire.js'
import { isSimple, type SubWorkflowParams, type TaskDef, type WorkflowDef, type WorkflowTask } from './types.js'

export function snapshotOf(def: WorkflowDef, taskDefs: ReadonlyMap<string, TaskDef>): string {
  const embedded = taskNames(def).map(name => taskDefs.get(name))
  const last = lastSnapshots.get(def)
  if (last !== undefined && isSame(last.embedded, embedded)) return last.text
  const text = JSON.stringify(workflowDefToWire(withTaskDefs(def, taskDefs)))
  lastSnapshots.set(def, { embedded, text })
  return text
}

/** Start after start, a definition meets the same task definitions: the last text of each is kept. */
const lastSnapshots = new WeakMap<WorkflowDef, { readonly embedded: readonly (TaskDef | undefined)[]; readonly text: string }>()

function isSame<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index])
}

/** Trusts that `snapshotOf` wrote the text. */
export function parseSnapshot(text: string): WorkflowDef {
  const def = parseWorkflowDef(JSON.parse(text))
  if (isRefusal(def)) invariant(false, `a stored snapshot cannot be read: ${def.message}`)
  return def
}

/** The same definition with a task definition in every task: its own, the stored one of its name, or a synthesised one. */
export function withTaskDefs(def: WorkflowDef, taskDefs: ReadonlyMap<string, TaskDef>): WorkflowDef {
  const embed = (task: WorkflowTask): WorkflowTask => ({
    ...mapNested(task, embed),
    taskDefinition: task.taskDefinition ?? taskDefs.get(task.name) ?? defaultTaskDef(task),
  })
  return { ...def, tasks: def.tasks.map(embed) }
}

/** What a task runs by when nobody registered its name: SIMPLE tasks are retried, the others are neither retried nor timed out. */
export function defaultTaskDef(task: Pick<WorkflowTask, 'name' | 'type'>): TaskDef {
  return isSimple(task.type) ? { ...simpleDefaults, name: task.name } : { ...simpleDefaults, name: task.name, retryCount: 0, responseTimeoutSeconds: 0 }
}

const simpleDefaults = readDefaults()

function readDefaults(): TaskDef {
  const def = parseTaskDef({})
  if (isRefusal(def)) invariant(false, 'an empty task definition can be read')
  return def
}

/** The names whose task definitions `snapshotOf` asks for, each once. */
export const taskNames = perDefinition((def): readonly string[] => {
  const names = new Set<string>()
  for (const task of everyTask(def.tasks)) if (task.taskDefinition === null) names.add(task.name)
  return [...names]
})

/** The children whose latest version is fixed when the parent starts: those by name, without a version. */
export const childrenToPin = perDefinition((def): readonly ChildToPin[] => {
  const children: ChildToPin[] = []
  for (const task of everyTask(def.tasks)) {
    const params = task.subWorkflowParam
    if (task.type === 'SUB_WORKFLOW' && params !== null && needsPin(params)) children.push({ task, name: params.name ?? '' })
  }
  return children
})

export interface ChildToPin {
  readonly task: WorkflowTask
  /** The name of the child's definition; empty when the task gives none. */
  readonly name: string
}

/** The same definition with the version of each such child filled in; `versionOf` knows those of `childrenToPin`. */
export function pinChildren(def: WorkflowDef, versionOf: (name: string) => number | null): WorkflowDef {
  const versions = childrenToPin(def).map(child => versionOf(child.name))
  if (versions.length === 0) return def
  const last = lastPinned.get(def)
  if (last !== undefined && isSame(last.versions, versions)) return last.pinned
  const pinned = pinEach(def, versionOf)
  lastPinned.set(def, { versions, pinned })
  return pinned
}

const lastPinned = new WeakMap<WorkflowDef, { readonly versions: readonly (number | null)[]; readonly pinned: WorkflowDef }>()

function pinEach(def: WorkflowDef, versionOf: (name: string) => number | null): WorkflowDef {
  const pin = (task: WorkflowTask): WorkflowTask => {
    const params = task.subWorkflowParam
    const nested = mapNested(task, pin)
    if (task.type !== 'SUB_WORKFLOW' || params === null || !needsPin(params)) return nested
    return { ...nested, subWorkflowParam: { ...params, version: versionOf(params.name ?? '') } }
  }
  return { ...def, tasks: def.tasks.map(pin) }
}

function needsPin(params: SubWorkflowParams): boolean {
  return params.version === null && params.workflowDefinition === null
}

function mapNested(task: WorkflowTask, change: (task: WorkflowTask) => WorkflowTask): WorkflowTask {
  return {
    ...task,
    decisionCases: new Map(Array.from(task.decisionCases, ([key, tasks]) => [key, tasks.map(change)])),
    defaultCase: task.defaultCase.map(change),
    forkTasks: task.forkTasks.map(branch => branch.map(change)),
    loopOver: task.loopOver.map(change),
  }
}
