/** Finding a workflow or a task by the id that a client sent. */
import type { ConductorCommand, ConductorTypes } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import {
  type Attempt,
  type ExecutionId,
  executionIdOf,
  isRefusal,
  ordinalOf,
  parseAttemptId,
  parseExecutionId,
  Problem,
  type Refusal,
  type View,
} from '@busbar/kernel'
import { throwIfRefused } from '../http/problem.js'

export type WorkflowView = View<ConductorTypes>

export function noSuchWorkflow(id: string): Problem {
  return new Problem('missing', `No such workflow found by id: ${id}`)
}

function workflowId(text: string): ExecutionId {
  const id = parseExecutionId(text)
  if (id === null) throw noSuchWorkflow(text)
  return id
}

export async function findWorkflow(engine: EngineApi, id: ExecutionId): Promise<WorkflowView | null> {
  const found = await engine.read(id)
  // What is kept for events and schedules is no workflow: it has a namespace of its own.
  return found?.dialect === 'conductor' && found.view.execution.label.namespace === '' ? found.view : null
}

export async function mustWorkflow(engine: EngineApi, text: string): Promise<WorkflowView> {
  const view = await findWorkflow(engine, workflowId(text))
  if (!view) throw noSuchWorkflow(text)
  return view
}

export interface FoundTask {
  readonly view: WorkflowView
  readonly attempt: Attempt<ConductorTypes['data']>
}

export async function findTask(engine: EngineApi, text: string): Promise<FoundTask | null> {
  const id = parseAttemptId(text)
  if (id === null) return null
  const view = await findWorkflow(engine, executionIdOf(id))
  const attempt = view?.attempt(ordinalOf(id))
  return view && attempt ? { view, attempt } : null
}

/** Sends a command to a workflow. One that is no workflow of Conductor's is answered as unknown. */
export async function command<Reply>(engine: EngineApi, text: string, what: ConductorCommand): Promise<Reply> {
  const reply = await tryCommand<Reply>(engine, text, what)
  return throwIfRefused(reply)
}

export async function tryCommand<Reply>(engine: EngineApi, text: string, what: ConductorCommand): Promise<Reply | Refusal> {
  const id = workflowId(text)
  const reply = await engine.send<Reply>(id, what)
  if (isRefusal(reply) && reply.code === 'missing' && (await findWorkflow(engine, id)) === null) throw noSuchWorkflow(text)
  return reply
}
