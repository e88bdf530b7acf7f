import { planOf } from './book.js'
import type { Task } from './task.js'
import type { Turn } from './turn.js'

/** Removes the tasks of all iterations up to `last` (keepLastN). Those are settled, so nothing waits for them. */
export function forgetIterations(turn: Turn, loop: Task, last: number): void {
  if (last < 1) return
  const own = `${loop.data.suffix ?? ''}__`
  const body = new Set(planOf(turn.view).nodes.get(loop.key.slice(0, loop.key.length - (loop.data.suffix ?? '').length))?.body)
  for (const task of [...turn.view.attempts()]) {
    const { suffix } = task.data
    if (suffix === undefined || !suffix.startsWith(own) || task.state.kind !== 'closed') continue
    const [iteration] = suffix.slice(own.length).split('__')
    if (Number(iteration) <= last && isOfLoop(turn, task, loop, body)) turn.view.remove(task.ordinal)
  }
}

/** Another loop may use the same suffixes. */
function isOfLoop(turn: Turn, task: Task, loop: Task, body: ReadonlySet<string>): boolean {
  const name = task.key.slice(0, task.key.length - (task.data.suffix ?? '').length)
  if (body.has(name)) return true
  const depth = (loop.data.suffix ?? '').split('__').length
  let owner = planOf(turn.view).nodes.get(name)?.loop ?? null
  for (let level = (task.data.suffix ?? '').split('__').length - 1; owner !== null && level > depth; level--) owner = owner.loop
  return owner !== null && loop.key === owner.ref + (loop.data.suffix ?? '')
}
