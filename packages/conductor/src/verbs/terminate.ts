import { type Ask, type Context, refuse, type Refusal } from '@busbar/kernel'
import type { ConductorCommand } from '../commands.js'
import { forgetBook } from '../decide/book.js'
import type { ConductorView } from '../decide/task.js'
import { endExecution } from '../decide/end.js'
import { Turn } from '../decide/turn.js'

type Terminate = Extract<ConductorCommand, { kind: 'terminate' }>

/** Ends it, without its failure workflow unless that is asked for. What had failed or timed out counts as terminated from now on. */
export function terminate(view: ConductorView, { reason, startsFailureWorkflow = false }: Terminate, context: Context): Refusal | readonly Ask[] {
  if (view.status === 'completed') return refuse('conflict', 'Cannot terminate a COMPLETED workflow.')
  return view.status === 'cancelled' ? [] : stop(view, reason, context, { tellsParent: true, startsFailureWorkflow })
}

/** The parent has ended: so does this one, and it has nobody left to tell. */
export function parentEnded(view: ConductorView, reason: string, context: Context): readonly Ask[] {
  return view.isTerminal ? [] : stop(view, reason, context, { tellsParent: false, startsFailureWorkflow: false })
}

interface Stopping {
  readonly tellsParent: boolean
  readonly startsFailureWorkflow: boolean
}

function stop(view: ConductorView, reason: string | null, context: Context, { tellsParent, startsFailureWorkflow }: Stopping): readonly Ask[] {
  const ending = { status: 'cancelled', reason, failedBy: null, terminatedBy: null, startsFailureWorkflow } as const
  const turn = new Turn(view, context)
  endExecution(turn, ending, { tellsParent })
  forgetBook(view)
  return turn.asks
}
