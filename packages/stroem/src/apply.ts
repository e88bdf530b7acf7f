import {
  type ActivityKey,
  type AttemptId,
  assertNever,
  type Context,
  executionIdOf,
  type Json,
  type JsonObject,
  ordinalOf,
  type Refusal,
  refuse,
  type Rules,
} from '@busbar/kernel'
import type { StroemCommand } from './commands.js'
import { cancelJob, closeUnclaimed, endJob } from './job-end.js'
import { refuseOldLease } from './lease.js'
import { type JobView, nameOf, say, type StepAttempt } from './step-attempt.js'
import { cancelStep, completeStep, failStep, markStarted } from './steps.js'
import { onTick } from './tick.js'
import type { StroemReply, StroemTypes } from './types.js'
import { toRfc3339 } from './wire/timestamps.js'
import { stepStatus } from './wire/status.js'

type Applied = ReturnType<Rules<StroemTypes>['apply']>

export function applyCommand(view: JobView, command: StroemCommand, context: Context): Applied {
  const reply = applied(view, command, context)
  return reply !== null && 'kind' in reply ? reply : { kind: 'applied', reply }
}

function applied(view: JobView, command: StroemCommand, context: Context): StroemReply | Refusal {
  switch (command.kind) {
    case 'tick':
      return done(onTick(view, context))
    case 'begin':
      return onBegin(view, command, context)
    case 'complete':
      return onComplete(view, command, context)
    case 'release':
      return done(onRelease(view, command, context))
    case 'cancel':
      return onCancel(view, context)
    case 'approve':
      return onApprove(view, command, context)
    case 'completeJob':
      return done(onCompleteJob(view, command.output, context))
    case 'hookFailed':
      return done(say(view, context, `[hooks] Hook '${command.hook}' failed: ${command.error}`))
    case 'childStarted':
      return null
    case 'childRefused':
      return done(onChildRefused(view, command, context))
    case 'childEnded':
      return done(onChildEnded(view, command, context))
    default:
      return assertNever(command)
  }
}

function done(_nothing: void): null {
  return null
}

type CommandOf<Kind extends StroemCommand['kind']> = Extract<StroemCommand, { readonly kind: Kind }>

// ── Workers ──

function newest(view: JobView, step: string): StepAttempt | undefined {
  return view.newest(step as ActivityKey)
}

function onBegin(view: JobView, command: CommandOf<'begin'>, context: Context): null | Refusal {
  const attempt = newest(view, command.step)
  const refusal = refuseOldLease(attempt, command.lease)
  if (refusal) return refusal
  if (attempt?.state.kind !== 'leased' || view.isTerminal) return null
  if (attempt.data.begun !== true) view.amend(attempt.ordinal, { ...attempt.data, begun: true })
  return done(markStarted(view, command.worker ?? attempt.state.worker, context))
}

/** Reports count while the step runs; what comes late or twice is ignored, so that old workers do not insist. */
function onComplete(view: JobView, command: CommandOf<'complete'>, context: Context): null | Refusal {
  const attempt = newest(view, command.step)
  const refusal = refuseOldLease(attempt, command.lease)
  if (refusal) return refusal
  if (attempt?.state.kind !== 'leased') return null
  const failed = command.error !== null || (command.exitCode ?? 0) !== 0
  if (failed) failStep(view, attempt, command.error ?? `Process exited with code ${command.exitCode}`, context)
  else completeStep(view, attempt, command.output, context)
  return null
}

function onRelease(view: JobView, command: CommandOf<'release'>, context: Context): void {
  const attempt = newest(view, command.step)
  if (attempt?.state.kind !== 'leased' || attempt.state.worker !== command.worker) return
  if (view.isTerminal) cancelStep(view, attempt, null, context)
  else view.postpone(attempt.ordinal, context.now, context.now)
}

// ── Operators ──

function onCancel(view: JobView, context: Context): StroemReply | Refusal {
  if (view.isTerminal) return refuse('conflict', 'Job is already in a terminal state')
  cancelJob(view, context)
  return { status: 'cancelled' }
}

/** Meant for workers that run a whole job themselves. */
function onCompleteJob(view: JobView, output: Json, context: Context): void {
  if (view.isTerminal) return
  closeUnclaimed(view, context)
  endJob(view, 'completed', output, context)
}

const reasonBytesMax = 4096

function onApprove(view: JobView, command: CommandOf<'approve'>, context: Context): StroemReply | Refusal {
  const attempt = newest(view, command.step)
  if (attempt === undefined && !view.plan.byName.has(command.step)) return refuse('missing', 'Step not found')
  const status = stepStatus(view, command.step)
  if (attempt === undefined || status !== 'suspended') return refuse('conflict', `Step '${command.step}' is not in suspended state (current: ${status})`)
  return command.approved ? approve(view, attempt, command, context) : reject(view, attempt, command, context)
}

function approve(view: JobView, attempt: StepAttempt, command: CommandOf<'approve'>, context: Context): StroemReply | Refusal {
  const missing = command.input === null ? undefined : missingField(view, attempt, command.input)
  if (missing !== undefined) return refuse('invalid', `Required field '${missing}' is missing`)
  const given: JsonObject = command.input === null ? {} : { input: command.input }
  const output = { ...messageOf(attempt), approved: true, approved_by: command.by, approved_at: toRfc3339(context.now), ...given }
  say(view, context, `[approval] Step '${nameOf(attempt.data)}' approved by ${command.by}`)
  completeStep(view, attempt, output, context)
  return { status: 'approved' }
}

function reject(view: JobView, attempt: StepAttempt, command: CommandOf<'approve'>, context: Context): StroemReply {
  const reason = cut(command.reason ?? 'Approval rejected', reasonBytesMax)
  say(view, context, `[approval] Step '${nameOf(attempt.data)}' rejected by ${command.by}: ${reason}`)
  failStep(view, attempt, reason, context)
  return { status: 'rejected' }
}

function messageOf(attempt: StepAttempt): JsonObject {
  const { output } = attempt.data
  return typeof output === 'object' && output !== null && !Array.isArray(output) ? (output as JsonObject) : {}
}

function missingField(view: JobView, attempt: StepAttempt, input: JsonObject): string | undefined {
  const fields = view.plan.byName.get(attempt.data.step)?.action.input ?? {}
  const isEmpty = (name: string) => !Object.hasOwn(input, name) || input[name] === null || input[name] === ''
  return Object.entries(fields).find(([name, field]) => field.required && isEmpty(name))?.[0]
}

/** At most so many bytes of UTF-8, without half a character at the end. */
function cut(text: string, bytesMax: number): string {
  let bytes = 0
  let end = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    if (bytes > bytesMax) return text.slice(0, end)
    end += character.length
  }
  return text
}

// ── Children ──

function openParentOf(view: JobView, id: AttemptId): StepAttempt | undefined {
  const attempt = executionIdOf(id) === view.id ? view.attempt(ordinalOf(id)) : undefined
  return attempt?.state.kind === 'held' ? attempt : undefined
}

function onChildRefused(view: JobView, command: CommandOf<'childRefused'>, context: Context): void {
  const attempt = openParentOf(view, command.attempt)
  const action = attempt && view.plan.byName.get(attempt.data.step)?.action
  if (attempt && action?.type === 'task') failStep(view, attempt, `Failed to create child job for task '${action.task}': ${command.reason}`, context)
}

function onChildEnded(view: JobView, command: CommandOf<'childEnded'>, context: Context): void {
  const attempt = openParentOf(view, command.attempt)
  if (attempt === undefined) return
  switch (command.status) {
    case 'completed':
      return completeStep(view, attempt, command.output, context)
    case 'cancelled':
      return cancelStep(view, attempt, null, context)
    case 'failed':
    case 'timedOut':
      return failStep(view, attempt, `Child job ${command.child} failed`, context)
  }
}
