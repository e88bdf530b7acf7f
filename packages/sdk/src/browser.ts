/** The entry for browsers: everything but the workers, and a client that calls `fetch`. It imports nothing of Node. */
export {
  conductorEventTask,
  customTask,
  doWhileTask,
  dynamicForkTask,
  dynamicTask,
  eventTask,
  exclusiveJoinTask,
  forkBranches,
  forkTask,
  forkTaskJoin,
  httpTask,
  humanTask,
  inlineTask,
  joinTask,
  jsonJqTask,
  kafkaPublishTask,
  newLoopTask,
  noopTask,
  setVariableTask,
  simpleTask,
  sqsEventTask,
  startWorkflowTask,
  subWorkflowTask,
  switchScriptTask,
  switchTask,
  terminateTask,
  waitTaskDuration,
  waitTaskUntil,
  workflow,
} from './builders/tasks.js'
export {
  generate,
  generateCustomTask,
  generateDoWhileTask,
  generateEvaluationCode,
  generateEventTask,
  generateForkJoinDynamic,
  generateForkJoinTask,
  generateHTTPTask,
  generateInlineTask,
  generateJoinTask,
  generateJQTransformTask,
  generateKafkaPublishTask,
  generateSetVariableTask,
  generateSubWorkflowTask,
  generateSwitchTask,
  generateTerminateTask,
  generateWaitTask,
  type TaskDraft,
  taskGenMapper,
  type WorkflowDraft,
} from './builders/generators.js'
export type {
  CommonTaskDef,
  CustomTaskDef,
  DoWhileTaskDef,
  DynamicTaskDef,
  EventTaskDef,
  ExclusiveJoinTaskDef,
  ForkJoinDynamicDef,
  ForkJoinTaskDef,
  HttpInputParameters,
  HttpTaskDef,
  HumanTaskDef,
  InlineTaskDef,
  InlineTaskInputParameters,
  JoinTaskDef,
  JsonJQTransformTaskDef,
  KafkaPublishInputParameters,
  KafkaPublishTaskDef,
  NoopTaskDef,
  SetVariableTaskDef,
  SimpleTaskDef,
  StartWorkflowTaskDef,
  SubWorkflowTaskDef,
  SwitchTaskDef,
  TaskDefTypes,
  TerminateTaskDef,
  TerminationStatus,
  WaitTaskDef,
} from './builders/task-definitions.js'
export { ApiException } from './client/api-exception.js'
export { ConductorClient } from './client/browser-client.js'
export type { HttpInfo } from './client/channel.js'
export {
  type AuthMethods,
  type BaseServer,
  type CallOptions,
  type ConductorClientOptions,
  type Configuration,
  type ConfigurationParameters,
  createConfiguration,
  type HttpLibrary,
  type Middleware,
  type SecurityAuthentication,
  ServerConfiguration,
  server1,
} from './client/configuration.js'
export type { CoreClient } from './client/core-client.js'
export type { PathFamily } from './client/path-families.js'
export { HttpMethod, RequestContext, type ResponseBody, ResponseContext } from './client/request-context.js'
export { RequiredError } from './client/required-error.js'
export { ConductorError } from './http/conductor-error.js'
export { type FetchTransportOptions, fetchTransport } from './http/fetch-transport.js'
export type { HttpRequest, HttpResponse, Transport, TransportLimits } from './http/transport.js'
export { TransportError, type TransportFault } from './http/transport-error.js'
export { type ConductorLogger, type ConductorLogLevel, DefaultLogger, type DefaultLoggerConfig, noopLogger } from './logger.js'
export type { BulkResponse } from './models/bulk-response.js'
export {
  ActionActionEnum,
  IdempotencyStrategyEnum,
  TaskDefRetryLogicEnum,
  TaskDefTimeoutPolicyEnum,
  TaskMockStatusEnum,
  TaskResultStatus,
  TaskResultStatusEnum,
  TaskStatusEnum,
  TaskSummaryStatusEnum,
  TaskType,
  WorkflowDefTimeoutPolicyEnum,
  WorkflowStatusEnum,
  WorkflowSummaryStatusEnum,
  WorkflowTaskWorkflowTaskTypeEnum,
} from './models/enums.js'
export { Action, EventHandler } from './models/event-handler.js'
export { ExternalStorageLocation } from './models/external-storage-location.js'
export type { Health, HealthCheckStatus } from './models/health.js'
export type { Attribute, JsonMap, ModelClass } from './models/model.js'
export { SearchResultTask, SearchResultTaskSummary, SearchResultWorkflow, SearchResultWorkflowSummary } from './models/search-result.js'
export { PollData, SkipTaskRequest, Task, TaskDetails, TaskExecLog, TaskResult, TaskSummary } from './models/task.js'
export { TaskDef } from './models/task-def.js'
export { RerunWorkflowRequest, StartWorkflow, StartWorkflowRequest, type TaskMock, Workflow, WorkflowSummary, WorkflowTestRequest } from './models/workflow.js'
export { SubWorkflowParams, WorkflowDef, WorkflowTask } from './models/workflow-def.js'
export type { AdminResourceApi } from './resources/admin.js'
export type { EventResourceApi } from './resources/event.js'
export type { HealthCheckResourceApi } from './resources/health-check.js'
export type { MetadataResourceApi } from './resources/metadata.js'
export type { QueueAdminResourceApi } from './resources/queue-admin.js'
export type { TaskResourceApi } from './resources/task.js'
export type { WorkflowResourceApi } from './resources/workflow.js'
export type { WorkflowBulkResourceApi } from './resources/workflow-bulk.js'
export { WorkflowManager } from './workflow/workflow-manager.js'
