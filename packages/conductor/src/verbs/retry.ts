/** An operator's retry of an execution that ended (conductor-semantics.md §9.1). */
import { type Ask, type Context, refuse, type Refusal } from '@busbar/kernel'
import type { ConductorCommand } from '../commands.js'
import { tellParent } from '../decide/end.js'
import { retryDraft } from '../decide/after-end.js'
import { forgetBook, joinedKeys, nodeOf } from '../decide/book.js'
import type { ConductorView, Task } from '../decide/task.js'
import type { Draft } from '../decide/draft.js'
import { Turn } from '../decide/turn.js'
import { withStoredInput } from '../payload/task-input.js'
import { isUnsuccessful, workflowStatus } from '../wire/status.js'
import { pushParent } from './push-parent.js'
import { reopen, runAgain } from './run-again.js'

type Retry = Extract<ConductorCommand, { kind: 'retry' }>
type Retried = { readonly kind: 'done' } | { readonly kind: 'ask'; readonly asks: readonly Ask[] } | Refusal

export function retry(view: ConductorView, { resumeSubworkflowTasks, upTo }: Retry, context: Context): Retried {
  if (!view.isTerminal) return refuse('missing', `Workflow is still running.  status=${workflowStatus(view.status)}`)
  if (view.size === 0) return refuse('conflict', 'Workflow has not started yet')
  const child = resumeSubworkflowTasks ? failedChild(view) : null
  if (child !== null) {
    // The deepest failed child is retried; each level above hears of it and goes on.
    view.send(child, { kind: 'command', command: { kind: 'retry', resumeSubworkflowTasks: true, descended: true, ...(upTo !== undefined && { upTo }) } })
    return { kind: 'done' }
  }
  const { inPlace, again } = candidates(view)
  if (inPlace.length + again.length === 0 && view.status !== 'timedOut') {
    return refuse('conflict', 'There are no retryable tasks! Use restart if you want to attempt entire workflow execution again.')
  }
  const turn = new Turn(view, context)
  const drafts = again
    .filter(task => !runsInPlace(task))
    .map(task => withStoredInput(turn, withoutReason(retryDraft(turn, task, { delaySeconds: 0, delayMs: 0 }))))
  if (turn.asks.length > 0) return { kind: 'ask', asks: turn.asks }
  runAgain(view, context.now)
  for (const task of inPlace) reopen(view, task, context.now)
  const inputs = new Map(drafts.map(draft => [draft.key, draft.data.input]))
  for (const task of again) {
    if (runsInPlace(task)) reopen(view, task, context.now, { number: task.number + 1 })
    else view.amend(task.ordinal, { ...task.data, ...inputOf(inputs, task), retried: true, executed: true })
  }
  forgetBook(view)
  const fresh = new Turn(view, context)
  for (const draft of drafts) fresh.open({ ...draft, data: { ...draft.data, updatedAt: context.now } })
  pushParent(view, 'retried', { upTo })
  return { kind: 'done' }
}

/** Nothing can be tried again here, but somebody above counts on it: the one above tries itself, or hears how its child stands. */
export function passUp(view: ConductorView, { descended, upTo }: Retry): void {
  const { parent } = view.execution
  if (parent === null || !view.isTerminal || (descended !== true && upTo === undefined)) return
  if (parent.execution === upTo) return tellParent(view)
  const command: Retry = { kind: 'retry', resumeSubworkflowTasks: false, ...(upTo !== undefined && { upTo }) }
  view.send(parent.execution, { kind: 'command', command: { ...command } })
}

function withoutReason(draft: Draft): Draft {
  const { reason: _, ...data } = draft.data
  return { ...draft, data }
}

/** The original evaluates the input of the new attempt into the old one's as well. */
function inputOf(inputs: ReadonlyMap<string, Task['data']['input']>, task: Task): Pick<Task['data'], 'input'> {
  const input = inputs.get(task.key)
  return input === undefined || task.data.inputPath !== undefined ? {} : { input }
}

/** The child of the first task whose newest attempt ended unsuccessfully. */
function failedChild(view: ConductorView): NonNullable<Task['data']['child']> | null {
  for (const task of view.activities()) {
    if (hasFailed(task)) return task.data.type === 'SUB_WORKFLOW' ? (task.data.child ?? null) : null
  }
  return null
}

/** The last task of each reference name, when it ended unsuccessfully. */
function candidates(view: ConductorView): { readonly inPlace: Task[]; readonly again: Task[] } {
  const inPlace: Task[] = []
  const again: Task[] = []
  for (const task of view.activities()) {
    if (!hasFailed(task)) continue
    if (wasCutOff(task) || waitsForPermissive(view, task)) inPlace.push(task)
    else again.push(task)
  }
  return { inPlace, again }
}

export function hasFailed(task: Task): boolean {
  return task.state.kind === 'closed' && isUnsuccessful(task.state.outcome)
}

/** Cancelled with the execution: it simply goes on. */
export function wasCutOff(task: Task): boolean {
  return task.state.kind === 'closed' && task.state.outcome === 'cancelled' && (task.data.type === 'JOIN' || task.data.type === 'DO_WHILE')
}

function runsInPlace(task: Task): boolean {
  return task.data.type === 'DO_WHILE' || task.data.type === 'JOIN' || task.data.type === 'EXCLUSIVE_JOIN'
}

function waitsForPermissive(view: ConductorView, join: Task): boolean {
  if (join.data.type !== 'JOIN' && join.data.type !== 'EXCLUSIVE_JOIN') return false
  return joinedKeys(view, join).some(key => {
    const joined = view.newest(key as Task['key'])
    const definition = joined && nodeOf(view, joined)?.task
    return joined !== undefined && hasFailed(joined) && definition?.permissive === true && !definition.optional
  })
}
