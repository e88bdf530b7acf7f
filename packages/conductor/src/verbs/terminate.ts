import { type Ask, type Context, refuse, type Refusal } from '@busbar/kernel'
import { forgetBook } from '../decide/book.js'
import type { ConductorView } from '../decide/task.js'
import { endExecution } from '../decide/end.js'
import { Turn } from '../decide/turn.js'

/** Ends it without its failure workflow. What had failed or timed out counts as terminated from now on. */
export function terminate(view: ConductorView, reason: string | null, context: Context): Refusal | readonly Ask[] {
  if (view.status === 'completed') return refuse('conflict', 'Cannot terminate a COMPLETED workflow.')
  return view.status === 'cancelled' ? [] : stop(view, reason, context, { tellsParent: true })
}

/** The parent has ended: so does this one, and it has nobody left to tell. */
export function parentEnded(view: ConductorView, reason: string, context: Context): readonly Ask[] {
  return view.isTerminal ? [] : stop(view, reason, context, { tellsParent: false })
}

function stop(view: ConductorView, reason: string | null, context: Context, { tellsParent }: { readonly tellsParent: boolean }): readonly Ask[] {
  const ending = { status: 'cancelled', reason, failedBy: null, terminatedBy: null, startsFailureWorkflow: false } as const
  const turn = new Turn(view, context)
  endExecution(turn, ending, { tellsParent })
  forgetBook(view)
  return turn.asks
}
