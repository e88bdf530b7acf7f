import { body, forNothing, forText, post, put, type Query, read, remove } from '../client/call.js'
import type { Resource } from '../client/resource.js'
import type { ExternalStorageLocation } from '../models/external-storage-location.js'
import type { JsonMap } from '../models/model.js'
import type { SearchResultWorkflow, SearchResultWorkflowSummary } from '../models/search-result.js'
import type { SkipTaskRequest } from '../models/task.js'
import type { RerunWorkflowRequest, StartWorkflowRequest, Workflow, WorkflowTestRequest } from '../models/workflow.js'

export type WorkflowResourceApi = Resource<typeof workflowOperations>

export const workflowOperations = {
  startWorkflow: (startWorkflowRequest: StartWorkflowRequest) => forText(post('/workflow', {}, {}, body({ startWorkflowRequest }))),
  startWorkflow1: (name: string, input: JsonMap, version?: number, correlationId?: string, priority?: number) =>
    forText(post('/workflow/{name}', { name }, { version, correlationId, priority }, body({ input }))),
  getExecutionStatus: (workflowId: string, includeTasks?: boolean) => read<Workflow>('/workflow/{workflowId}', { workflowId }, { includeTasks }),
  terminate1: (workflowId: string, reason?: string, triggerFailureWorkflow?: boolean) =>
    remove('/workflow/{workflowId}', { workflowId }, { reason, triggerFailureWorkflow }),
  _delete: (workflowId: string, archiveWorkflow?: boolean) => remove('/workflow/{workflowId}/remove', { workflowId }, { archiveWorkflow }),
  pauseWorkflow: (workflowId: string) => forNothing(put('/workflow/{workflowId}/pause', { workflowId })),
  resumeWorkflow: (workflowId: string) => forNothing(put('/workflow/{workflowId}/resume', { workflowId })),
  restart: (workflowId: string, useLatestDefinitions?: boolean) => forNothing(post('/workflow/{workflowId}/restart', { workflowId }, { useLatestDefinitions })),
  retry: (workflowId: string, resumeSubworkflowTasks?: boolean) => forNothing(post('/workflow/{workflowId}/retry', { workflowId }, { resumeSubworkflowTasks })),
  rerun: (workflowId: string, rerunWorkflowRequest: RerunWorkflowRequest) =>
    forText(post('/workflow/{workflowId}/rerun', { workflowId }, {}, body({ rerunWorkflowRequest }))),
  resetWorkflow: (workflowId: string) => forNothing(post('/workflow/{workflowId}/resetcallbacks', { workflowId })),
  /** In the body for servers that read it, and as query parameters for those that bind them from there. */
  skipTaskFromWorkflow: (workflowId: string, taskReferenceName: string, skipTaskRequest: SkipTaskRequest) =>
    forNothing(
      put('/workflow/{workflowId}/skiptask/{taskReferenceName}', { workflowId, taskReferenceName }, flatten(skipTaskRequest), body({ skipTaskRequest })),
    ),
  decide: (workflowId: string) => forNothing(put('/workflow/decide/{workflowId}', { workflowId })),
  getRunningWorkflow: (name: string, version?: number, startTime?: number, endTime?: number) =>
    read<string[]>('/workflow/running/{name}', { name }, { version, startTime, endTime }),
  getWorkflows: (name: string, requestBody: string[], includeClosed?: boolean, includeTasks?: boolean) => ({
    ...post<{ [correlationId: string]: Workflow[] }>('/workflow/{name}/correlated', { name }, { includeClosed, includeTasks }, body({ requestBody })),
    repeatable: true,
  }),
  getWorkflows1: (name: string, correlationId: string, includeClosed?: boolean, includeTasks?: boolean) =>
    read<Workflow[]>('/workflow/{name}/correlated/{correlationId}', { name, correlationId }, { includeClosed, includeTasks }),
  search: (start?: number, size?: number, sort?: string, freeText?: string, query?: string) =>
    read<SearchResultWorkflowSummary>('/workflow/search', {}, { start, size, sort, freeText, query }),
  searchV2: (start?: number, size?: number, sort?: string, freeText?: string, query?: string) =>
    read<SearchResultWorkflow>('/workflow/search-v2', {}, { start, size, sort, freeText, query }),
  searchWorkflowsByTasks: (start?: number, size?: number, sort?: string, freeText?: string, query?: string) =>
    read<SearchResultWorkflowSummary>('/workflow/search-by-tasks', {}, { start, size, sort, freeText, query }),
  searchWorkflowsByTasksV2: (start?: number, size?: number, sort?: string, freeText?: string, query?: string) =>
    read<SearchResultWorkflow>('/workflow/search-by-tasks-v2', {}, { start, size, sort, freeText, query }),
  testWorkflow: (workflowTestRequest: WorkflowTestRequest) => ({
    ...post<Workflow>('/workflow/test', {}, {}, body({ workflowTestRequest })),
    repeatable: true,
  }),
  getExternalStorageLocation: (path: string, operation: string, payloadType: string) =>
    read<ExternalStorageLocation>('/workflow/externalstoragelocation', {}, { path, operation, payloadType }),
}

/** `taskInput[key]=value`, values that are not scalars as JSON text. */
function flatten(request: SkipTaskRequest | undefined): Query {
  const query: Record<string, string> = {}
  for (const [field, map] of Object.entries(request ?? {})) {
    for (const [key, value] of Object.entries(map ?? {})) query[`${field}[${key}]`] = typeof value === 'string' ? value : JSON.stringify(value)
  }
  return query
}
