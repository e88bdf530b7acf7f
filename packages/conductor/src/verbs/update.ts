/** What workers and operators report about a task (conductor-semantics.md §6.2). */
import { type AttemptId, type Closer, executionIdOf, type Instant, type JsonObject, ordinalOf, refuse, type Refusal } from '@busbar/kernel'
import type { ConductorCommand, UpdateReply } from '../commands.js'
import { bookOf, nameOf, nodeOf } from '../decide/book.js'
import type { ConductorView, Task } from '../decide/task.js'
import { taskOutputProblem } from '../schema/enforce.js'
import { noteClosed } from '../decide/turn.js'
import { isEffect } from '../queue.js'
import type { TaskData } from '../types.js'
import { resultOutcomes, taskStatus } from '../wire/status.js'
import { cutReason } from '../wire/task.js'

type Update = Extract<ConductorCommand, { kind: 'update' }>
type UpdateByReference = Extract<ConductorCommand, { kind: 'updateByReference' }>

/** More lines of log in one report are dropped. */
const logLinesMax = 10

export function update(view: ConductorView, command: Update, now: Instant): UpdateReply | Refusal {
  const task = executionIdOf(command.attempt) === view.id ? view.attempt(ordinalOf(command.attempt)) : undefined
  if (task === undefined) return refuse('missing', `No such task found by id: ${command.attempt}`)
  if (task.state.kind === 'closed' || view.isTerminal) return replyOf(view, task, false)
  if (command.extendLease) {
    extendLease(view, task, now)
    return replyOf(view, task, true)
  }
  const reason = cutReason(command.reason)
  const {
    reason: _old,
    callbackAfterSeconds: _callback,
    child: _child,
    awaits: _awaits,
    output: _output,
    outputPath: _path,
    workerId: _worker,
    ...data
  } = task.data
  report(view, task, command.status, now, {
    ...data,
    ...outputIn(command),
    ...(reason !== null && { reason }),
    ...workerIn(command.worker, task),
    // A report on a WAIT takes the place of its own delay, also when it names none.
    ...((command.callbackAfterSeconds > 0 || task.data.type === 'WAIT') && { callbackAfterSeconds: command.callbackAfterSeconds }),
    ...(command.subWorkflowId !== null && { child: command.subWorkflowId as TaskData['child'] & string }),
  })
  for (const line of command.logs.slice(0, logLinesMax)) {
    view.note({ source: task.id, stream: 'log', at: line.createdTime as Instant, text: line.log })
  }
  return replyOf(view, task, true)
}

/** A task that is not over, by its reference name in this iteration, else without the iteration. Its output is merged. */
export function updateByReference(view: ConductorView, command: UpdateByReference, now: Instant): UpdateReply {
  const task = view.isTerminal ? undefined : pending(view, command.reference)
  if (task === undefined) return { attempt: null, applied: false, status: '' }
  const { workerId: _worker, ...before } = task.data
  const data: TaskData = {
    ...withMergedOutput(before, command),
    ...(command.reason != null && { reason: command.reason }),
    ...workerIn(command.worker, task),
  }
  report(view, task, command.status, now, data)
  return replyOf(view, task, true)
}

/** Kept only when it is not the one that polled; a report without a name takes that one's place as well. */
function workerIn(worker: string | null, task: Task): Pick<TaskData, 'workerId'> {
  return (worker ?? '') === (task.lastWorker ?? '') ? {} : { workerId: worker ?? '' }
}

/** An output, or where it is kept. */
interface Reported {
  readonly output: JsonObject
  readonly outputPath?: string
}

export function outputIn({ output, outputPath }: Reported): Pick<TaskData, 'output' | 'outputPath'> {
  return outputPath === undefined ? { output } : { outputPath }
}

/** What is kept outside holds what was reported before already. */
export function withMergedOutput(task: TaskData, reported: Reported): TaskData {
  const { output, outputPath: _path, ...data } = task
  return { ...data, ...(reported.outputPath === undefined ? { output: { ...output, ...reported.output } } : { outputPath: reported.outputPath }) }
}

export function pending(view: ConductorView, reference: string): Task | undefined {
  const exact = view.newest(reference as Task['key'])
  if (exact !== undefined && exact.state.kind !== 'closed') return exact
  for (const task of view.openAttempts()) if (nameOf(task) === reference) return task
  return undefined
}

export function report(view: ConductorView, task: Task, status: Update['status'], now: Instant, data: TaskData): void {
  const outcome = resultOutcomes[status]
  if (outcome !== null) {
    const unfit =
      outcome === 'completed' && data.outputPath === undefined ? taskOutputProblem(nodeOf(view, task)?.task.taskDefinition ?? null, data.output) : null
    if (unfit !== null) view.close(task.ordinal, 'failed', byWorker, now, { ...ended(data), reason: cutReason(unfit) ?? '' })
    else view.close(task.ordinal, outcome, byWorker, now, ended(data))
    view.touch(now)
    noteClosed(bookOf(view), task)
    return
  }
  if (task.queue === null || isEffect(task)) return view.amend(task.ordinal, data)
  // Without a claim nothing else would tell that somebody has spoken for it.
  const told = task.firstClaimedAt === null ? { ...data, updatedAt: now } : data
  const again = (now + (data.callbackAfterSeconds ?? 0) * 1000) as Instant
  // Whoever speaks for a task that still stands before a gate does not let it in.
  if (told.gate?.state === 'asked') return view.amend(task.ordinal, { ...told, gate: { ...told.gate, notBefore: again } })
  view.postpone(task.ordinal, again, now, told)
  boundByTimeout(view, task, now)
}

const byWorker: Closer = { kind: 'worker', worker: null, fence: null }

/** Without what says when an open task moves. Most have none of it, and leaving out keys copies them all. */
function ended(data: TaskData): TaskData {
  if (data.changed === undefined && data.startAt === undefined) return data
  const { changed: _changed, startAt: _startAt, ...rest } = data
  return rest
}

/** Time-outs that count from the first poll go on although the lease ended. */
function boundByTimeout(view: ConductorView, task: Task, now: Instant): void {
  const definition = nodeOf(view, task)?.task.taskDefinition
  if (!definition || definition.timeoutSeconds <= 0 || definition.timeoutPolicy === 'ALERT_ONLY' || task.firstClaimedAt === null) return
  const at = (task.firstClaimedAt + ((task.data.startDelay ?? 0) + definition.timeoutSeconds) * 1000) as Instant
  if (task.wakeAt === null || at < task.wakeAt) view.setWake(task.ordinal, at, now)
}

/** The response time-out counts from now on; nothing else changes. */
function extendLease(view: ConductorView, task: Task, now: Instant): void {
  if (task.state.kind !== 'leased') return
  const seconds = nodeOf(view, task)?.task.taskDefinition?.responseTimeoutSeconds ?? 0
  view.amend(task.ordinal, { ...task.data, updatedAt: now })
  if (seconds > 0) view.extend(task.ordinal, (now + seconds * 1000) as Instant, now)
  boundByTimeout(view, task, now)
}

export function replyOf(view: ConductorView, task: Task, applied: boolean): UpdateReply {
  return { attempt: task.id as AttemptId, applied, status: taskStatus(view.attempt(task.ordinal) ?? task) }
}
