import { type Call, body, forNothing, forText, post, read, textBody } from '../client/call.js'
import type { Resource } from '../client/resource.js'
import type { ExternalStorageLocation } from '../models/external-storage-location.js'
import type { SearchResultTask, SearchResultTaskSummary } from '../models/search-result.js'
import type { PollData, Task, TaskExecLog, TaskResult } from '../models/task.js'

export type TaskResourceApi = Resource<typeof taskOperations>

export const taskOperations = {
  /** Nothing when the queue is empty. */
  poll: (tasktype: string, workerid?: string, domain?: string): Call<Task | undefined> => ({
    ...read<Task | undefined>('/tasks/poll/{tasktype}', { tasktype }, { workerid, domain }),
    finish: parsed => (parsed ?? undefined) as Task | undefined,
  }),
  batchPoll: (tasktype: string, workerid?: string, domain?: string, count?: number, timeout?: number): Call<Task[]> => ({
    ...read<Task[]>('/tasks/poll/batch/{tasktype}', { tasktype }, { workerid, domain, count, timeout }),
    waitMs: timeout ?? 0,
    finish: parsed => (Array.isArray(parsed) ? parsed : []),
  }),
  /** A second arrival is ignored by the server, so it may be repeated. */
  updateTask: (taskResult: TaskResult) => ({ ...forText(post('/tasks', {}, {}, body({ taskResult }))), repeatable: true }),
  getTask: (taskId: string) => read<Task>('/tasks/{taskId}', { taskId }),
  /** As plain text: the servers keep the body as it comes, and JSON would come with its quotes. */
  log: (taskId: string, body: string) => forNothing(post('/tasks/{taskId}/log', { taskId }, {}, textBody({ body }))),
  getTaskLogs: (taskId: string): Call<TaskExecLog[]> => ({
    ...read<TaskExecLog[]>('/tasks/{taskId}/log', { taskId }),
    finish: parsed => (Array.isArray(parsed) ? parsed : []),
  }),
  all: () => read<{ [queue: string]: number }>('/tasks/queue/all'),
  allVerbose: () => read<{ [queue: string]: { [shard: string]: { [measure: string]: number } } }>('/tasks/queue/all/verbose'),
  size: (taskType?: string[]) => read<{ [taskType: string]: number }>('/tasks/queue/sizes', {}, { taskType }),
  taskDepth: (taskType: string, domain?: string, isolationGroupId?: string, executionNamespace?: string) =>
    read<number>('/tasks/queue/size', {}, { taskType, domain, isolationGroupId, executionNamespace }),
  getPollData: (taskType: string) => read<PollData[]>('/tasks/queue/polldata', {}, { taskType }),
  getAllPollData: () => read<PollData[]>('/tasks/queue/polldata/all'),
  requeuePendingTask: (taskType: string) => forText(post('/tasks/queue/requeue/{taskType}', { taskType })),
  search1: (start?: number, size?: number, sort?: string, freeText?: string, query?: string) =>
    read<SearchResultTaskSummary>('/tasks/search', {}, { start, size, sort, freeText, query }),
  searchV21: (start?: number, size?: number, sort?: string, freeText?: string, query?: string) =>
    read<SearchResultTask>('/tasks/search-v2', {}, { start, size, sort, freeText, query }),
  getExternalStorageLocation1: (path: string, operation: string, payloadType: string) =>
    read<ExternalStorageLocation>('/tasks/externalstoragelocation', {}, { path, operation, payloadType }),
}
