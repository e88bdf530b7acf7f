export type { StroemCommand } from './commands.js'
export { connectionsOf } from './connections.js'
export { type ActionOwner, compilePlan, type Plan, type PlannedStep, type TaskSnapshot } from './plan.js'
export { type Ability, abilities, abilityOf, queueFor, type Skills, serves, serviceOf, skillsKey } from './queues.js'
export { stroemRules } from './rules.js'
export { type StartOptions, startRequest } from './start-request.js'
export { maskingOf, type Masking } from './masking.js'
export { depthMax } from './start-request.js'
export type { FindWorkspace, OtherWorkspace } from './snapshot.js'
export { leaseOf } from './lease.js'
export { serverSource } from './step-attempt.js'
export { forLegacyWorker, noWork } from './wire/claim-answer.js'
export { jobToDetail } from './wire/job-detail.js'
export { jobRow } from './wire/job-row.js'
export { attemptStatus, type JobStatus, jobStatus, type StepStatus, stepStatus } from './wire/status.js'
export { taskDetail, type TaskDetailOptions, taskRow, triggerRow } from './wire/task-detail.js'
export { toIsoZ, toRfc3339 } from './wire/timestamps.js'
export { type Claim, isMisshapen, parseClaim, parseRegistration, type Registration } from './wire/worker-requests.js'
export { workspaceRow, type WorkspaceState } from './wire/workspace-row.js'
export type { Brief, SourceType, State, StepData, StroemReply, StroemTypes } from './types.js'
export { type Loaded, type LibrarySource, type LoadOptions, loadWorkspace, type SourceFile } from './definition/load-workspace.js'
export {
  type Action,
  type ActionType,
  type AgentAction,
  type ApprovalAction,
  type Connection,
  type ConnectionProperty,
  type ConnectionType,
  type Dictionary,
  type DockerAction,
  type EventSourceTrigger,
  type Hook,
  type Hooks,
  type InputField,
  lookUp,
  type PodAction,
  primitiveTypes,
  type RetryPolicy,
  type SchedulerTrigger,
  type ScriptAction,
  type Step,
  type TaskAction,
  type TaskDef,
  type Trigger,
  type WebhookTrigger,
  type Workspace,
} from './definition/types.js'
export { type DefinitionProblem, validateWorkspace } from './definition/validate-workspace.js'
export { type Items, isTruthyCondition, loopItemsMax, parseItems } from './template/outcomes.js'
export type { TemplateLimits } from './template/fuel.js'
export {
  type Rendered,
  type RenderedValue,
  type RenderOptions,
  renderInputValue,
  renderText,
  type TemplateContext,
  templateProblem,
  type VariableSource,
} from './template/render.js'
