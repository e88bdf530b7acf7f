/** An operator's rerun from the start or from a task (conductor-semantics.md §9.2). */
import { type AttemptId, type Context, executionIdOf, type Instant, ordinalOf, refuse, type Refusal } from '@busbar/kernel'
import type { ConductorCommand } from '../commands.js'
import { forgetBook, loopKeyOf, nodeNamed, nodeOf } from '../decide/book.js'
import type { ConductorView, Task } from '../decide/task.js'
import type { State } from '../types.js'
import { workflowStatus } from '../wire/status.js'
import { titleOf } from './pause.js'
import { pushParent } from './push-parent.js'
import { beginAgain } from './restart.js'
import { hasFailed } from './retry.js'
import { beforeOf, reopen, runAgain } from './run-again.js'

type Rerun = Extract<ConductorCommand, { kind: 'rerun' }>

export function rerun(view: ConductorView, command: Rerun, context: Context): Refusal | null {
  if (!view.isTerminal) {
    return refuse('conflict', `Workflow: ${titleOf(view)}.${workflowStatus(view.status)} is not in terminal state, unable to rerun.`)
  }
  if (command.fromTask === null) {
    renew(view, command)
    const { execution, state } = view
    const before = beforeOf(view)
    beginAgain(view, context.now)
    view.setCreatedAt(execution.createdAt)
    runAgain(view, context.now, { isRerun: true })
    view.setState({ ...view.state, before, ...outputOf(state) })
    pushParent(view, 'reran')
    return null
  }
  const target = executionIdOf(command.fromTask) === view.id ? view.attempt(ordinalOf(command.fromTask)) : undefined
  if (target === undefined) return rerunInChild(view, command, command.fromTask)
  renew(view, command)
  runAgain(view, context.now, { isRerun: true })
  rerunFrom(view, target, command, context.now)
  forgetBook(view)
  pushParent(view, 'reran')
  return null
}

function outputOf({ output, outputPath }: State): Pick<State, 'output' | 'outputPath'> {
  return { ...(output !== undefined && { output }), ...(outputPath !== undefined && { outputPath }) }
}

function renew(view: ConductorView, { workflowInput, correlationId }: Rerun): void {
  if (workflowInput === null && correlationId === null) return
  const { inputPath, ...brief } = view.brief
  const given = workflowInput !== null ? { input: workflowInput } : inputPath !== undefined ? { inputPath } : {}
  view.setBrief({ ...brief, ...given, ...(correlationId !== null && { correlationId }) })
}

/** The task is in a child, or deeper: that one runs again from there, and each one above hears of it. */
function rerunInChild(view: ConductorView, command: Rerun, fromTask: AttemptId): Refusal | null {
  const [child, ...path] = command.path
  for (const task of view.attempts()) {
    if (task.data.type !== 'SUB_WORKFLOW' || task.data.child === undefined || task.data.child !== child) continue
    renew(view, command)
    view.send(child, { kind: 'command', command: { ...command, path, workflowInput: null, correlationId: null } })
    return null
  }
  return refuse('invalid', `Task ${fromTask} not found`)
}

function rerunFrom(view: ConductorView, target: Task, { taskInput }: Rerun, now: Instant): void {
  const input = taskInput === null ? {} : { input: taskInput }
  if (target.data.type === 'SUB_WORKFLOW') return rerunChildTask(view, target, input, now)
  for (const task of [...view.attempts()]) if (task.ordinal > target.ordinal || isOfLaterRound(view, target, task)) view.remove(task.ordinal)
  if (isMappedAtOnce(target)) view.remove(target.ordinal)
  else reopen(view, target, now, input)
  reopenLoops(view, target, now)
  reopenSiblings(view, target, now)
  followAgain(view)
}

/** A fresh child when the old one ended unsuccessfully; else the old one's output stands and nothing runs again. */
function rerunChildTask(view: ConductorView, target: Task, input: { readonly input?: Task['data']['input'] & object }, now: Instant): void {
  // What came after it stays, except in a loop, whose later rounds come again.
  const isInLoop = target.data.suffix !== undefined
  for (const task of [...view.attempts()]) {
    const isLater = task.ordinal > target.ordinal && (isInLoop || task.key === target.key)
    if (isLater || isOfLaterRound(view, target, task)) view.remove(task.ordinal)
  }
  if (hasFailed(target) || target.state.kind !== 'closed') reopen(view, target, now, input)
  reopenLoops(view, target, now)
  reopenSiblings(view, target, now)
  if (isInLoop) followAgain(view)
}

/** What a decision opens and closes in one breath is decided anew, and what an operator skipped is done after all. */
function isMappedAtOnce(task: Task): boolean {
  return task.data.skipped === true || ['FORK', 'SWITCH', 'DECISION'].includes(task.data.type)
}

/** The loops around the target go on in its iteration. */
function reopenLoops(view: ConductorView, target: Task, now: Instant): void {
  let inner: Task | undefined = target
  while (inner !== undefined) {
    const key: string | null = loopKeyOf(nodeOf(view, inner), inner)
    const loop: Task | undefined = key === null ? undefined : view.newest(key as Task['key'])
    if (loop !== undefined) {
      const iteration = iterationWithin(inner)
      if (loop.state.kind === 'closed') reopen(view, loop, now, { keep: { iteration } })
      else view.amend(loop.ordinal, { ...loop.data, iteration })
    }
    inner = loop
  }
}

/** A later round of a loop around the target, though maybe opened before it: the target may have been tried again meanwhile. */
function isOfLaterRound(view: ConductorView, target: Task, task: Task): boolean {
  const [rounds, others] = [roundsOf(view, target), roundsOf(view, task)]
  for (const [level, { loop, round }] of rounds.entries()) {
    const other = others[level]
    if (other === undefined || other.loop !== loop || other.round < round) return false
    if (other.round > round) return true
  }
  return false
}

/** The loops around a task, the outermost first, and in which round of each it is. */
function roundsOf(view: ConductorView, task: Task): readonly { readonly loop: string; readonly round: number }[] {
  const loops: string[] = []
  for (let loop = nodeOf(view, task)?.loop ?? null; loop !== null; loop = loop.loop) loops.unshift(loop.ref)
  const numbers = (task.data.suffix ?? '').split('__').slice(1)
  return loops.map((loop, level) => ({ loop, round: Number(numbers[level] ?? 0) }))
}

function iterationWithin(task: Task): number {
  const suffix = task.data.suffix ?? ''
  return Number(suffix.slice(suffix.lastIndexOf('__') + 2))
}

/** Whatever else had ended unsuccessfully runs again as well. */
function reopenSiblings(view: ConductorView, target: Task, now: Instant): void {
  for (const task of [...view.activities()]) {
    if (task.ordinal === target.ordinal || !hasFailed(task)) continue
    const keep = task.data.iteration === undefined ? {} : { keep: { iteration: task.data.iteration } }
    reopen(view, task, now, keep)
  }
}

/** Tasks whose successors were removed with the rest lead to them again. */
function followAgain(view: ConductorView): void {
  if (view.size === 0) {
    const { begun: _, ...state } = view.state
    view.setState(state)
  }
  forgetBook(view)
  for (const task of [...view.attempts()]) {
    const node = nodeOf(view, task)
    if (task.data.executed !== true || node === null || hasFailed(task) || task.data.retried === true) continue
    const suffix = task.data.suffix ?? ''
    const next = [node.next, ...node.task.forkTasks.map(branch => branch[0]?.taskReferenceName ?? null)]
    const isMissing = (ref: string | null) => ref !== null && nodeNamed(view, ref, suffix) !== null && view.newest((ref + suffix) as Task['key']) === undefined
    if (!next.some(isMissing)) continue
    const { executed: _, ...data } = task.data
    view.amend(task.ordinal, data)
  }
}
