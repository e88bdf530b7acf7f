import { namedIdOf } from '@busbar/kernel'
import { planOf } from '../decide/book.js'
import { evaluate } from '../decide/input.js'
import { workflowDeadline } from '../decide/timeouts.js'
import type { Turn } from '../decide/turn.js'
import { javaText } from '../expression/java-text.js'
import { enterAsExecution, executionLimitOf } from './execution-pass.js'

/** Whether the execution may begin. False: it has asked, or a question about its key stands in the way. */
export function mayBegin(turn: Turn): boolean {
  const { view } = turn
  const { def } = planOf(view)
  const limit = executionLimitOf(def)
  if (limit === null) return true
  const { pass } = view.state
  if (pass?.state === 'open') return true
  if (pass?.state === 'asked') return false
  const key = limit.key === null ? '' : javaText(evaluate(turn, limit.key))
  if (turn.asks.length > 0) return false
  const name = `workflow ${def.name} ${key}`
  enterAsExecution(view, { gate: namedIdOf('gate', name), key, state: 'asked' }, name, limit, limit.isRefused ? 'orRefuse' : 'inTurn')
  view.wakeAt(workflowDeadline(turn))
  return false
}
