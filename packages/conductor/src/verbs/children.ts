/** News of children, as they arrive at the task that started them (conductor-semantics.md §9.3, §9.4). */
import { type Instant, isOpen, ordinalOf, type AttemptId } from '@busbar/kernel'
import type { ConductorCommand } from '../commands.js'
import { bookOf, forgetBook, nodeOf } from '../decide/book.js'
import type { ConductorView, Task } from '../decide/task.js'
import { noteClosed } from '../decide/turn.js'
import { cutReason } from '../wire/task.js'
import { titleOf } from './pause.js'
import { hasFailed, wasCutOff } from './retry.js'
import { reopen, runAgain } from './run-again.js'

type News<Kind extends ConductorCommand['kind']> = Extract<ConductorCommand, { kind: Kind }>

export function childEnded(view: ConductorView, news: News<'childEnded'>, now: Instant): void {
  const task = ownerOf(view, news.attempt, news.child)
  if (task === undefined) return
  const own = { subWorkflowId: news.child }
  // A child that ended with a child of its own gives on that one's id: as the original has it, unless its failure ends the parent.
  const endsParent = news.status !== 'completed' && nodeOf(view, task)?.task.optional !== true
  const output = {
    output: endsParent ? { ...task.data.output, ...news.output, ...own } : { ...task.data.output, ...own, ...news.output },
    ...(news.outputPath !== undefined && { outputPath: news.outputPath }),
  }
  if (!isOpen(task)) {
    // A child that was retried after its optional task was passed over.
    if (task.state.kind !== 'closed' || task.state.outcome !== 'tolerated' || news.status !== 'completed') return
    view.reclose(task.ordinal, 'completed', now, { ...task.data, ...output })
    return
  }
  // Made before the task is closed: one that has successors already counts as open until now.
  const book = bookOf(view)
  const { changed: _, ...data } = task.data
  // Whole: the wire shows the beginning of a task's reason, but a workflow's as it is.
  const reason = `Sub workflow ${news.title}/${news.child} failure reason: ${news.reason}`
  view.close(task.ordinal, news.status, { kind: 'engine' }, now, { ...data, ...output, ...(news.status !== 'completed' && { reason }) })
  noteClosed(book, task)
}

export function childRefused(view: ConductorView, news: News<'childRefused'>, now: Instant): void {
  const task = ownerOf(view, news.attempt, news.child)
  if (task === undefined || !isOpen(task)) return
  const book = bookOf(view)
  const { child: _, awaits: _awaits, output: __, ...data } = task.data
  view.close(task.ordinal, 'failed', { kind: 'engine' }, now, { ...data, reason: cutReason(news.reason) ?? '' })
  noteClosed(book, task)
}

/** The child runs again: so does its task, this execution, and what was cut off with it. Returns whether the parents are to hear of it. */
export function childResumed(view: ConductorView, news: News<'childResumed'>, now: Instant): { readonly title: string } | null {
  const task = ownerOf(view, news.attempt, news.child)
  if (task === undefined || isOpen(task) || task.data.retried === true || nodeOf(view, task)?.task.optional) return null
  const { data } = task
  const keep = {
    child: news.child,
    changed: true as const,
    ...(data.output !== undefined && { output: data.output }),
    ...(data.executed && { executed: data.executed }),
  }
  reopen(view, task, now, { keep })
  view.note({ source: task.id, stream: 'log', at: now, text: `Sub workflow ${news.title} ${news.verb}.` })
  if (view.isTerminal) {
    runAgain(view, now, { forgetsFailures: true })
    resumeSiblings(view, task, now)
  }
  forgetBook(view)
  return { title: `${titleOf(view)} -> ${news.title}` }
}

function resumeSiblings(view: ConductorView, owner: Task, now: Instant): void {
  for (const task of [...view.activities()]) {
    if (task.ordinal === owner.ordinal || !hasFailed(task) || task.state.kind !== 'closed') continue
    if (wasCutOff(task)) reopen(view, task, now)
    else if (task.data.type === 'SUB_WORKFLOW') resumeChild(view, task, now)
    else if (task.state.outcome === 'cancelled') reopen(view, task, now, { number: task.number + 1 })
  }
}

function resumeChild(view: ConductorView, task: Task, now: Instant): void {
  const { child, output } = task.data
  if (child === undefined) return reopen(view, task, now)
  reopen(view, task, now, { keep: { child, ...(output !== undefined && { output }) } })
  view.send(child, { kind: 'command', command: { kind: 'retry', resumeSubworkflowTasks: true, upTo: view.id } })
}

/** Undefined when the task is gone, or runs another child by now. */
function ownerOf(view: ConductorView, attempt: AttemptId, child: Task['data']['child'] & string): Task | undefined {
  const task = view.attempt(ordinalOf(attempt))
  return task !== undefined && (task.data.child === child || task.data.awaits === child) ? task : undefined
}
