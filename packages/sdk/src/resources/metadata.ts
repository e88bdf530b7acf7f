import { body, forNothing, post, put, read, remove } from '../client/call.js'
import type { Resource } from '../client/resource.js'
import type { BulkResponse } from '../models/bulk-response.js'
import type { TaskDef } from '../models/task-def.js'
import type { WorkflowDef } from '../models/workflow-def.js'

export type MetadataResourceApi = Resource<typeof metadataOperations>

export const metadataOperations = {
  /** An existing version is a conflict: 409. */
  create: (workflowDef: WorkflowDef) => forNothing(post('/metadata/workflow', {}, {}, body({ workflowDef }))),
  update: (workflowDef: WorkflowDef[]) => put<BulkResponse>('/metadata/workflow', {}, {}, body({ workflowDef })),
  get: (name: string, version?: number) => read<WorkflowDef>('/metadata/workflow/{name}', { name }, { version }),
  getAll: () => read<WorkflowDef[]>('/metadata/workflow'),
  getAllWorkflowsWithLatestVersions: () => read<WorkflowDef[]>('/metadata/workflow/latest-versions'),
  getWorkflowNamesAndVersions: () =>
    read<{ [name: string]: { name: string; version: number; createTime?: number; updateTime?: number }[] }>('/metadata/workflow/names-and-versions'),
  unregisterWorkflowDef: (name: string, version: number) => remove('/metadata/workflow/{name}/{version}', { name, version }),
  validate: (workflowDef: WorkflowDef) => ({
    ...forNothing(post('/metadata/workflow/validate', {}, {}, body({ workflowDef }))),
    repeatable: true,
  }),
  registerTaskDef: (taskDef: TaskDef[]) => ({ ...forNothing(post('/metadata/taskdefs', {}, {}, body({ taskDef }))), repeatable: true }),
  updateTaskDef: (taskDef: TaskDef) => forNothing(put('/metadata/taskdefs', {}, {}, body({ taskDef }))),
  getTaskDef: (tasktype: string) => read<TaskDef>('/metadata/taskdefs/{tasktype}', { tasktype }),
  getTaskDefs: () => read<TaskDef[]>('/metadata/taskdefs'),
  unregisterTaskDef: (tasktype: string) => remove('/metadata/taskdefs/{tasktype}', { tasktype }),
}
