import type { Instant, JsonObject } from '@busbar/kernel'
import { nodeOf } from '../decide/book.js'
import type { ConductorView, Task } from '../decide/task.js'
import { workflowDeadline } from '../decide/timeouts.js'
import { timersOf } from '../decide/timers.js'
import type { State, TaskData } from '../types.js'

/**
 * The execution runs again after its end: the reason of its failure is cleared, its time-out counts anew. Its output and
 * the time of its end stand until it ends again.
 */
export function runAgain(view: ConductorView, now: Instant, { forgetsFailures = false, isRerun = false } = {}): void {
  const { reason: _reason, reran: _reran, ...rest } = view.state
  const { failedRefs: _refs, failedNames: _names, ...cleared } = rest
  view.setState({ ...(forgetsFailures || isRerun ? cleared : rest), ...(isRerun && { reran: true }), before: beforeOf(view), lastRetriedTime: now })
  view.setStatus('running', now)
  view.wakeAt(workflowDeadline({ view }))
}

/** How it stood, for when it runs again. */
export function beforeOf({ execution }: ConductorView): NonNullable<State['before']> {
  return { status: execution.status, ...(execution.endedAt !== null && { endedAt: execution.endedAt }) }
}

interface Reopening {
  readonly number?: number
  readonly input?: JsonObject
  /** Its own fields to keep; by default none of those that tell how it ended. */
  readonly keep?: Partial<TaskData>
}

/** The same task begins again: workers' tasks go back to their queue, the engine's own are open. */
export function reopen(view: ConductorView, task: Task, now: Instant, { number, input, keep }: Reopening = {}): void {
  const {
    output: _output,
    outputPath: _path,
    reason: _reason,
    executed: _executed,
    retried: _retried,
    callbackAfterSeconds: _callback,
    startDelay: _delay,
    shown: _shown,
    sent: _sent,
    ...rest
  } = task.data
  const { child: _child, awaits: _awaits, workerId: _worker, updatedAt: _updated, ...kept } = rest
  const data = input === undefined ? kept : withInput(kept, input)
  const fresh: TaskData = { ...data, ...(task.queue !== null && { updatedAt: now }), ...keep }
  const definition = nodeOf(view, task)?.task.taskDefinition ?? null
  const wakeAt = task.queue === null ? null : timersOf(definition, fresh, now).wakeAt
  view.reopen(task.ordinal, { data: fresh, wakeAt, ...(number !== undefined && { number }) }, now)
}

/** In place of what it had, wherever that was kept. */
function withInput({ inputPath: _, ...data }: TaskData, input: JsonObject): TaskData {
  return { ...data, input }
}
