import { type Refusal, refuse } from '@busbar/kernel'
import { type Action, type Dictionary, type Hook, type Hooks, lookUp, type TaskDef } from './definition/types.js'
import type { ActionOwner, TaskSnapshot } from './plan.js'
import { namesInCircles } from './topological-order.js'

/** Where tasks and actions are looked up: a workspace, or the snapshot of a parent. */
export interface Definitions {
  readonly tasks: Dictionary<TaskDef>
  readonly actions: Dictionary<Action>
  readonly owners?: Dictionary<ActionOwner>
  readonly hooks?: Hooks
}

/** Another workspace, for actions that are written `<workspace>.<action>`. */
export interface OtherWorkspace {
  readonly actions: Dictionary<Action>
  readonly revision: string | null
}

export type FindWorkspace = (name: string) => OtherWorkspace | null

const nowhere: FindWorkspace = () => null

/**
 * The task with all that its steps and hooks name, and the same of each task that they start. What is missing is left
 * out.
 */
export function snapshotOf(definitions: Definitions, taskName: string, otherWorkspace: FindWorkspace = nowhere): TaskSnapshot {
  const tasks: Record<string, TaskDef> = {}
  const actions: Record<string, Action> = {}
  const owners: Record<string, ActionOwner> = {}
  const hooks = hooksIn(definitions)
  const open = [taskName]
  const addAction = (name: string) => {
    const found = Object.hasOwn(actions, name) ? null : findAction(definitions, name, otherWorkspace)
    if (found === null) return
    define(actions, name, found.action)
    if (found.owner) define(owners, name, found.owner)
    else if (found.action.type === 'task') open.push(found.action.task)
  }
  for (const { action } of hooks ? allHooks(hooks) : []) addAction(action)
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const task = lookUp(definitions.tasks, name)
    if (task === null || Object.hasOwn(tasks, name)) continue
    define(tasks, name, task)
    for (const { action } of [...Object.values(task.flow), ...allHooks(task.hooks)]) addAction(action)
  }
  return { task: taskName, tasks, actions, ...(Object.keys(owners).length > 0 ? { owners } : {}), ...(hooks ? { hooks } : {}) }
}

function hooksIn({ hooks }: Definitions): Hooks | null {
  return hooks && allHooks(hooks).length > 0 ? hooks : null
}

function allHooks({ onSuccess, onError, onSuspended, onCancel }: Hooks): readonly Hook[] {
  return [...onSuccess, ...onError, ...onSuspended, ...onCancel]
}

interface FoundAction {
  readonly action: Action
  readonly owner: ActionOwner | null
}

function findAction({ actions, owners }: Definitions, name: string, otherWorkspace: FindWorkspace): FoundAction | null {
  const action = lookUp(actions, name)
  if (action) return { action, owner: owners ? lookUp(owners, name) : null }
  const [workspace, bare] = partsOf(name)
  const other = otherWorkspace(workspace)
  const foreign = other && lookUp(other.actions, bare)
  return foreign && { action: foreign, owner: { workspace, revision: other?.revision ?? null, action: bare } }
}

/** `<workspace>.<action>`; the action may have dots of its own. */
function partsOf(name: string): [workspace: string, action: string] {
  const dot = name.indexOf('.')
  return dot < 0 ? ['', name] : [name.slice(0, dot), name.slice(dot + 1)]
}

/** `__proto__` is a name like any other. */
function define<T>(target: Record<string, T>, name: string, value: T): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
}

/** Null when a job of this snapshot can run; else what stands in the way. */
export function troubleWith(snapshot: TaskSnapshot, workspace: string, otherWorkspace: FindWorkspace = nowhere): Refusal | null {
  const task = lookUp(snapshot.tasks, snapshot.task)
  if (task === null) return refuse('missing', 'Task not found')
  for (const [name, step] of Object.entries(task.flow)) {
    const action = lookUp(snapshot.actions, step.action)
    if (action === null) return missingAction(step.action, workspace, otherWorkspace)
    if (action.type === 'task' && lookUp(snapshot.owners ?? {}, step.action)) return foreignTask(step.action)
    if (/[[\]]/.test(name)) return refuse('invalid', `Step name '${name}' is invalid: [ and ] are for the items of loops`)
    const lost = step.dependsOn.find(need => lookUp(task.flow, need) === null)
    if (lost !== undefined) return refuse('invalid', `Step '${name}' depends on '${lost}', which does not exist in task '${snapshot.task}'`)
  }
  const circle = namesInCircles(Object.entries(task.flow).map(([name, step]) => ({ name, needs: step.dependsOn })))
  if (circle.length > 0) return refuse('invalid', `Task '${snapshot.task}' is invalid: its steps ${circle.join(', ')} wait for each other`)
  return null
}

function missingAction(action: string, workspace: string, otherWorkspace: FindWorkspace): Refusal {
  const [owner, name] = partsOf(action)
  if (otherWorkspace(owner) === null) return refuse('invalid', `Action '${action}' not found in workspace '${workspace}'`)
  return refuse('invalid', `action '${action}': workspace '${owner}' has no action '${name}'`)
}

function foreignTask(action: string): Refusal {
  return refuse('unsupported', `Action '${action}' starts a task of another workspace, which is not built yet: call an action there that is no task`)
}
