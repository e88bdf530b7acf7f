import { isRefusal, type Json } from '@busbar/kernel'
import { parseWorkflowTask } from '../definition/parse-workflow-def.js'
import type { WorkflowTask } from '../definition/types.js'

/** Tasks that were made at run time; null when the value is no list of tasks. */
export function parseTasks(value: Json): readonly WorkflowTask[] | null {
  if (!Array.isArray(value)) return null
  const tasks: WorkflowTask[] = []
  for (const one of value) {
    const task = parseWorkflowTask(one)
    if (isRefusal(task)) return null
    tasks.push(task)
  }
  return tasks
}
