/** Workspaces and their tasks. */
import type { EngineApi } from '@busbar/engine'
import { type ExecutionId, isJsonObject, type JsonObject, Problem } from '@busbar/kernel'
import { lookUp, type OtherWorkspace, startRequest, taskDetail, taskRow, type Workspace, workspaceRow } from '@busbar/stroem'
import { type Answer, json } from '../http/answer.js'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import { throwIfRefused, WireProblem } from '../http/problem.js'
import type { Route } from '../http/route.js'
import { findJob, isUuid, requireJsonType } from './requests.js'
import { SharedRefresh } from './shared-refresh.js'
import type { WorkspaceEntry, Workspaces } from './workspaces.js'

export interface WorkspaceRouteParts {
  readonly engine: EngineApi
  readonly workspaces: Workspaces
  readonly heartbeatTimeoutMs: number
  readonly unmatchedTimeoutMs: number
}

export function workspaceRoutes(parts: WorkspaceRouteParts): Route[] {
  const { workspaces } = parts
  const refreshes = new SharedRefresh(parts.engine, workspaces)
  return [
    {
      method: 'GET',
      paths: ['/api/workspaces'],
      owner: 'stroem',
      scope: 'read',
      summary: 'All workspaces with counts, warnings and errors',
      handle: () => json(200, workspaces.list().map(describe)),
    },
    {
      method: 'POST',
      paths: ['/api/workspaces/{ws}/refresh'],
      owner: 'stroem',
      scope: 'operate',
      summary: 'Loads a workspace anew',
      handle: call => refresh(refreshes, call),
    },
    {
      method: 'GET',
      paths: ['/api/tasks'],
      owner: 'stroem',
      scope: 'read',
      summary: 'The tasks of all workspaces',
      handle: () =>
        json(
          200,
          workspaces.list().flatMap(({ loaded }) => (loaded ? tasksOf(loaded.workspace) : [])),
        ),
    },
    {
      method: 'GET',
      paths: ['/api/workspaces/{ws}/tasks'],
      owner: 'stroem',
      scope: 'read',
      summary: 'The tasks of a workspace',
      handle: call => {
        const { workspace } = mustLoaded(workspaces, call.param('ws'))
        return json(200, tasksOf(workspace))
      },
    },
    {
      method: 'GET',
      paths: ['/api/workspaces/{ws}/tasks/{task}'],
      owner: 'stroem',
      scope: 'read',
      summary: 'A task with its inputs, steps and triggers',
      handle: call => {
        const { workspace } = mustTask(workspaces, call)
        return json(200, taskDetail(workspace, call.param('task')))
      },
    },
    {
      method: 'POST',
      paths: ['/api/workspaces/{ws}/tasks/{task}/execute'],
      owner: 'stroem',
      scope: 'start',
      bodyBytesMax: limits.stroemBodyBytesMax,
      summary: 'Starts a job',
      handle: call => execute(parts, call),
    },
  ]
}

function describe({ name, error, revision, loaded }: WorkspaceEntry): JsonObject {
  return loaded === null || error !== null
    ? workspaceRow({ name, revision, error: error ?? 'not loaded yet' })
    : workspaceRow({ name, revision, workspace: loaded.workspace })
}

function tasksOf(workspace: Workspace): readonly JsonObject[] {
  return Object.entries(workspace.tasks).map(([id, task]) => taskRow(workspace, id, task))
}

async function refresh(refreshes: SharedRefresh, call: Call): Promise<Answer> {
  const entry = await refreshes.refresh(call.param('ws'))
  return json(200, { workspace: entry.name, revision: entry.loaded?.revision ?? null, refreshed: true })
}

function mustLoaded(workspaces: Workspaces, name: string): { readonly workspace: Workspace; readonly revision: string } {
  const loaded = workspaces.find(name)?.loaded
  if (!loaded) throw new Problem('missing', `Workspace '${name}' not found`)
  return loaded
}

function mustTask(workspaces: Workspaces, call: Call): { readonly workspace: Workspace; readonly revision: string } {
  const loaded = mustLoaded(workspaces, call.param('ws'))
  if (!lookUp(loaded.workspace.tasks, call.param('task'))) throw new Problem('missing', 'Task not found')
  return loaded
}

async function execute(parts: WorkspaceRouteParts, call: Call): Promise<Answer> {
  const { input, sourceJobId } = parseExecution(call)
  const { workspace, revision } = mustTask(parts.workspaces, call)
  const sourceJob = sourceJobId === null ? null : await findSourceJob(parts.engine, sourceJobId)
  const request = startRequest(workspace, call.param('task'), {
    input,
    sourceType: sourceJob === null ? 'api' : 'rerun',
    revision,
    heartbeatTimeoutMs: parts.heartbeatTimeoutMs,
    unmatchedTimeoutMs: parts.unmatchedTimeoutMs,
    otherWorkspace: name => otherWorkspace(parts.workspaces, name),
    ...(sourceJob === null ? {} : { sourceJob }),
  })
  const started = throwIfRefused(await parts.engine.create('stroem', throwIfRefused(request)))
  return json(200, { job_id: started.id })
}

function otherWorkspace(workspaces: Workspaces, name: string): OtherWorkspace | null {
  const loaded = workspaces.find(name)?.loaded
  return loaded ? { actions: loaded.workspace.actions, revision: loaded.revision } : null
}

function parseExecution(call: Call): { readonly input: JsonObject; readonly sourceJobId: string | null } {
  requireJsonType(call)
  const value = call.json()
  // The original takes an empty list for an empty object; clients rely on it by accident.
  const body = Array.isArray(value) && value.length === 0 ? {} : value
  if (!isJsonObject(body)) throw new WireProblem(422, 'expected a JSON object as body')
  const { input, source_job_id: source } = body
  if (input !== undefined && !isJsonObject(input)) throw new WireProblem(422, 'the field "input": expected an object')
  if (source !== undefined && source !== null && (typeof source !== 'string' || !isUuid(source)))
    throw new WireProblem(422, 'the field "source_job_id": expected a UUID')
  return { input: input ?? {}, sourceJobId: typeof source === 'string' ? source.toLowerCase() : null }
}

async function findSourceJob(engine: EngineApi, id: string): Promise<{ readonly id: string; readonly workspace: string; readonly rawInput: JsonObject }> {
  const view = await findJob(engine, id as ExecutionId)
  if (!view) throw new Problem('invalid', `Source job ${id} not found`)
  return { id, workspace: view.brief.workspace, rawInput: view.brief.rawInput ?? {} }
}
