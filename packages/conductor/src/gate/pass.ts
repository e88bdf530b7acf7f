/** What a workflow tells the gates of its tasks. */
import { endOfTime, type Instant, instant, type JsonObject, ordinalOf } from '@busbar/kernel'
import type { ConductorCommand } from '../commands.js'
import { nodeOf } from '../decide/book.js'
import type { ConductorView, Task } from '../decide/task.js'
import type { TaskData } from '../types.js'
import { leaveGateOfExecution, passOpened, tellGateOfExecution } from './execution-pass.js'
import { gateIdOf, gateRequest } from './gate.js'
import type { GateCommand } from './gate-types.js'
import { type TaskLimits, taskLimitsOf } from './limits.js'

/** A task that stands before a gate is waiting, and nobody can claim it. */
export const beforeTheGate = instant(endOfTime)

/** In the commit that opens the task. `notBefore`: when it could have been claimed without the gate. */
export function askToEnter(view: ConductorView, task: Task, definition: string, limits: TaskLimits, notBefore: Instant, now: Instant): void {
  const turn = (task.data.gate?.turn ?? -1) + 1
  view.postpone(task.ordinal, beforeTheGate, now, { ...task.data, gate: { name: definition, state: 'asked', notBefore, turn } })
  const command = { kind: 'gateEnter', attempt: task.id, turn, limits } satisfies GateCommand
  const start = { kind: 'start', dialect: 'conductor', request: gateRequest(definition, limits), parent: null } as const
  view.send(gateIdOf(definition), { ...start, command: command as unknown as JsonObject })
}

/** The gate lets a task in: it can be claimed now, or when its delay is over. */
export function gateOpened(view: ConductorView, { attempt, turn, isRated }: Extract<ConductorCommand, { kind: 'gateOpened' }>, now: Instant): void {
  if (ordinalOf(attempt) === 0) return passOpened(view, turn)
  const task = view.attempt(ordinalOf(attempt))
  // It may have left and come again meanwhile.
  if (task?.data.gate?.state !== 'asked' || task.data.gate.turn !== turn || task.state.kind !== 'waiting') return
  const gate = { ...task.data.gate, ...(isRated && { rated: true as const }) }
  view.postpone(task.ordinal, instant(Math.max(now, gate.notBefore)), now, { ...task.data, gate: { ...gate, state: 'open' } })
}

/** After every decision: tasks that ended, were removed or began again tell their gates. */
export function tellGates(view: ConductorView, now: Instant): void {
  tellGateOfExecution(view)
  const { attempts, removed } = view.changed()
  for (const task of removed) if (isInside(task.data)) leave(view, task)
  for (const task of attempts) {
    const { gate } = task.data
    if (gate === undefined) continue
    if (task.state.kind === 'closed') {
      if (!isInside(task.data)) continue
      leave(view, task)
      view.amend(task.ordinal, { ...task.data, gate: { ...gate, state: 'left' } })
    } else if (gate.state === 'left' && task.state.kind === 'waiting') enterAgain(view, task, now)
    else if (task.state.kind === 'leased') begin(view, task, now)
  }
}

/** A task that is handed out takes a place of the rate. */
export function begin(view: ConductorView, task: Task, now: Instant): void {
  const { gate } = task.data
  if (gate?.state !== 'open' || gate.rated !== true) return
  tell(view, gate.name, { kind: 'gateBegun', attempt: task.id, at: now })
  view.amend(task.ordinal, { ...task.data, gate: { ...gate, state: 'begun' } })
}

/** The execution is about to be removed as it is: its tasks leave their gates. */
export function leaveGates(view: ConductorView): void {
  leaveGateOfExecution(view)
  for (const task of view.openAttempts()) {
    const { gate } = task.data
    if (gate === undefined || !isInside(task.data)) continue
    leave(view, task)
    view.amend(task.ordinal, { ...task.data, gate: { ...gate, state: 'gone' } })
  }
}

function enterAgain(view: ConductorView, task: Task, now: Instant): void {
  const definition = nodeOf(view, task)?.task.taskDefinition ?? null
  const limits = taskLimitsOf(definition)
  const notBefore = task.state.kind === 'waiting' ? task.state.notBefore : now
  if (limits !== null && task.data.gate) askToEnter(view, task, task.data.gate.name, limits, notBefore, now)
}

function isInside({ gate }: TaskData): boolean {
  return gate !== undefined && gate.state !== 'left' && gate.state !== 'gone'
}

function leave(view: ConductorView, task: Task): void {
  if (task.data.gate) tell(view, task.data.gate.name, { kind: 'gateLeave', attempt: task.id, turn: task.data.gate.turn })
}

function tell(view: ConductorView, definition: string, command: GateCommand): void {
  view.send(gateIdOf(definition), { kind: 'command', command: command as unknown as JsonObject })
}
