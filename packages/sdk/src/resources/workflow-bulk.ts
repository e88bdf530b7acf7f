import { body, post, put } from '../client/call.js'
import type { Resource } from '../client/resource.js'
import type { BulkResponse } from '../models/bulk-response.js'

export type WorkflowBulkResourceApi = Resource<typeof workflowBulkOperations>

export const workflowBulkOperations = {
  pauseWorkflow1: (requestBody: string[]) => put<BulkResponse>('/workflow/bulk/pause', {}, {}, body({ requestBody })),
  resumeWorkflow1: (requestBody: string[]) => put<BulkResponse>('/workflow/bulk/resume', {}, {}, body({ requestBody })),
  restart1: (requestBody: string[], useLatestDefinitions?: boolean) =>
    post<BulkResponse>('/workflow/bulk/restart', {}, { useLatestDefinitions }, body({ requestBody })),
  retry1: (requestBody: string[]) => post<BulkResponse>('/workflow/bulk/retry', {}, {}, body({ requestBody })),
  terminate: (requestBody: string[], reason?: string) => post<BulkResponse>('/workflow/bulk/terminate', {}, { reason }, body({ requestBody })),
}
