/** Running an ended workflow again: from its beginning, from one of its tasks, or from a task of its children at any depth. */
import { type ConductorView, titleOf, workflowStatus } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import { type AttemptId, type ExecutionId, executionIdOf, isJsonObject, parseAttemptId, Problem } from '@busbar/kernel'
import { type Answer, text } from '../http/answer.js'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import type { Route } from '../http/route.js'
import { Changes, changeWaitMs } from './changes.js'
import { command, findTask, findWorkflow, mustWorkflow } from './executions.js'

export function rerunRoutes(engine: EngineApi): Route[] {
  return [
    {
      method: 'POST',
      paths: ['/api/workflow/{workflowId}/rerun'],
      owner: 'conductor',
      scope: 'operate',
      bodyBytesMax: limits.payloadBytesMax,
      summary: 'Runs an ended workflow again from one of its tasks; answers its id',
      handle: call => rerun(engine, call),
    },
  ]
}

async function rerun(engine: EngineApi, call: Call): Promise<Answer> {
  const { reRunFromTaskId: from, workflowInput, taskInput, correlationId } = call.object()
  const view = await mustWorkflow(engine, call.param('workflowId'))
  mustHaveEnded(view)
  const { id } = view
  const isNamed = typeof from === 'string' && from !== ''
  const fromTask = isNamed ? parseAttemptId(from) : null
  const path = fromTask === null ? [] : await pathTo(engine, id, fromTask)
  if (isNamed && (fromTask === null || path === null)) throw new Problem('invalid', `Task ${from} not found`)
  await command(engine, id, {
    kind: 'rerun',
    fromTask,
    path: path ?? [],
    workflowInput: isJsonObject(workflowInput) ? workflowInput : null,
    taskInput: isJsonObject(taskInput) ? taskInput : null,
    correlationId: typeof correlationId === 'string' ? correlationId : null,
  })
  if (path !== null && path.length > 0) await untilItRuns(engine, id, call)
  return text(200, id)
}

/** The executions from below `root` down to that of the task, found by walking up; null: the task is not in its family. */
async function pathTo(engine: EngineApi, root: ExecutionId, task: AttemptId): Promise<readonly ExecutionId[] | null> {
  if ((await findTask(engine, task)) === null) return null
  const path: ExecutionId[] = []
  let at: ExecutionId | null = executionIdOf(task)
  while (at !== null && at !== root && path.length < limits.runFamilyMax) {
    const view = await mustWorkflow(engine, at)
    mustHaveEnded(view)
    path.unshift(at)
    at = view.execution.parent?.execution ?? null
  }
  return at === root ? path : null
}

function mustHaveEnded(view: ConductorView): void {
  if (view.isTerminal) return
  throw new Problem('conflict', `Workflow: ${titleOf(view)}.${workflowStatus(view.status)} is not in terminal state, unable to rerun.`)
}

/** News of a child that runs again travel up, level by level; they are there within moments. */
const newsMsMax = 2_000

async function untilItRuns(engine: EngineApi, id: ExecutionId, call: Call): Promise<void> {
  const deadline = performance.now() + newsMsMax
  const changes = new Changes(engine)
  changes.watch(id)
  try {
    for (let left = newsMsMax; left > 0 && !call.isGone; left = deadline - performance.now()) {
      const seen = changes.count
      if ((await findWorkflow(engine, id))?.isTerminal === false) return
      await changes.after(seen, changeWaitMs(engine, left), call)
    }
  } finally {
    changes.stop()
  }
}
