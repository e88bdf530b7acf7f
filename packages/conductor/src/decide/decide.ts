/**
 * A decision, in rounds like the original's (conductor-semantics.md §3.1), but without looking at all tasks: a round
 * takes the ended tasks on the agenda, opens what follows them, and looks at the engine's own tasks that could move.
 *
 * D1. A round opens nothing before all its questions are answered, so tasks open in the same order whatever is asked.
 * D2. Deciding again without news changes nothing.
 */
import type { Ask, Context } from '@busbar/kernel'
import { isUnsuccessful, taskStatus } from '../wire/status.js'
import { endingOf } from '../tasks/terminate.js'
import { ruleOf } from '../tasks/rules-by-type.js'
import { mayBegin } from '../gate/begin-execution.js'
import { decideGate, isGate } from '../gate/gate.js'
import { decideSchedule } from '../schedule/decide-schedule.js'
import { isSchedule } from '../schedule/schedule.js'
import { afterEnd, type AfterEnd } from './after-end.js'
import { loopKeyOf, nodeOf, planOf } from './book.js'
import type { ConductorView, Task } from './task.js'
import { endExecution, finalOutput } from './end.js'
import { Mapping } from './mapping.js'
import { awaitsMock } from './test-run.js'
import { outputProblem } from '../schema/enforce.js'
import { checkTimeouts, workflowDeadline } from './timeouts.js'
import { Turn } from './turn.js'
import type { Ending } from './ending.js'

/** Tasks opened in one decision; what is left follows at once in the next, so that an endless loop lets others in. */
const openedMax = 1000

export function decide(view: ConductorView, context: Context): readonly Ask[] {
  if (view.isTerminal) return []
  if (isSchedule(view)) return decideSchedule(view, context)
  if (isGate(view)) {
    decideGate(view, context.now)
    return []
  }
  const turn = new Turn(view, context)
  if (turn.book.timersDue) checkTimeouts(turn)
  if (turn.book.ending !== null) return end(turn, turn.book.ending)
  if (view.status === 'paused') return []
  if (view.state.begun !== true && !begin(turn)) return turn.asks
  // Questions of the engine's own tasks come before what follows those that needed none (D1).
  if (turn.book.isAsking) lookAtRunnable(turn)
  if (turn.asks.length > 0) return turn.asks
  for (;;) {
    if (turn.book.ending !== null) return end(turn, turn.book.ending)
    if (turn.opened > openedMax) {
      view.wakeAt(turn.now)
      return []
    }
    processAgenda(turn)
    if (turn.book.ending === null && turn.asks.length === 0) lookAtRunnable(turn)
    if (turn.asks.length > 0) return turn.asks
    if (turn.book.agenda.size === 0 && turn.book.runnable.size === 0 && turn.book.ending === null) return isComplete(turn) ? complete(turn) : []
  }
}

/** Schedules the first task. False: a question stands in the way. */
function begin(turn: Turn): boolean {
  const { view } = turn
  if (!mayBegin(turn)) return false
  const mapping = new Mapping(turn, ruleOf)
  mapping.scheduleFrom(planOf(view).top[0]?.ref ?? null, '')
  if (turn.asks.length > 0) return false
  if (mapping.ending !== null) turn.book.ending = mapping.ending
  else for (const draft of mapping.drafts) turn.open(draft)
  view.setState({ ...view.state, begun: true })
  view.wakeAt(workflowDeadline(turn))
  return true
}

/** Finds what follows every ended task, then opens it. */
function processAgenda(turn: Turn): void {
  const { book, view } = turn
  if (book.agenda.size === 0) return
  turn.tolerated.length = 0
  turn.settled.length = 0
  const mapping = new Mapping(turn, ruleOf)
  const steps: { readonly task: Task; readonly after: AfterEnd }[] = []
  for (const ordinal of [...book.agenda].sort((a, b) => a - b)) {
    const task = view.attempt(ordinal)
    if (task === undefined || task.state.kind !== 'closed') {
      book.agenda.delete(ordinal)
      continue
    }
    const after = afterEnd(turn, task)
    if (after.kind === 'end') {
      book.ending ??= after.ending
      break
    }
    if (after.kind === 'tolerate') turn.tolerate(task)
    steps.push({ task, after })
    if (after.kind === 'retry') mapping.push(after.draft)
    else scheduleSuccessor(turn, mapping, task)
  }
  if (turn.asks.length > 0) return
  book.ending ??=
    terminatedBy(
      turn,
      steps.map(step => step.task),
    ) ?? mapping.ending
  for (const { task, after } of steps) apply(turn, task, after)
  if (book.ending === null) for (const draft of mapping.drafts) turn.open(draft)
}

function scheduleSuccessor(turn: Turn, mapping: Mapping, task: Task): void {
  const node = nodeOf(turn.view, task)
  if (node === null || (isChoice(task) && task.data.input?.['hasChildren'] !== undefined)) return
  const suffix = task.data.suffix ?? ''
  // All of these exist already, unless a rerun removed some of them.
  if (task.data.type === 'FORK') for (const branch of node.task.forkTasks) mapping.scheduleFrom(branch[0]?.taskReferenceName ?? null, suffix)
  mapping.scheduleFrom(node.next, suffix)
}

/** The chosen branch was scheduled together with it. */
function isChoice(task: Task): boolean {
  return task.data.type === 'SWITCH' || task.data.type === 'DECISION'
}

/** Where it would complete the execution, a permissive failure before it counts all the same. */
function terminatedBy(turn: Turn, ended: readonly Task[]): Ending | null {
  const task = ended.find(one => one.data.type === 'TERMINATE' && one.state.kind === 'closed' && one.state.outcome === 'completed')
  if (task === undefined) return null
  const ending = endingOf(task)
  const failure = ending.status === 'completed' ? permissiveFailure(turn) : null
  return failure === null ? ending : { ...failure, terminatedBy: task }
}

function apply(turn: Turn, task: Task, after: AfterEnd): void {
  switch (after.kind) {
    case 'retry':
      return turn.retire(task)
    case 'tolerate':
      return turn.settle(task)
    case 'goOn':
      turn.settle(task)
      return failLoopOf(turn, task)
    case 'end':
      return
  }
}

/** A permissive task that failed in a loop's body fails the loop at once. */
function failLoopOf(turn: Turn, task: Task): void {
  if (task.state.kind !== 'closed' || !isUnsuccessful(task.state.outcome)) return
  const key = loopKeyOf(nodeOf(turn.view, task), task)
  const loop = key === null ? undefined : turn.view.newest(key as Task['key'])
  if (loop?.state.kind === 'held') turn.close(loop, 'failed', { reason: `${task.data.reason ?? ''} ` })
}

function lookAtRunnable(turn: Turn): void {
  const { book, view } = turn
  const before = turn.asks.length
  for (const ordinal of [...book.runnable].sort((a, b) => a - b)) {
    if (turn.opened > openedMax) return
    if (turn.isBlind) break
    const task = view.attempt(ordinal)
    const { unanswered } = turn
    const node = task && nodeOf(view, task)
    if (task?.state.kind === 'held' && node && !awaitsMock(view, task.data.type)) ruleOf(task.data.type).look?.(turn, task, node, new Mapping(turn, ruleOf))
    if (turn.unanswered === unanswered) book.runnable.delete(ordinal)
  }
  book.isAsking = turn.asks.length > before
}

// ── The end ──

/** Nothing is open, nothing is to come, and every task of the top level has ended (conductor-semantics.md §3.3). */
function isComplete({ view, book }: Turn): boolean {
  if (view.openCount > 0 || book.agenda.size > 0) return false
  return planOf(view).top.every(node => view.newest(node.ref as Task['key']) !== undefined)
}

function complete(turn: Turn): readonly Ask[] {
  turn.restoreTolerated()
  turn.restoreSettled()
  return end(turn, permissiveFailure(turn) ?? completed)
}

const completed: Ending = { status: 'completed', reason: null, failedBy: null, terminatedBy: null, startsFailureWorkflow: false }

/** Permissive tasks that ended unsuccessfully fail the execution at its very end. */
function permissiveFailure(turn: Turn): Ending | null {
  const failed: Task[] = []
  for (const task of turn.view.activities()) {
    const definition = nodeOf(turn.view, task)?.task
    if (definition?.permissive && !definition.optional && task.state.kind === 'closed' && isUnsuccessful(task.state.outcome)) failed.push(task)
  }
  const [first] = failed
  if (first === undefined) return null
  const reason = failed.map(task => `Task ${task.id} failed with status: ${taskStatus(task)} and reason: '${task.data.reason ?? 'null'}'`).join('. ')
  return { status: 'failed', reason, failedBy: null, terminatedBy: null, startsFailureWorkflow: true }
}

function end(turn: Turn, given: Ending): readonly Ask[] {
  const ending = unlessUnfit(turn, given)
  turn.book.ending = ending
  endExecution(turn, ending)
  return turn.asks
}

/** A workflow that completes with an output that its schema does not allow has failed. */
function unlessUnfit(turn: Turn, ending: Ending): Ending {
  const { def } = planOf(turn.view)
  if (ending.status !== 'completed' || def.outputSchema === null) return ending
  const problem = outputProblem(def, finalOutput(turn, ending))
  return problem === null || turn.isBlind ? ending : { ...ending, status: 'failed', reason: problem, startsFailureWorkflow: true }
}
