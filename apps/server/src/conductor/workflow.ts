/** Reading workflows, and what an operator does to them. */
import { type ConductorCommand, workflowStatusToWire, workflowToWire } from '@busbar/conductor'
import type { EngineApi } from '@busbar/engine'
import { isJsonObject, type JsonObject, Problem } from '@busbar/kernel'
import { type Answer, empty, json } from '../http/answer.js'
import type { Call } from '../http/call.js'
import type { Route } from '../http/route.js'
import { command, mustWorkflow } from './executions.js'
import { inBothFamilies } from './families.js'
import { readFlag, readInteger, readText } from './read-query.js'

export function workflowRoutes(engine: EngineApi): Route[] {
  const operate = (method: Route['method'], path: string, status: 200 | 204, summary: string, make: (call: Call) => ConductorCommand): Route => ({
    method,
    paths: inBothFamilies(path),
    owner: 'conductor',
    scope: 'operate',
    summary,
    handle: async call => {
      await mustWorkflow(engine, call.param('workflowId'))
      await command(engine, call.param('workflowId'), make(call))
      return empty(status)
    },
  })
  return [
    {
      method: 'GET',
      paths: ['/api/workflow/{workflowId}'],
      owner: 'conductor',
      scope: 'read',
      summary: 'A workflow with its tasks',
      query: { includeTasks: 'true' },
      handle: call => getWorkflow(engine, call),
    },
    {
      method: 'GET',
      paths: ['/api/workflow/{workflowId}/tasks'],
      owner: 'conductor',
      scope: 'read',
      summary: 'A page of the tasks of a workflow',
      query: { start: '0', count: '15', status: 'repeatable' },
      handle: call => getTasks(engine, call),
    },
    {
      method: 'GET',
      paths: ['/api/workflow/{workflowId}/status'],
      owner: 'conductor',
      scope: 'read',
      summary: 'The status of a workflow',
      query: { includeOutput: 'false', includeVariables: 'false' },
      handle: call => getStatus(engine, call),
    },
    operate('DELETE', '/api/workflow/{workflowId}', 200, 'Terminates a workflow', call => ({
      kind: 'terminate',
      reason: readText(call, 'reason'),
      startsFailureWorkflow: readFlag(call, 'triggerFailureWorkflow', false),
    })),
    operate('PUT', '/api/workflow/decide/{workflowId}', 200, 'Looks at a workflow now', () => ({ kind: 'decide' })),
    operate('PUT', '/api/workflow/{workflowId}/pause', 200, 'Pauses a workflow', () => ({ kind: 'pause' })),
    operate('PUT', '/api/workflow/{workflowId}/resume', 200, 'Resumes a paused workflow', () => ({ kind: 'resume' })),
    operate('POST', '/api/workflow/{workflowId}/resetcallbacks', 204, 'Makes delayed tasks due now', () => ({ kind: 'resetCallbacks' })),
    operate('POST', '/api/workflow/{workflowId}/restart', 204, 'Runs an ended workflow from its beginning', call => ({
      kind: 'restart',
      useLatestDefinitions: readFlag(call, 'useLatestDefinitions', false),
    })),
    operate('POST', '/api/workflow/{workflowId}/retry', 204, 'Tries the failed tasks of an ended workflow again', call => ({
      kind: 'retry',
      resumeSubworkflowTasks: readFlag(call, 'resumeSubworkflowTasks', false),
    })),
    operate('PUT', '/api/workflow/{workflowId}/skiptask/{taskReferenceName}', 200, 'Skips a task that has not begun', call => ({
      kind: 'skipTask',
      reference: call.param('taskReferenceName'),
      // A JSON body is not read here: the original takes both from the query only, where objects cannot be.
      taskInput: null,
      taskOutput: null,
    })),
  ]
}

async function getWorkflow(engine: EngineApi, call: Call): Promise<Answer> {
  const view = await mustWorkflow(engine, call.param('workflowId'))
  return json(200, workflowToWire(view, { includeTasks: readFlag(call, 'includeTasks', true) }))
}

async function getTasks(engine: EngineApi, call: Call): Promise<Answer> {
  const view = await mustWorkflow(engine, call.param('workflowId'))
  const start = readInteger(call, 'start', 0)
  const count = readInteger(call, 'count', 15)
  if (start < 0) throw new Problem('invalid', `fromIndex = ${start}`)
  if (count < 0) throw new Problem('invalid', `fromIndex(${start}) > toIndex(${start + count})`)
  const statuses = new Set(
    call
      .queries('status')
      .flatMap(value => value.split(','))
      .filter(value => value !== '')
      .map(value => value.toUpperCase()),
  )
  const all = tasksOf(workflowToWire(view, { includeTasks: true }))
  const matching = statuses.size === 0 ? all : all.filter(task => statuses.has(String(task['status'])))
  return json(200, { totalHits: matching.length, results: matching.slice(start, start + count) })
}

function tasksOf(workflow: JsonObject): readonly JsonObject[] {
  const tasks = workflow['tasks']
  return Array.isArray(tasks) ? tasks.filter(isJsonObject) : []
}

async function getStatus(engine: EngineApi, call: Call): Promise<Answer> {
  const view = await mustWorkflow(engine, call.param('workflowId'))
  const includeOutput = readFlag(call, 'includeOutput', false)
  return json(200, workflowStatusToWire(view, { includeOutput, includeVariables: readFlag(call, 'includeVariables', false) }))
}
