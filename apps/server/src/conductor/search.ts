/** Searching workflows and tasks. What is found is as new as the last commit that was answered: nothing is indexed behind. */
import {
  taskCondition,
  taskOrder,
  taskSummary,
  taskToWire,
  workflowByTaskCondition,
  workflowCondition,
  workflowOrder,
  workflowSummary,
  workflowToWire,
} from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import { type Condition, type ExecutionId, invariant, isRefusal, type JsonObject, ordinalOf, Problem, type Refusal } from '@busbar/kernel'
import { type Answer, json } from '../http/answer.js'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import { throwIfRefused } from '../http/problem.js'
import type { Route } from '../http/route.js'
import { findWorkflow, type FoundTask, type WorkflowView } from './executions.js'
import { inBothFamilies } from './families.js'
import { readFlag, readInteger, readText } from './read-query.js'
import { invalidValue, violated } from './violations.js'

const query = {
  query: "conditions joined by AND: workflowType='a' AND status IN (RUNNING,FAILED)",
  freeText: '*; a part of what a summary shows',
  sort: 'field:ASC|DESC, separated by |',
  start: '0',
  size: '100; 5000 at most',
}

export function searchRoutes(engine: EngineApi): Route[] {
  const route = (path: string, summary: string, handle: Route['handle'], more: Readonly<Record<string, string>> = {}): Route => ({
    method: 'GET',
    paths: inBothFamilies(path),
    owner: 'conductor',
    scope: 'read',
    summary,
    query: { ...query, ...more },
    handle,
  })
  const kinds = { classifier: 'kinds of workflows, separated by commas', topLevelOnly: 'false' }
  return [
    route('/api/workflow/search', 'Searches workflows', call => workflows(engine, call, 'searchWorkflows', askedOf(call), workflowSummary), kinds),
    route(
      '/api/workflow/search-v2',
      'Searches workflows; answers whole ones without tasks',
      call => workflows(engine, call, 'searchWorkflowsV2', askedOf(call), whole),
      kinds,
    ),
    route('/api/workflow/search-by-tasks', 'Searches workflows by their tasks', call =>
      workflows(engine, call, 'searchWorkflowsByTasks', askedByTasks(call), workflowSummary),
    ),
    route('/api/workflow/search-by-tasks-v2', 'Searches workflows by their tasks; answers whole ones without tasks', call =>
      workflows(engine, call, 'searchWorkflowsByTasksV2', askedByTasks(call), whole),
    ),
    route('/api/tasks/search', 'Searches tasks', call => tasks(engine, call, 'search', ({ view, attempt }) => taskSummary(view, attempt))),
    route('/api/tasks/search-v2', 'Searches tasks; answers whole ones', call =>
      tasks(engine, call, 'searchV2', ({ view, attempt }) => taskToWire(view, attempt)),
    ),
  ]
}

function askedOf(call: Call): Condition | Refusal {
  const classifiers = (readText(call, 'classifier') ?? '').split(',').map(kind => kind.trim())
  return workflowCondition({
    query: readText(call, 'query') ?? '',
    freeText: readText(call, 'freeText') ?? '*',
    classifiers: classifiers.filter(kind => kind !== ''),
    topLevelOnly: readFlag(call, 'topLevelOnly', false),
  })
}

function askedByTasks(call: Call): Condition | Refusal {
  return workflowByTaskCondition(readText(call, 'query') ?? '', readText(call, 'freeText') ?? '*')
}

function whole(view: WorkflowView): JsonObject {
  return workflowToWire(view, { includeTasks: false })
}

async function workflows(
  engine: EngineApi,
  call: Call,
  service: string,
  asked: Condition | Refusal,
  shown: (view: WorkflowView) => JsonObject,
): Promise<Answer> {
  const page = pageOf(call, service)
  const where = throwIfRefused(asked)
  const { executions, total } = await engine.store.searchExecutions({ ...ours, where, order: workflowOrder(readText(call, 'sort') ?? ''), ...page })
  const results: JsonObject[] = []
  for (const execution of executions) {
    const { dialect, view } = await engine.glance(execution)
    invariant(dialect === 'conductor', `a search of workflows found ${execution.id} of ${dialect}`)
    results.push(shown(view))
  }
  return json(200, { totalHits: total, results })
}

async function tasks(engine: EngineApi, call: Call, service: string, shown: (task: FoundTask) => JsonObject): Promise<Answer> {
  const page = pageOf(call, service)
  const asked = taskCondition(readText(call, 'query') ?? '', readText(call, 'freeText') ?? '*')
  if (isRefusal(asked)) throw new Problem(asked.code, asked.message)
  const { attempts, total } = await engine.store.searchAttempts({ ...ours, where: asked, order: taskOrder(readText(call, 'sort') ?? ''), ...page })
  const views = await viewsOf(engine, new Set(attempts.map(({ execution }) => execution)))
  const results = attempts.flatMap(({ execution, attempt: { id } }) => {
    const view = views.get(execution)
    const attempt = view?.attempt(ordinalOf(id))
    return view && attempt ? [shown({ view, attempt })] : []
  })
  return json(200, { totalHits: total, results })
}

/** What was removed meanwhile is left out. */
async function viewsOf(engine: EngineApi, ids: ReadonlySet<ExecutionId>): Promise<ReadonlyMap<ExecutionId, WorkflowView>> {
  const views = new Map<ExecutionId, WorkflowView>()
  for (const id of ids) {
    const view = await findWorkflow(engine, id)
    if (view) views.set(id, view)
  }
  return views
}

/** What is kept for events, schedules and gates has a namespace of its own. */
const ours = { dialect: 'conductor', namespace: '' } as const

function pageOf(call: Call, service: string): { readonly offset: number; readonly limit: number } {
  const size = readInteger(call, 'size', 100)
  if (size > limits.searchSizeMax)
    throw violated([invalidValue(`${service}.arg1`, `Cannot return more than ${limits.searchSizeMax} workflows. Please use pagination.`, size)])
  return { offset: Math.max(0, readInteger(call, 'start', 0)), limit: Math.max(0, size) }
}
