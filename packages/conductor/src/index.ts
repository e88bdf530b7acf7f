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
export type { Unreadable } from './definition/field-reader.js'
export { definitionLimits } from './definition/limits.js'
export { parseTaskDef } from './definition/parse-task-def.js'
export { parseWorkflowDef, parseWorkflowTask } from './definition/parse-workflow-def.js'
export { type ChildToPin, childrenToPin, defaultTaskDef, parseSnapshot, pinChildren, snapshotOf, taskNames, withTaskDefs } from './definition/snapshot.js'
export { taskDefToWire, workflowDefToWire, workflowTaskToWire } from './definition/to-wire.js'
