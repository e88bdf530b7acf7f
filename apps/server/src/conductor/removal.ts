/** Removing workflows for good. */
import { workflowStatus } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import { Problem } from '@busbar/kernel'
import { type Answer, empty } from '../http/answer.js'
import type { Call } from '../http/call.js'
import type { Route } from '../http/route.js'
import { command, mustWorkflow } from './executions.js'
import { readFlag, readText } from './read-query.js'

export function removalRoutes(engine: EngineApi): Route[] {
  const remove = (path: string, summary: string, query: Record<string, string>, handle: (id: string, call: Call) => Promise<void>): Route => ({
    method: 'DELETE',
    paths: [`/api/workflow/{workflowId}/${path}`],
    owner: 'conductor',
    scope: 'admin',
    summary,
    query,
    handle: async (call): Promise<Answer> => {
      await handle(call.param('workflowId'), call)
      return empty(200)
    },
  })
  return [
    remove('remove', 'Removes a workflow for good', { archiveWorkflow: 'true: only when it has ended' }, (id, call) =>
      removeWorkflow(engine, id, { onlyEnded: readFlag(call, 'archiveWorkflow', true) }),
    ),
    remove('terminate-remove', 'Terminates a workflow and removes it', { reason: '', archiveWorkflow: '' }, async (id, call) => {
      await mustWorkflow(engine, id)
      await command(engine, id, { kind: 'terminate', reason: readText(call, 'reason') })
      await removeWorkflow(engine, id, { onlyEnded: true })
    }),
  ]
}

export async function removeWorkflow(engine: EngineApi, id: string, { onlyEnded }: { readonly onlyEnded: boolean }): Promise<void> {
  const view = await mustWorkflow(engine, id)
  if (onlyEnded && !view.isTerminal) throw new Problem('invalid', `Cannot archive workflow: ${view.id} with status: ${workflowStatus(view.status)}`)
  if (!view.isTerminal) await command(engine, view.id, { kind: 'leaveGates' })
  await engine.remove(view.id)
}

/** One that has ended is left as it is. */
export async function terminateWorkflow(engine: EngineApi, id: string, reason: string | null): Promise<void> {
  const view = await mustWorkflow(engine, id)
  if (!view.isTerminal) await command(engine, id, { kind: 'terminate', reason })
}
