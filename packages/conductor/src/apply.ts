/** What the outside tells an execution: one function per verb, this is only the switch. */
import { type Ask, assertNever, type Instant, isRefusal, refuse, type Refusal } from '@busbar/kernel'
import type { ConductorCommand } from './commands.js'
import { bookOf } from './decide/book.js'
import { tellWaiting } from './decide/end.js'
import type { ConductorView } from './decide/task.js'
import { workflowDeadline } from './decide/timeouts.js'
import type { ConductorReply } from './types.js'
import { applyToGate } from './gate/gate.js'
import { passRefused } from './gate/execution-pass.js'
import { gateOpened, leaveGates } from './gate/pass.js'
import { type Reporting, withStoredOutput } from './payload/stored-output.js'
import type { ConductorContext } from './settings.js'
import { changeSchedule } from './schedule/change-schedule.js'
import { awaitEnd } from './verbs/await-end.js'
import { childEnded, childRefused, childResumed } from './verbs/children.js'
import { effectEnded, effectReturned, eventHandled } from './verbs/effects.js'
import { mock } from './verbs/mock.js'
import { pushMessage } from './verbs/messages.js'
import { pause, resume } from './verbs/pause.js'
import { pushParent } from './verbs/push-parent.js'
import { rerun } from './verbs/rerun.js'
import { restart } from './verbs/restart.js'
import { passUp, retry } from './verbs/retry.js'
import { skipTask } from './verbs/skip.js'
import { parentEnded, terminate } from './verbs/terminate.js'
import { update, updateByReference } from './verbs/update.js'
import { updateVariables } from './verbs/variables.js'
import { workflowStatus } from './wire/status.js'

type Applied = { readonly kind: 'applied'; readonly reply: ConductorReply } | { readonly kind: 'ask'; readonly asks: readonly Ask[] } | Refusal

/** What is said to a workflow from outside: gates, schedules and messages of events are executions too, but nobody works on them by their ids. */
const ofWorkflows: ReadonlySet<ConductorCommand['kind']> = new Set([
  'update',
  'updateByReference',
  'mock',
  'pushMessage',
  'updateVariables',
  'pause',
  'resume',
  'terminate',
  'restart',
  'retry',
  'rerun',
  'skipTask',
  'resetCallbacks',
  'awaitEnd',
])

export function apply(view: ConductorView, command: ConductorCommand, context: ConductorContext): Applied {
  const { now } = context
  if (view.execution.label.namespace !== '' && ofWorkflows.has(command.kind)) return refuse('missing', `No such workflow found by id: ${view.id}`)
  switch (command.kind) {
    case 'tick':
      return done(tick(view, now))
    case 'decide':
      return done(lookAtTimers(view))
    case 'update':
    case 'updateByReference':
    case 'mock':
    case 'effectEnded':
    case 'childEnded': {
      const sized = withStoredOutput(view, command, context)
      return sized.kind === 'ask' ? sized : report(view, sized.command, now)
    }
    case 'effectReturned':
      return effectReturned(view, command, context) ?? done()
    case 'eventHandled':
      return eventHandled(view, command, now) ?? done()
    case 'pushMessage':
      return { kind: 'applied', reply: pushMessage(view, command, now) }
    case 'updateVariables':
      return updateVariables(view, command, context) ?? done()
    case 'changeSchedule':
      return changeSchedule(view, command, now) ?? done()
    case 'gateEnter':
    case 'gateBegun':
    case 'gateLeave':
      return done(applyToGate(view, command, now))
    case 'gateOpened':
      return done(gateOpened(view, command, now))
    case 'gateClosed':
      return done(passRefused(view))
    case 'leaveGates':
      return done(abandon(view))
    case 'pause':
      return pause(view, now) ?? done()
    case 'resume':
      return resume(view, now) ?? done()
    case 'terminate':
      return asking(terminate(view, command, context))
    case 'restart': {
      const restarted = restart(view, command.useLatestDefinitions, context)
      return restarted.kind === 'done' ? done() : restarted
    }
    case 'retry': {
      const retried = retry(view, command, context)
      // A refusal would write nothing, so whoever counts on it hears of it in an answer.
      if (isRefusal(retried) && (command.descended || command.upTo !== undefined)) return done(passUp(view, command))
      return retried.kind === 'done' ? done() : retried
    }
    case 'rerun':
      return rerun(view, command, context) ?? done()
    case 'skipTask':
      return skipTask(view, command, now) ?? done()
    case 'resetCallbacks':
      return resetCallbacks(view, now) ?? done()
    case 'parentEnded':
      return asking(parentEnded(view, command.reason, context))
    case 'childStarted':
      return done()
    case 'childRefused':
      return done(childRefused(view, command, now))
    case 'awaitEnd':
      return awaitEnd(view, command.waiting) ?? done()
    case 'childResumed': {
      const resumed = childResumed(view, command, now)
      if (resumed !== null) pushParent(view, command.verb, { title: resumed.title, upTo: command.upTo })
      return done()
    }
    default:
      return assertNever(command)
  }
}

/** It is about to be removed as it is: nobody waits for it in vain. */
function abandon(view: ConductorView): void {
  leaveGates(view)
  tellWaiting(view, { status: 'cancelled', reason: `Workflow ${view.id} was removed` })
}

function asking(result: Refusal | readonly Ask[]): Applied {
  if (isRefusal(result)) return result
  return result.length > 0 ? { kind: 'ask', asks: result } : done()
}

/** The output of a task has come. */
function report(view: ConductorView, command: Reporting, now: Instant): Applied {
  switch (command.kind) {
    case 'update': {
      const reply = update(view, command, now)
      return isRefusal(reply) ? reply : { kind: 'applied', reply }
    }
    case 'updateByReference':
      return { kind: 'applied', reply: updateByReference(view, command, now) }
    case 'mock': {
      const reply = mock(view, command, now)
      return isRefusal(reply) ? reply : { kind: 'applied', reply }
    }
    case 'effectEnded':
      return effectEnded(view, command, now) ?? done()
    case 'childEnded':
      return done(childEnded(view, command, now))
  }
}

function done(_result?: void): Applied {
  return { kind: 'applied', reply: null }
}

/** A timer went off: it is set again from what is open, and the next decision looks at what is due. */
function tick(view: ConductorView, now: Instant): void {
  view.rearm(now)
  // As in the original, nobody looks at the clock of a paused execution before it is resumed or decided.
  if (view.status === 'paused' || view.isTerminal) return
  view.wakeAt(workflowDeadline({ view }))
  lookAtTimers(view)
}

function lookAtTimers(view: ConductorView): void {
  if (!view.isTerminal) bookOf(view).timersDue = true
}

/** Every postponed worker task can be claimed at once. */
function resetCallbacks(view: ConductorView, now: Instant): Refusal | null {
  if (view.isTerminal) return refuse('conflict', `Workflow is in terminal state. Status = ${workflowStatus(view.status)}`)
  for (const task of view.openAttempts()) {
    if (task.state.kind !== 'waiting' || task.data.callbackAfterSeconds === undefined) continue
    const { callbackAfterSeconds: _, ...data } = task.data
    // Who stands before a gate goes on standing there.
    if (data.gate?.state === 'asked') view.amend(task.ordinal, { ...data, gate: { ...data.gate, notBefore: now } })
    else view.postpone(task.ordinal, now, now, data)
  }
  return null
}
