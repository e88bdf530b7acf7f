/** What somebody who runs a workflow synchronously waits for (conductor-api.md §2.1.1), and what a signal reaches. */
import { type ExecutionId, isOpen } from '@busbar/kernel'
import { nameOf } from './decide/book.js'
import type { ConductorView, Task } from './decide/task.js'
import { waitsForUpdate } from './tasks/wait.js'
import { tasksInOrder } from './wire/workflow.js'

/** Nothing moves before somebody answers it, or it is one that the caller asked for by name and it has ended. */
export function blockingTask(view: ConductorView, waitUntil: ReadonlySet<string>): Task | null {
  return tasksInOrder(view).find(task => (isOpen(task) ? waitsForUpdate(task) : waitUntil.has(task.key) || waitUntil.has(nameOf(task)))) ?? null
}

/** The first WAIT that a signal ends, with a timer or without. */
export function signalledTask(view: ConductorView): Task | null {
  if (view.isTerminal) return null
  return tasksInOrder(view).find(task => task.data.type === 'WAIT' && isOpen(task)) ?? null
}

/** The children whose end the workflow waits for, in the order of their tasks. */
export function openChildren(view: ConductorView): readonly ExecutionId[] {
  const children: ExecutionId[] = []
  if (view.isTerminal) return children
  for (const task of view.openAttempts()) if (task.data.type === 'SUB_WORKFLOW' && task.data.child !== undefined) children.push(task.data.child)
  return children
}
