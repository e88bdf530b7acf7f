import { forText, post, read } from '../client/call.js'
import type { Resource } from '../client/resource.js'
import type { JsonMap } from '../models/model.js'
import type { Task } from '../models/task.js'

export type AdminResourceApi = Resource<typeof adminOperations>

export const adminOperations = {
  getAllConfig: () => read<JsonMap>('/admin/config'),
  getEventQueues: (verbose?: boolean) => read<JsonMap>('/admin/queues', {}, { verbose }),
  requeueSweep: (workflowId: string) => forText(post('/admin/sweep/requeue/{workflowId}', { workflowId })),
  verifyAndRepairWorkflowConsistency: (workflowId: string) => forText(post('/admin/consistency/verifyAndRepair/{workflowId}', { workflowId })),
  view: (tasktype: string, start?: number, count?: number) => read<Task[]>('/admin/task/{tasktype}', { tasktype }, { start, count }),
}
