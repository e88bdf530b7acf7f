/** A library's actions, tasks and connection types appear in every workspace as `<library>.<name>`. */
import { dictionaryOf } from './reader.js'
import type { Action, Dictionary, Hook, Hooks, InputField, Step, TaskDef } from './types.js'
import type { Parts } from './workspace-parts.js'

const libraryName = /^[A-Za-z0-9][A-Za-z0-9_-]*$/

/** Its triggers, secrets, connections and hooks stay at home. On a collision the library wins. */
export function importLibrary(into: Parts, name: string, library: Parts): void {
  if (!libraryName.test(name)) {
    into.warnings.push(`Skipping library '${name}': its name must be letters, digits, _ and -, and begin with a letter or digit`)
    return
  }
  const rename = renaming(name, library)
  for (const [type, definition] of library.connectionTypes) into.connectionTypes.set(rename.type(type), definition)
  for (const [action, definition] of library.actions) into.actions.set(rename.action(action), renamedAction(definition, rename))
  for (const [task, definition] of library.tasks) into.tasks.set(rename.task(task), renamedTask(definition, rename))
  into.warnings.push(...library.warnings.map(warning => `library ${name}: ${warning}`))
}

/** References to what the library itself has get its prefix; all others stay. */
interface Renaming {
  action(name: string): string
  task(name: string): string
  type(name: string): string
}

function renaming(library: string, { actions, tasks, connectionTypes }: Parts): Renaming {
  const prefixed = (known: ReadonlyMap<string, unknown>) => (name: string) => (known.has(name) ? `${library}.${name}` : name)
  return { action: prefixed(actions), task: prefixed(tasks), type: prefixed(connectionTypes) }
}

function renamedAction(action: Action, rename: Renaming): Action {
  const input = renamedFields(action.input, rename)
  return action.type === 'task' ? { ...action, input, task: rename.task(action.task) } : { ...action, input }
}

function renamedTask(task: TaskDef, rename: Renaming): TaskDef {
  return { ...task, input: renamedFields(task.input, rename), flow: renamedFlow(task.flow, rename), hooks: renamedHooks(task.hooks, rename) }
}

function renamedFlow(flow: Dictionary<Step>, rename: Renaming): Dictionary<Step> {
  return dictionaryOf(Object.entries(flow).map(([name, step]) => [name, { ...step, action: rename.action(step.action) }]))
}

function renamedFields(fields: Dictionary<InputField>, rename: Renaming): Dictionary<InputField> {
  return dictionaryOf(Object.entries(fields).map(([name, field]) => [name, { ...field, type: rename.type(field.type) }]))
}

function renamedHooks(hooks: Hooks, rename: Renaming): Hooks {
  const renamed = (list: readonly Hook[]): readonly Hook[] => list.map(hook => ({ ...hook, action: rename.action(hook.action) }))
  return { onSuccess: renamed(hooks.onSuccess), onError: renamed(hooks.onError), onSuspended: renamed(hooks.onSuspended), onCancel: renamed(hooks.onCancel) }
}
