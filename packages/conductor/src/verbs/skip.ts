import { type Instant, refuse, type Refusal } from '@busbar/kernel'
import type { ConductorCommand } from '../commands.js'
import { bookOf, planOf, remember } from '../decide/book.js'
import type { ConductorView, Task } from '../decide/task.js'
import { noteOpening } from '../decide/untouched.js'

type Skip = Extract<ConductorCommand, { kind: 'skipTask' }>

/** A task that does not exist yet is passed over when its turn comes. */
export function skipTask(view: ConductorView, { reference, taskInput, taskOutput }: Skip, now: Instant): Refusal | null {
  const plan = planOf(view)
  const no = (message: string) => refuse('invalid', message, { status: 500 })
  if (view.status !== 'running') return no(`The workflow ${view.id} is not running so the task referenced by ${reference} cannot be skipped`)
  const node = plan.nodes.get(reference)
  if (node === undefined) return no(`The task referenced by ${reference} does not exist in the WorkflowDefinition ${plan.def.name}`)
  const key = reference as Task['key']
  if (view.newest(key) !== undefined) return no(`The task referenced ${reference} has already been processed, cannot be skipped`)
  const data = {
    type: node.task.name,
    skipped: true,
    ...(taskInput !== null && { input: taskInput }),
    ...(taskOutput !== null && { output: taskOutput }),
  } as const
  noteOpening(view, data.type)
  const task = view.open({ key, number: 0, queue: null, data }, now)
  view.close(task.ordinal, 'skipped', { kind: 'operator' }, now)
  remember(bookOf(view), view, task)
  return null
}
