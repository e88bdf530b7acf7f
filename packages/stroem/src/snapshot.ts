import { type Refusal, refuse } from '@busbar/kernel'
import { type Action, type Dictionary, lookUp, type TaskDef } from './definition/types.js'
import type { TaskSnapshot } from './plan.js'
import { namesInCircles } from './topological-order.js'

/** Where tasks and actions are looked up: a workspace, or the snapshot of a parent. */
export interface Definitions {
  readonly tasks: Dictionary<TaskDef>
  readonly actions: Dictionary<Action>
}

/** The task with all that its steps name, and the same of each task that they start. What is missing is left out. */
export function snapshotOf(definitions: Definitions, taskName: string): TaskSnapshot {
  const tasks: Record<string, TaskDef> = {}
  const actions: Record<string, Action> = {}
  const open = [taskName]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const task = lookUp(definitions.tasks, name)
    if (task === null || Object.hasOwn(tasks, name)) continue
    define(tasks, name, task)
    for (const step of Object.values(task.flow)) {
      const action = lookUp(definitions.actions, step.action)
      if (action === null || Object.hasOwn(actions, step.action)) continue
      define(actions, step.action, action)
      if (action.type === 'task') open.push(action.task)
    }
  }
  return { task: taskName, tasks, actions }
}

/** `__proto__` is a name like any other. */
function define<T>(target: Record<string, T>, name: string, value: T): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
}

/** Null when a job of this snapshot can run; else what stands in the way. */
export function troubleWith(snapshot: TaskSnapshot, workspace: string, otherWorkspace?: (name: string) => Definitions | null): Refusal | null {
  const task = lookUp(snapshot.tasks, snapshot.task)
  if (task === null) return refuse('missing', 'Task not found')
  for (const [name, step] of Object.entries(task.flow)) {
    if (lookUp(snapshot.actions, step.action) === null) return missingAction(step.action, workspace, otherWorkspace)
    if (/[[\]]/.test(name)) return refuse('invalid', `Step name '${name}' is invalid: [ and ] are for the items of loops`)
    const lost = step.dependsOn.find(need => lookUp(task.flow, need) === null)
    if (lost !== undefined) return refuse('invalid', `Step '${name}' depends on '${lost}', which does not exist in task '${snapshot.task}'`)
  }
  const circle = namesInCircles(Object.entries(task.flow).map(([name, step]) => ({ name, needs: step.dependsOn })))
  if (circle.length > 0) return refuse('invalid', `Task '${snapshot.task}' is invalid: its steps ${circle.join(', ')} wait for each other`)
  return null
}

function missingAction(action: string, workspace: string, otherWorkspace?: (name: string) => Definitions | null): Refusal {
  const dot = action.indexOf('.')
  const owner = action.slice(0, dot)
  const other = dot < 0 ? null : (otherWorkspace?.(owner) ?? null)
  if (other === null) return refuse('invalid', `Action '${action}' not found in workspace '${workspace}'`)
  const name = action.slice(dot + 1)
  return lookUp(other.actions, name) === null
    ? refuse('invalid', `action '${action}': workspace '${owner}' has no action '${name}'`)
    : refuse('unsupported', `Action '${action}' belongs to workspace '${owner}'; actions of other workspaces are not built yet`)
}
