import { isSettled, joinedKey } from '../decide/book.js'
import type { Task } from '../decide/task.js'
import { outputOf } from '../decide/output.js'
import type { Turn } from '../decide/turn.js'
import { isUnsuccessful } from '../wire/status.js'
import type { TaskRule } from '../decide/mapping.js'

/** Takes over from the first of its tasks that ran, or from the first of its defaults. */
export const exclusiveJoin: TaskRule = {
  isBuiltIn: true,
  schedule(mapping, place) {
    const { joinOn, defaultExclusiveJoinTask } = place.node.task
    mapping.add(place, { type: 'EXCLUSIVE_JOIN', input: { joinOn, defaultExclusiveJoinTask }, how: 'engine' })
  },
  look(turn, task, node) {
    const found = firstThatRan(turn, node.task.joinOn, task) ?? firstThatRan(turn, node.task.defaultExclusiveJoinTask, task)
    if (found === null || !isSettled(found) || found.state.kind !== 'closed') return
    const { reason } = found.data
    const outcome = isUnsuccessful(found.state.outcome) ? 'failed' : 'completed'
    if (outcome === 'failed') return turn.close(task, 'failed', reason === undefined ? {} : { reason })
    const output = outputOf(turn.view, found, turn.read)
    if (!turn.isBlind) turn.close(task, 'completed', { output })
  },
}

function firstThatRan(turn: Turn, names: readonly string[], join: Task): Task | null {
  for (const name of names) {
    const task = turn.view.newest(joinedKey(turn.view, name, join.data.suffix ?? '') as Task['key'])
    if (task !== undefined && !(task.state.kind === 'closed' && task.state.outcome === 'skipped')) return task
  }
  return null
}
