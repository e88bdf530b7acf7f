import type { Outcome } from '@busbar/kernel'
import { joinedKeys } from '../decide/book.js'
import type { Task } from '../decide/task.js'
import { joinOutput } from '../decide/output.js'
import type { Turn } from '../decide/turn.js'
import { isUnsuccessful } from '../wire/status.js'
import type { TaskRule } from '../decide/mapping.js'

/** Open from the fork on; closes at the moment when the last task it waits for has ended. */
export const join: TaskRule = {
  isBuiltIn: true,
  schedule(mapping, place) {
    mapping.add(place, { type: 'JOIN', input: { joinOn: place.node.task.joinOn }, how: 'engine' })
  },
  look(turn, task) {
    if ((turn.book.joins.get(task.ordinal)?.size ?? 0) > 0) return
    const { outcome, reason } = verdict(joinedTasks(turn, task))
    const output = joinOutput(turn.view, task, turn.read)
    if (!turn.isBlind) turn.close(task, outcome, { output, ...(reason !== '' && { reason }) })
  },
}

function joinedTasks(turn: Turn, join: Task): Task[] {
  return joinedKeys(turn.view, join).flatMap(key => turn.view.newest(key as Task['key']) ?? [])
}

function verdict(joined: readonly Task[]): { readonly outcome: Outcome; readonly reason: string } {
  const ended = joined.map(task => ({ task, outcome: task.state.kind === 'closed' ? task.state.outcome : 'completed' }))
  const failed = ended.filter(({ outcome }) => isUnsuccessful(outcome))
  if (failed.length > 0) {
    const outcome = failed.every(one => one.outcome === 'cancelled') ? 'cancelled' : 'failed'
    return { outcome, reason: failed.map(({ task }) => task.data.reason ?? '').join(' ') }
  }
  const tolerated = ended.filter(({ outcome }) => outcome === 'tolerated')
  if (tolerated.length === 0) return { outcome: 'completed', reason: '' }
  return { outcome: 'tolerated', reason: `${tolerated.map(({ task }) => `${task.data.name ?? task.data.type}/${task.id} `).join('')}completed with errors` }
}
