export type { ConductorCommand, ResultStatus, UpdateReply } from './commands.js'
export { queueOf } from './queue.js'
export { conductorRules } from './rules.js'
export type { Brief, ConductorReply, ConductorTypes, Domains, State, TaskData } from './types.js'
export {
  type Audit,
  type IdempotencyStrategy,
  isKnownTaskType,
  type JoinMode,
  type KnownTaskType,
  knownTaskTypes,
  type RetryLogic,
  type SubWorkflowParams,
  type TaskDef,
  type TaskTimeoutPolicy,
  type WorkflowDef,
  type WorkflowTask,
  type WorkflowTimeoutPolicy,
} from './definition/types.js'
