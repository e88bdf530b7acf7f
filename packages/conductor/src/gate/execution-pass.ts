/**
 * Workflows that limit how many of their executions run (`rateLimitConfig`). Such an execution stands before a gate as a task
 * does, under its own id, and nothing of it is scheduled until it is let in.
 */
import { type AttemptId, isJsonObject, type JsonObject } from '@busbar/kernel'
import { bookOf, planOf } from '../decide/book.js'
import type { ConductorView } from '../decide/task.js'
import type { WorkflowDef } from '../definition/types.js'
import { gateRequest } from './gate.js'
import type { GateCommand, Pass } from './gate-types.js'

export interface ExecutionLimit {
  readonly key: string | null
  readonly concurrency: number
  readonly isRefused: boolean
}

/** Null: any number may run. */
export function executionLimitOf({ rateLimitConfig: config }: WorkflowDef): ExecutionLimit | null {
  const limit = config?.['concurrentExecLimit']
  if (!isJsonObject(config) || typeof limit !== 'number' || limit <= 0) return null
  const key = config['rateLimitKey']
  return { key: typeof key === 'string' && key !== '' ? key : null, concurrency: limit, isRefused: config['policy'] === 'REJECT' }
}

export function enterAsExecution(view: ConductorView, pass: Pass, name: string, { concurrency }: ExecutionLimit, how: 'inTurn' | 'orRefuse' | 'atOnce'): void {
  const limits = { concurrency, rate: null }
  const turn = (view.state.pass?.turn ?? -1) + 1
  const command = { kind: 'gateEnter', attempt: passIdOf(view), turn, limits, how } satisfies GateCommand
  const start = { kind: 'start', dialect: 'conductor', request: gateRequest(name, limits), parent: null } as const
  view.send(pass.gate, { ...start, command: command as unknown as JsonObject })
  view.setState({ ...view.state, pass: { ...pass, turn } })
}

/** The id of an execution is that of its attempt 0, which there never is (`ids.ts`, I2). */
function passIdOf(view: ConductorView): AttemptId {
  return view.id as string as AttemptId
}

export function passOpened(view: ConductorView, turn: number): void {
  const { pass } = view.state
  if (pass?.state === 'asked' && pass.turn === turn) view.setState({ ...view.state, pass: { ...pass, state: 'open' } })
}

/** There is no room, and its definition does not let it wait. */
export function passRefused(view: ConductorView): void {
  const { pass } = view.state
  if (pass?.state !== 'asked') return
  const { def } = planOf(view)
  view.setState({ ...view.state, pass: { ...pass, state: 'left' } })
  const reason = `Workflow ${def.name} may run ${executionLimitOf(def)?.concurrency ?? 0} times at once${pass.key === '' ? '' : ` for ${pass.key}`}, and does; its policy is REJECT`
  bookOf(view).ending = { status: 'failed', reason, failedBy: null, terminatedBy: null, startsFailureWorkflow: false }
}

/** After every decision: an execution that ended leaves, one that runs again after its end is inside again. */
export function tellGateOfExecution(view: ConductorView): void {
  const { pass, begun } = view.state
  if (pass === undefined) return
  if (view.isTerminal) return leaveGateOfExecution(view)
  const { def } = planOf(view)
  const limit = executionLimitOf(def)
  // Whoever runs it again does not wait behind those who have not begun.
  if (pass.state === 'left' && begun === true && limit !== null)
    enterAsExecution(view, { ...pass, state: 'open' }, `workflow ${def.name} ${pass.key}`, limit, 'atOnce')
}

export function leaveGateOfExecution(view: ConductorView): void {
  const { pass } = view.state
  if (pass === undefined || pass.state === 'left') return
  const command = { kind: 'gateLeave', attempt: passIdOf(view), turn: pass.turn ?? 0 } satisfies GateCommand
  view.send(pass.gate, { kind: 'command', command: command as unknown as JsonObject })
  view.setState({ ...view.state, pass: { ...pass, state: 'left' } })
}
