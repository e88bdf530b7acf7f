/** Tasks that wait for the end of a workflow which somebody else started: an idempotency key led them there. */
import { type Parent, refuse, type Refusal } from '@busbar/kernel'
import { tellWaiting } from '../decide/end.js'
import type { ConductorView } from '../decide/task.js'

const waitingMax = 1_000

export function awaitEnd(view: ConductorView, waiting: Parent): Refusal | null {
  const { awaitedBy = [] } = view.state
  if (awaitedBy.some(one => one.attempt === waiting.attempt)) return null
  if (awaitedBy.length >= waitingMax) return refuse('throttled', `the workflow ${view.id} is awaited by ${waitingMax} tasks already`)
  view.setState({ ...view.state, awaitedBy: [...awaitedBy, waiting] })
  if (view.isTerminal) tellWaiting(view)
  return null
}
