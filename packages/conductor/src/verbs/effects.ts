/** What the engine's own workers report. */
import { type Closer, type Context, executionIdOf, type Instant, ordinalOf, refuse, type Refusal } from '@busbar/kernel'
import type { ConductorCommand } from '../commands.js'
import { bookOf, nodeOf } from '../decide/book.js'
import { awaitsUpdate, giveBack, isUnderWay } from '../decide/effects.js'
import type { ConductorView, Task } from '../decide/task.js'
import { noteClosed, Turn } from '../decide/turn.js'
import { outputIn } from './update.js'

type EffectEnded = Extract<ConductorCommand, { kind: 'effectEnded' }>
type EffectReturned = Extract<ConductorCommand, { kind: 'effectReturned' }>
type EventHandled = Extract<ConductorCommand, { kind: 'eventHandled' }>

export function effectEnded(view: ConductorView, command: EffectEnded, now: Instant): Refusal | null {
  const task = underWay(view, command)
  if (task === null) return late(command)
  const { outcome, reason } = command
  const data = { ...task.data, ...outputIn(command), ...(reason !== null && { reason }) }
  view.touch(now)
  if (outcome === 'completed' && awaitsUpdate(task, nodeOf(view, task)?.task.asyncComplete ?? false)) {
    view.amend(task.ordinal, { ...data, sent: true })
    view.extend(task.ordinal, null, now)
    return null
  }
  return close(view, task, { ...command, data }, now)
}

export function effectReturned(view: ConductorView, command: EffectReturned, context: Context): Refusal | null {
  const task = underWay(view, command)
  if (task === null) return late(command)
  giveBack(new Turn(view, context), task)
  return null
}

/** The actions of its handlers leave in the transaction that ends the message: each is done once. */
export function eventHandled(view: ConductorView, command: EventHandled, now: Instant): Refusal | null {
  const task = underWay(view, command)
  if (task === null) return late(command)
  for (const { to, body } of command.sends) view.send(to, body)
  return close(view, task, { fence: command.fence, outcome: 'completed', data: { ...task.data, output: { actions: command.actions } } }, now)
}

type Lease = Pick<EffectEnded, 'attempt' | 'fence'>

function underWay(view: ConductorView, { attempt, fence }: Lease): Task | null {
  const task = executionIdOf(attempt) === view.id ? view.attempt(ordinalOf(attempt)) : undefined
  return !view.isTerminal && isUnderWay(task, fence) ? task : null
}

function late({ attempt }: Lease): Refusal {
  return refuse('conflict', `The task ${attempt} is not being done under this lease any more; what was done is dropped`)
}

interface End {
  readonly fence: number
  readonly outcome: EffectEnded['outcome']
  readonly data: Task['data']
}

function close(view: ConductorView, task: Task, { fence, outcome, data }: End, now: Instant): Refusal | null {
  const by: Closer = { kind: 'worker', worker: null, fence }
  const refusal = view.close(task.ordinal, outcome, by, now, data)
  if (refusal !== null) return refusal
  noteClosed(bookOf(view), task)
  return null
}
