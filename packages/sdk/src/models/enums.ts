/** Closed sets of words. Each is an object for programs that write `TaskResultStatusEnum.Completed`, and a union for those that write the literal. */

type ValueOf<T> = T[keyof T]

export const TaskResultStatusEnum = {
  InProgress: 'IN_PROGRESS',
  Failed: 'FAILED',
  FailedWithTerminalError: 'FAILED_WITH_TERMINAL_ERROR',
  Completed: 'COMPLETED',
} as const
export type TaskResultStatusEnum = ValueOf<typeof TaskResultStatusEnum>

/** The original exports only the type; it is a value here too, so that an `import` of it without `type` works in plain ESM. */
export const TaskResultStatus = TaskResultStatusEnum
export type TaskResultStatus = TaskResultStatusEnum

export const TaskMockStatusEnum = TaskResultStatusEnum
export type TaskMockStatusEnum = TaskResultStatusEnum

export const TaskStatusEnum = {
  ...TaskResultStatusEnum,
  Canceled: 'CANCELED',
  CompletedWithErrors: 'COMPLETED_WITH_ERRORS',
  Scheduled: 'SCHEDULED',
  TimedOut: 'TIMED_OUT',
  Skipped: 'SKIPPED',
} as const
export type TaskStatusEnum = ValueOf<typeof TaskStatusEnum>

export const TaskSummaryStatusEnum = TaskStatusEnum
export type TaskSummaryStatusEnum = TaskStatusEnum

export const WorkflowStatusEnum = {
  Running: 'RUNNING',
  Completed: 'COMPLETED',
  Failed: 'FAILED',
  TimedOut: 'TIMED_OUT',
  Terminated: 'TERMINATED',
  Paused: 'PAUSED',
} as const
export type WorkflowStatusEnum = ValueOf<typeof WorkflowStatusEnum>

export const WorkflowSummaryStatusEnum = WorkflowStatusEnum
export type WorkflowSummaryStatusEnum = WorkflowStatusEnum

export const WorkflowDefTimeoutPolicyEnum = { TimeOutWf: 'TIME_OUT_WF', AlertOnly: 'ALERT_ONLY' } as const
export type WorkflowDefTimeoutPolicyEnum = ValueOf<typeof WorkflowDefTimeoutPolicyEnum>

export const TaskDefTimeoutPolicyEnum = { Retry: 'RETRY', TimeOutWf: 'TIME_OUT_WF', AlertOnly: 'ALERT_ONLY' } as const
export type TaskDefTimeoutPolicyEnum = ValueOf<typeof TaskDefTimeoutPolicyEnum>

export const TaskDefRetryLogicEnum = { Fixed: 'FIXED', ExponentialBackoff: 'EXPONENTIAL_BACKOFF', LinearBackoff: 'LINEAR_BACKOFF' } as const
export type TaskDefRetryLogicEnum = ValueOf<typeof TaskDefRetryLogicEnum>

export const ActionActionEnum = { StartWorkflow: 'start_workflow', CompleteTask: 'complete_task', FailTask: 'fail_task' } as const
export type ActionActionEnum = ValueOf<typeof ActionActionEnum>

export const IdempotencyStrategyEnum = { Fail: 'FAIL', ReturnExisting: 'RETURN_EXISTING', FailOnRunning: 'FAIL_ON_RUNNING' } as const
export type IdempotencyStrategyEnum = ValueOf<typeof IdempotencyStrategyEnum>

export const WorkflowTaskWorkflowTaskTypeEnum = {
  Custom: 'CUSTOM',
  Dynamic: 'DYNAMIC',
  ForkJoin: 'FORK_JOIN',
  ForkJoinDynamic: 'FORK_JOIN_DYNAMIC',
  Decision: 'DECISION',
  Switch: 'SWITCH',
  Join: 'JOIN',
  DoWhile: 'DO_WHILE',
  SubWorkflow: 'SUB_WORKFLOW',
  StartWorkflow: 'START_WORKFLOW',
  Event: 'EVENT',
  Wait: 'WAIT',
  Human: 'HUMAN',
  UserDefined: 'USER_DEFINED',
  Http: 'HTTP',
  Lambda: 'LAMBDA',
  Inline: 'INLINE',
  ExclusiveJoin: 'EXCLUSIVE_JOIN',
  Terminate: 'TERMINATE',
  KafkaPublish: 'KAFKA_PUBLISH',
  JsonJqTransform: 'JSON_JQ_TRANSFORM',
  SetVariable: 'SET_VARIABLE',
  Noop: 'NOOP',
} as const
export type WorkflowTaskWorkflowTaskTypeEnum = ValueOf<typeof WorkflowTaskWorkflowTaskTypeEnum>

/** The types a definition may name. A worker's task is `SIMPLE` on main-line Conductor and `CUSTOM` on its Swift fork; Busbar takes both words. */
export const TaskType = {
  START: 'START',
  SIMPLE: 'SIMPLE',
  CUSTOM: 'CUSTOM',
  DYNAMIC: 'DYNAMIC',
  FORK_JOIN: 'FORK_JOIN',
  FORK_JOIN_DYNAMIC: 'FORK_JOIN_DYNAMIC',
  DECISION: 'DECISION',
  SWITCH: 'SWITCH',
  JOIN: 'JOIN',
  DO_WHILE: 'DO_WHILE',
  SUB_WORKFLOW: 'SUB_WORKFLOW',
  START_WORKFLOW: 'START_WORKFLOW',
  EVENT: 'EVENT',
  WAIT: 'WAIT',
  HUMAN: 'HUMAN',
  USER_DEFINED: 'USER_DEFINED',
  HTTP: 'HTTP',
  LAMBDA: 'LAMBDA',
  INLINE: 'INLINE',
  EXCLUSIVE_JOIN: 'EXCLUSIVE_JOIN',
  TERMINAL: 'TERMINAL',
  TERMINATE: 'TERMINATE',
  KAFKA_PUBLISH: 'KAFKA_PUBLISH',
  JSON_JQ_TRANSFORM: 'JSON_JQ_TRANSFORM',
  SET_VARIABLE: 'SET_VARIABLE',
  NOOP: 'NOOP',
} as const
export type TaskType = ValueOf<typeof TaskType>
