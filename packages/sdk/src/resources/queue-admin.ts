import { body, forNothing, post, read } from '../client/call.js'
import type { Resource } from '../client/resource.js'
import type { JsonMap } from '../models/model.js'

export type QueueAdminResourceApi = Resource<typeof queueAdminOperations>

export const queueAdminOperations = {
  names: () => read<{ [status: string]: string }>('/queue/'),
  size1: () => read<{ [queue: string]: number }>('/queue/size'),
  update1: (workflowId: string, taskRefName: string, status: string, requestBody: JsonMap) =>
    forNothing(post('/queue/update/{workflowId}/{taskRefName}/{status}', { workflowId, taskRefName, status }, {}, body({ requestBody }))),
  updateByTaskId: (workflowId: string, taskId: string, status: string, requestBody: JsonMap) =>
    forNothing(post('/queue/update/{workflowId}/task/{taskId}/{status}', { workflowId, taskId, status }, {}, body({ requestBody }))),
}
