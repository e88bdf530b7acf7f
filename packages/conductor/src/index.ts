export type { ConductorCommand, EventSend, PushReply, ResultStatus, UpdateReply } from './commands.js'
export { nodeOf, planOf } from './decide/book.js'
export type { ConductorView, Task } from './decide/task.js'
export { outputOf } from './decide/output.js'
export { compilePlan, definitionJson, type Node, type Plan } from './plan.js'
export { type EffectKind, effectQueueOf, eventOfQueue, eventQueueOf, queueOf } from './queue.js'
export { type EventMessage, eventMessageRequest, eventNamespace } from './start/event-message.js'
export { type BrokerType, brokerTypes, isBrokerType, partsOfEvent } from './tasks/event-sink.js'
export { isEngineType, isUnsupportedType } from './tasks/engine-types.js'
export { type TaskStatus, taskStatus, type WorkflowStatus, workflowStatus } from './wire/status.js'
export { taskCondition, taskOrder, workflowByTaskCondition } from './search/task-search.js'
export { workflowCondition, workflowOrder, type WorkflowQuery } from './search/workflow-search.js'
export { taskSummary, workflowSummary } from './wire/summary.js'
export { testRunKey } from './decide/test-run.js'
export { scheduleNamespace, scheduleRequest } from './schedule/schedule.js'
export type { CronOfSchedule, Schedule, ScheduledRun, ScheduleState } from './schedule/schedule-types.js'
export { scheduledRunToWire, scheduleToWire } from './wire/schedule.js'
export { afterKeyed, type IdempotencyKey, idempotencyKeyOf } from './start/idempotency.js'
export { withoutInnerFields } from './start/inner-fields.js'
export { titleOf } from './verbs/pause.js'
export { blockingTask, openChildren, signalledTask } from './blocking.js'
export { type ReturnStrategy, returnStrategies, type SignalAnswer, signalResponse } from './wire/signal-response.js'
export { taskToWire } from './wire/task.js'
export { tasksInOrder, workflowModelToWire, workflowStatusToWire, workflowToWire } from './wire/workflow.js'
export { conductorRules, conductorRulesWith } from './rules.js'
export { defaultSettings, type ListenerSettings, type PayloadSettings, type Settings } from './settings.js'
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
export { javaText } from './expression/java-text.js'
export { expressionLimits } from './expression/limits.js'
export { parsePath } from './expression/parse-path.js'
export type { Path } from './expression/path.js'
export { readPath, rootOf } from './expression/read-path.js'
export { documentScope, fill, resolve, type Scope } from './expression/resolve.js'
export { resolveInput } from './expression/resolve-input.js'
export { substituteSecrets } from './expression/secrets.js'
export { compileTemplate, type Template } from './expression/template.js'
export { everyTask, nestedLists } from './definition/every-task.js'
export { type TaskDefRules, validateTaskDef } from './definition/validate-task-def.js'
export { type ScriptToCheck, scriptsToCheck, scriptViolation, validateWorkflowDef, type WorkflowDefRules } from './definition/validate-workflow-def.js'
export type { Violation } from './definition/violation.js'
export { parseWaitDuration, parseWaitUntil, type WaitUntil } from './definition/wait-time.js'
