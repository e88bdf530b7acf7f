export type { StroemCommand } from './commands.js'
export { compilePlan, type Plan, type PlannedStep, type TaskSnapshot } from './plan.js'
export { type Ability, abilities, abilityOf, queueFor, type Skills, serves, skillsKey } from './queues.js'
export { stroemRules } from './rules.js'
export { type StartOptions, startRequest } from './start-request.js'
export type { Brief, SourceType, State, StepData, StroemReply, StroemTypes } from './types.js'
export { type Loaded, type LibrarySource, type LoadOptions, loadWorkspace, type SourceFile } from './definition/load-workspace.js'
export * from './definition/types.js'
export { type DefinitionProblem, validateWorkspace } from './definition/validate-workspace.js'
export { type Items, isTruthyCondition, loopItemsMax, parseItems } from './template/outcomes.js'
export {
  type Rendered,
  type RenderedValue,
  type RenderOptions,
  renderInputValue,
  renderText,
  type TemplateContext,
  type TemplateLimits,
  type VariableSource,
} from './template/render.js'
