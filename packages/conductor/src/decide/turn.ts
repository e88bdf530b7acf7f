/** One decision under way: the view, the moment, the answers at hand and the questions that came up. */
import type { Answer, Ask, ExecutionStatus, Instant, Outcome } from '@busbar/kernel'
import { jsonSize } from '../payload/json-size.js'
import { isMissing, load, type ReadPayload, tooLargeForTask } from '../payload/outside.js'
import { queueOf } from '../queue.js'
import { taskInputProblem } from '../schema/enforce.js'
import { type ConductorContext, type Settings, settingsOf } from '../settings.js'
import type { TaskData } from '../types.js'
import { awaitJoined, type Book, bookOf, count, nodeOf, remember, tellJoins } from './book.js'
import type { ConductorView, Task } from './task.js'
import { taskLimitsOf } from '../gate/limits.js'
import { askToEnter } from '../gate/pass.js'
import type { Draft } from './draft.js'
import { armAgain } from './task-limits.js'
import { awaitsMock } from './test-run.js'
import { effectTimersOf, timersOf } from './timers.js'
import { noteOpening } from './untouched.js'

export class Turn {
  readonly asks: Ask[] = []
  /** How often an answer was not at hand. Two tasks with the same question add one to `asks`, and two here. */
  unanswered = 0
  /** Tasks opened in this turn: the bound of one decision. */
  opened = 0
  /** Optional tasks whose failure was passed over in this round, with what they had ended as. */
  readonly tolerated: { readonly task: Task; readonly outcome: Outcome }[] = []
  /** Tasks whose successors were found in this round. */
  readonly settled: number[] = []
  /** A payload that is kept outside was looked at and is not there yet: what is evaluated now is worth nothing (P1). */
  isBlind = false
  /**
   * From a SET_VARIABLE on, expressions of the same decision read the id of a task's own child; before it, and in later decisions, the one
   * that the child gave on (verbs/children.ts). So recorded.
   */
  readsOwnChildren = false
  /** How the execution ends without success: what is evaluated for its end reads that status already. */
  endsAs: ExecutionStatus | null = null
  readonly book: Book
  readonly view: ConductorView
  readonly context: ConductorContext

  constructor(view: ConductorView, context: ConductorContext) {
    this.view = view
    this.context = context
    this.book = bookOf(view)
  }

  get settings(): Settings {
    return settingsOf(this.context)
  }

  get now(): Instant {
    return this.context.now
  }

  /** The answer, or null: then the question is asked, and the decision is made again with its answer. */
  answer(ask: Ask): Answer | null {
    const answer = this.context.answers.get(ask.key)
    if (answer !== undefined) return answer
    this.unanswered += 1
    if (this.isBlind && ask.kind !== 'payload') return null
    if (!this.asks.some(one => one.key === ask.key)) this.asks.push(ask)
    return null
  }

  /** What is kept outside; empty until it is there. */
  readonly read: ReadPayload = path => {
    const found = load(path, ask => this.answer(ask))
    if (found === undefined) this.isBlind = true
    if (found === null) this.book.ending ??= { status: 'failed', reason: isMissing(path), failedBy: null, terminatedBy: null, startsFailureWorkflow: true }
    return found ?? {}
  }

  /** Opens the task unless this try of it exists already. */
  open(draft: Draft): void {
    const key = draft.key as Task['key']
    const existing = this.view.newest(key)
    if (existing !== undefined && existing.number >= draft.number) return
    this.opened += 1
    const { now, view, book } = this
    if (this.opened === 1) view.touch(now)
    noteOpening(view, draft.data.type)
    const task = view.open({ key, number: draft.number, data: draft.data, ...this.#placeOf(draft) }, now)
    remember(book, view, task)
    count(book, draft.node, task, 1)
    if (draft.closed !== null) return this.close(task, draft.closed, {})
    const unfit = draft.data.inputPath !== undefined ? null : taskInputProblem(draft.node?.task.taskDefinition ?? null, draft.data.input)
    if (unfit !== null) return this.close(task, 'failedFinally', { reason: unfit })
    awaitJoined(book, view, task)
    if (task.queue !== null) {
      const definition = draft.node?.task.taskDefinition ?? null
      const limits = taskLimitsOf(definition)
      const notBefore = (now + draft.delayMs) as Instant
      if (definition !== null && limits !== null) askToEnter(view, task, definition.name, limits, notBefore, now)
      return
    }
    book.runnable.add(task.ordinal)
    const definition = draft.node?.task.taskDefinition
    if (definition) armAgain(this, task, definition)
  }

  #placeOf(draft: Draft): { queue: Task['queue']; priority?: number; leaseMs?: number | null; notBefore?: Instant; wakeAt?: Instant | null } {
    if (draft.how === 'engine' || awaitsMock(this.view, draft.data.type)) return { queue: null, wakeAt: draft.wakeAt }
    const notBefore = (this.now + draft.delayMs) as Instant
    const priority = this.view.brief.priority ?? 0
    const definition = draft.node?.task.taskDefinition ?? null
    if (draft.how === 'effect') {
      const timers = effectTimersOf(definition, draft.data, this.now)
      return { queue: draft.queue, priority, notBefore, ...timers, wakeAt: draft.wakeAt ?? timers.wakeAt }
    }
    const { leaseMs, wakeAt } = timersOf(definition, draft.data, this.now)
    return { queue: queueOf(draft.data.type, draft.data.domain ?? null), priority, leaseMs, notBefore, wakeAt }
  }

  amend(task: Task, patch: Partial<TaskData>): void {
    this.view.amend(task.ordinal, { ...this.#fresh(task).data, ...patch })
  }

  /** Ends an open task; its successors are found in the next round. */
  close(task: Task, outcome: Outcome, patch: Partial<TaskData>): void {
    const { view, book } = this
    const { taskMax: max } = this.settings.payloads
    const size = patch.output === undefined ? 0 : jsonSize(patch.output, max * 4)
    const tooLarge = size > max ? { output: {}, reason: tooLargeForTask(task.id, view.id, { size, max }) } : null
    view.close(task.ordinal, tooLarge === null ? outcome : 'failedFinally', { kind: 'engine' }, this.now, { ...this.#fresh(task).data, ...patch, ...tooLarge })
    noteClosed(book, task)
  }

  /** Its successors exist now, or there are none. */
  settle(task: Task): void {
    this.amend(task, { executed: true })
    this.settled.push(task.ordinal)
    this.#leave(task)
    tellJoins(this.book, this.view, task.key)
  }

  /** Its failure is passed over: it is optional. */
  tolerate(task: Task): void {
    if (task.state.kind !== 'closed') return
    this.tolerated.push({ task, outcome: task.state.outcome })
    this.view.reclose(task.ordinal, 'tolerated', this.now)
  }

  /** The execution completes in the round that passed them over: the original shows them as they had ended. */
  restoreTolerated(): void {
    for (const { task, outcome } of this.tolerated) this.view.reclose(task.ordinal, outcome, this.now)
  }

  /** Likewise it shows them as not yet followed by anything: what completes the execution writes nothing else. */
  restoreSettled(): void {
    for (const ordinal of this.settled) {
      const task = this.view.attempt(ordinal)
      if (task === undefined) continue
      const { executed: _, ...data } = task.data
      this.view.amend(ordinal, data)
    }
  }

  /** Another try takes its place. */
  retire(task: Task): void {
    this.amend(task, { retried: true })
    this.#leave(task)
  }

  #leave(task: Task): void {
    const { view, book } = this
    book.agenda.delete(task.ordinal)
    const loop = count(book, nodeOf(view, task), task, -1)
    if (loop === null) return
    const owner = view.newest(loop as Task['key'])
    if (owner !== undefined && owner.state.kind === 'held') book.runnable.add(owner.ordinal)
  }

  #fresh(task: Task): Task {
    return this.view.attempt(task.ordinal) ?? task
  }
}

/** Keeps B1 when a task was closed. */
export function noteClosed(book: Book, task: Task): void {
  book.agenda.add(task.ordinal)
  book.runnable.delete(task.ordinal)
  book.joins.delete(task.ordinal)
}
