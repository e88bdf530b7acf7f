import { ApiException } from '../client/api-exception.js'
import type { CoreClient } from '../client/core-client.js'
import { type Clock, systemClock } from '../clock.js'
import type { TaskResultStatusEnum } from '../models/enums.js'
import type { JsonMap } from '../models/model.js'
import type { SearchResultWorkflowSummary } from '../models/search-result.js'
import type { SkipTaskRequest, Task } from '../models/task.js'
import type { RerunWorkflowRequest, StartWorkflowRequest, Workflow } from '../models/workflow.js'
import type { WorkflowDef } from '../models/workflow-def.js'

/** Between the tries of `getWorkflow`. */
const getWorkflowDelayMs = 10_000
const worthAnotherTry = new Set([403, 404, 500])

/** Registers, starts and steers workflows. Every failure is a `ConductorError` with the server's message; one that the server answered also has `code`. */
export class WorkflowManager {
  readonly _client: CoreClient
  private readonly clock: Clock

  constructor(client: CoreClient, clock: Clock = systemClock) {
    this._client = client
    this.clock = clock
  }

  registerWorkflow(workflowDef: WorkflowDef): Promise<void> {
    return this._client.metadataResource.create(workflowDef)
  }

  unregisterWorkflow(name: string, version: number): Promise<void> {
    return this._client.metadataResource.unregisterWorkflowDef(name, version)
  }

  startWorkflow(request: StartWorkflowRequest): Promise<string> {
    return this._client.workflowResource.startWorkflow(request)
  }

  startWorkflows(requests: StartWorkflowRequest[]): Promise<string>[] {
    return requests.map(request => this.startWorkflow(request))
  }

  /** A new execution may not be readable at once on a server that indexes behind; `retry` more tries follow, ten seconds apart. */
  async getWorkflow(workflowInstanceId: string, includeTasks: boolean, retry = 0): Promise<Workflow> {
    for (let left = retry; ; left--) {
      try {
        return await this._client.workflowResource.getExecutionStatus(workflowInstanceId, includeTasks)
      } catch (error) {
        if (left <= 0 || !(error instanceof ApiException) || !worthAnotherTry.has(error.code)) throw error
      }
      await new Promise<void>(resolve => this.clock.later(getWorkflowDelayMs, resolve))
    }
  }

  pause(workflowInstanceId: string): Promise<void> {
    return this._client.workflowResource.pauseWorkflow(workflowInstanceId)
  }

  resume(workflowInstanceId: string): Promise<void> {
    return this._client.workflowResource.resumeWorkflow(workflowInstanceId)
  }

  rerun(workflowInstanceId: string, rerunWorkflowRequest: Partial<RerunWorkflowRequest> = {}): Promise<string> {
    return this._client.workflowResource.rerun(workflowInstanceId, rerunWorkflowRequest)
  }

  restart(workflowInstanceId: string, useLatestDefinitions: boolean): Promise<void> {
    return this._client.workflowResource.restart(workflowInstanceId, useLatestDefinitions)
  }

  retry(workflowInstanceId: string, resumeSubworkflowTasks: boolean): Promise<void> {
    return this._client.workflowResource.retry(workflowInstanceId, resumeSubworkflowTasks)
  }

  search(start: number, size: number, query: string, freeText: string, sort = ''): Promise<SearchResultWorkflowSummary> {
    return this._client.workflowResource.search(start, size, sort, freeText, query)
  }

  skipTasksFromWorkflow(workflowInstanceId: string, taskReferenceName: string, skipTaskRequest: Partial<SkipTaskRequest>): Promise<void> {
    return this._client.workflowResource.skipTaskFromWorkflow(workflowInstanceId, taskReferenceName, skipTaskRequest)
  }

  terminate(workflowInstanceId: string, reason: string): Promise<void> {
    return this._client.workflowResource.terminate1(workflowInstanceId, reason)
  }

  updateTask(taskId: string, workflowInstanceId: string, taskStatus: TaskResultStatusEnum, outputData: JsonMap): Promise<string> {
    return this._client.taskResource.updateTask({ outputData, status: taskStatus, taskId, workflowInstanceId })
  }

  getTask(taskId: string): Promise<Task> {
    return this._client.taskResource.getTask(taskId)
  }
}
