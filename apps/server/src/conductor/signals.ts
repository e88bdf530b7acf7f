/** Signals: they end the WAIT that a workflow, or one of its children, waits in; nobody has to know which. */
import { randomUUID } from 'node:crypto'
import { type ConductorCommand, openChildren, type ResultStatus, signalledTask, signalResponse, type UpdateReply } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import { type ExecutionId, isRefusal, type JsonObject, Problem } from '@busbar/kernel'
import { type Answer, empty, json } from '../http/answer.js'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import type { Route } from '../http/route.js'
import { readStrategy } from './execute.js'
import { findWorkflow, mustWorkflow, type WorkflowView } from './executions.js'
import { inBothFamilies } from './families.js'
import { readInteger } from './read-query.js'
import { parseStatus } from './task-results.js'
import { untilBlocked } from './until-blocked.js'

export function signalRoutes(engine: EngineApi): Route[] {
  return [
    {
      method: 'POST',
      paths: inBothFamilies('/api/tasks/{workflowId}/{status}/signal'),
      owner: 'conductor',
      scope: 'operate',
      bodyBytesMax: limits.payloadBytesMax,
      summary: 'Ends the WAIT task that a workflow or one of its children waits in',
      handle: async call => {
        await signal(engine, await mustWorkflow(engine, call.param('workflowId')), parseStatus(call.param('status')), call.object())
        return empty(200)
      },
    },
    {
      method: 'POST',
      paths: inBothFamilies('/api/tasks/{workflowId}/{status}/signal/sync'),
      owner: 'conductor',
      scope: 'operate',
      bodyBytesMax: limits.payloadBytesMax,
      summary: 'Ends a WAIT task and answers when the workflow has ended or waits again',
      query: { returnStrategy: 'TARGET_WORKFLOW', timeoutMillis: '5000' },
      handle: call => signalAndWait(engine, call),
    },
  ]
}

async function signalAndWait(engine: EngineApi, call: Call): Promise<Answer> {
  const strategy = readStrategy(call)
  const withinMs = readInteger(call, 'timeoutMillis', 5_000)
  const status = parseStatus(call.param('status'))
  const output = call.object()
  const { id } = await mustWorkflow(engine, call.param('workflowId'))
  const isTaken = await signal(engine, await mustWorkflow(engine, id), status, output)
  if (!isTaken) throw new Problem('missing', `Found no blocked task in workflow ${id} to signal`)
  const standing = await untilBlocked(engine, id, { waitUntil: new Set(), withinMs, call })
  return json(200, signalResponse({ strategy, requestId: randomUUID(), ...standing }))
}

/** How often the task that was found may have been ended by others before it is answered so. */
const triesMax = 10

/** Whether there was a task to end. */
async function signal(engine: EngineApi, view: WorkflowView, status: ResultStatus, output: JsonObject): Promise<boolean> {
  let current: WorkflowView | null = view
  for (let tries = 0; current !== null && tries < triesMax; tries++) {
    const found = await findSignalled(engine, current)
    if (found === null) return false
    const command: ConductorCommand = { kind: 'updateByReference', reference: found.reference, status, output, worker: null }
    const reply = await engine.send<UpdateReply>(found.id, command)
    if (!isRefusal(reply) && reply.attempt !== null) return true
    current = await findWorkflow(engine, view.id)
  }
  return false
}

interface Signalled {
  readonly id: ExecutionId
  readonly reference: string
}

/** Depth first: the workflow's own WAIT, else that of its first child that has one. */
async function findSignalled(engine: EngineApi, root: WorkflowView): Promise<Signalled | null> {
  const open: WorkflowView[] = [root]
  for (let looked = 0, view = open.pop(); view !== undefined && looked < limits.runFamilyMax; looked++, view = open.pop()) {
    const task = signalledTask(view)
    if (task !== null) return { id: view.id, reference: task.key }
    const children: WorkflowView[] = []
    for (const child of openChildren(view)) {
      const found = await findWorkflow(engine, child)
      if (found !== null) children.push(found)
    }
    open.push(...children.reverse())
  }
  return null
}
