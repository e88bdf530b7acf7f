import type { WorkflowTask } from './types.js'

/** The lists of tasks directly inside a task: its cases, branches and body; not those of sub-workflow definitions. */
export function nestedLists(task: WorkflowTask): readonly (readonly WorkflowTask[])[] {
  if (task.decisionCases.size === 0 && task.defaultCase.length === 0 && task.forkTasks.length === 0 && task.loopOver.length === 0) return none
  return [...task.decisionCases.values(), task.defaultCase, ...task.forkTasks, task.loopOver]
}

const none: readonly (readonly WorkflowTask[])[] = []

/** All tasks of a list and of what is nested in them, outer before inner, in the order of the definition. */
export function* everyTask(tasks: readonly WorkflowTask[]): IterableIterator<WorkflowTask> {
  for (const task of tasks) {
    yield task
    for (const list of nestedLists(task)) yield* everyTask(list)
  }
}
