/** Messages for a running workflow, which its PULL_WORKFLOW_MESSAGES tasks take. Answers are plain text, as clients know them. */
import { randomUUID } from 'node:crypto'
import type { PushReply } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import { assertNever, isRefusal, parseExecutionId, Problem } from '@busbar/kernel'
import { type Answer, text } from '../http/answer.js'
import type { Call } from '../http/call.js'
import type { Route } from '../http/route.js'
import { findWorkflow } from './executions.js'

const bodyBytesMax = 262_144

export function messageRoutes(engine: EngineApi): Route[] {
  return [
    {
      method: 'POST',
      paths: ['/api/workflow/{workflowId}/messages'],
      owner: 'conductor',
      scope: 'operate',
      bodyBytesMax,
      summary: 'Pushes a message, any JSON object, to a running workflow; answers its id',
      handle: call => push(engine, call),
    },
  ]
}

async function push(engine: EngineApi, call: Call): Promise<Answer> {
  const workflowId = call.param('workflowId')
  const payload = call.object()
  const id = parseExecutionId(workflowId)
  if (id === null || (await findWorkflow(engine, id)) === null) return text(404, `Workflow not found: ${workflowId}`)
  const message = randomUUID()
  const reply = await engine.send<PushReply>(id, { kind: 'pushMessage', id: message, payload } as { readonly kind: string })
  if (isRefusal(reply)) throw new Problem(reply.code, reply.message)
  const { kind, status } = reply
  switch (kind) {
    case 'pushed':
      return text(200, message)
    case 'notRunning':
      return text(409, `Workflow ${workflowId} is not in RUNNING state (current: ${status})`)
    case 'full':
      return text(429, `Message queue is full for workflow ${workflowId}; try again when its messages were taken`)
    default:
      return assertNever(kind)
  }
}
