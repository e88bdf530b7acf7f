import { type Answer, type Ask, type Context, type Instant, refuse, type Refusal } from '@busbar/kernel'
import { forgetBook, planOf } from '../decide/book.js'
import type { ConductorView } from '../decide/task.js'
import { prepareDefinition } from '../start/prepare-definition.js'
import { workflowStatus } from '../wire/status.js'
import { pushParent } from './push-parent.js'
import { titleOf } from './pause.js'

type Restarted = { readonly kind: 'done' } | { readonly kind: 'ask'; readonly asks: readonly Ask[] } | Refusal

/** From the beginning under the same id: input, variables and the names of what had failed stay. */
export function restart(view: ConductorView, useLatestDefinitions: boolean, context: Context): Restarted {
  const status = workflowStatus(view.status)
  if (!view.isTerminal) return refuse('conflict', `Workflow: ${titleOf(view)}.${status} is not in terminal state, unable to restart.`)
  const { def } = planOf(view)
  if (view.status === 'completed' && !def.restartable) return refuse('missing', `Workflow: ${titleOf(view)}.${status} is non-restartable`)
  if (useLatestDefinitions) {
    const prepared = prepareDefinition({ name: def.name, version: null }, context.answers as ReadonlyMap<string, Answer>)
    if (prepared.kind !== 'prepared') return prepared
    view.setBrief({ ...view.brief, definition: prepared.snapshot })
    view.replan(view.execution.definition, planOf(view), String(prepared.def.version))
  }
  beginAgain(view, context.now)
  pushParent(view, 'restarted')
  return { kind: 'done' }
}

/** Forgets all tasks. */
export function beginAgain(view: ConductorView, now: Instant): void {
  const { status } = view.execution
  for (const task of [...view.attempts()]) view.remove(task.ordinal)
  const { output: _output, outputPath: _path, reason: _reason, lastRetriedTime: _retried, reran: _reran, begun: _begun, ...kept } = view.state
  view.setState({ ...kept, before: { status }, ...(view.lastOrdinal > 0 && { forgotten: view.lastOrdinal }) })
  view.setStatus('running', now)
  view.setCreatedAt(now)
  forgetBook(view)
}
