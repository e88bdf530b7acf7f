import { loopItemsMax } from '../template/outcomes.js'
import { checkTemplate } from './check-action.js'
import { checkFields, checkRetry } from './check-fields.js'
import { cycleIn } from './cycle.js'
import type { Problems } from './problems.js'
import { type Hook, type Hooks, lookUp, type Step, type TaskDef, type Workspace } from './types.js'

const stepTimeoutSecsMax = 86_400
const taskTimeoutSecsMax = 604_800

export function checkTask(id: string, task: TaskDef, workspace: Workspace, problems: Problems): void {
  checkFields(task.input, workspace, problems.inside('input'))
  if (task.timeoutSecs !== null && task.timeoutSecs > taskTimeoutSecsMax)
    problems.error(`the timeout must be at most 7 days, and is ${task.timeoutSecs} seconds`)
  if (task.retry) checkRetry(task.retry, problems.inside('retry'))
  for (const [name, step] of Object.entries(task.flow)) {
    const at = problems.inside(`flow.${name}`)
    checkStep(name, step, task, workspace, at)
    checkReference(step.action, id, workspace, at)
  }
  const cycle = cycleIn(task.flow)
  if (cycle !== null) problems.error(`steps depend on each other in a circle: ${cycle.join(' → ')}`)
  checkHooks(task.hooks, id, workspace, problems)
}

export function checkHooks(hooks: Hooks, task: string | null, workspace: Workspace, problems: Problems): void {
  const check = (event: string, list: readonly Hook[]): void =>
    list.forEach((hook, i) => checkReference(hook.action, task, workspace, problems.inside(`${event}[${i}]`)))
  check('on_success', hooks.onSuccess)
  check('on_error', hooks.onError)
  check('on_suspended', hooks.onSuspended)
  check('on_cancel', hooks.onCancel)
}

/** `task`: the task that refers; it must not start itself. */
function checkReference(name: string, task: string | null, workspace: Workspace, problems: Problems): void {
  const action = lookUp(workspace.actions, name)
  if (action === null) {
    if (/^[^.]+\../.test(name)) problems.warn(`the action '${name}' belongs to a library or workspace that is not looked at here`)
    else problems.error(`there is no action '${name}'`)
  } else if (action.type === 'task' && action.task === task) {
    problems.error(`the task starts itself through the action '${name}'`)
  }
}

function checkStep(name: string, step: Step, task: TaskDef, workspace: Workspace, problems: Problems): void {
  if (/[[\]]/.test(name)) problems.error('the name of a step must not hold [ or ]: they number the turns of loops')
  for (const other of step.dependsOn) if (lookUp(task.flow, other) === null) problems.error(`depends on '${other}', which is no step of this task`)
  if (step.timeoutSecs !== null && step.timeoutSecs > stepTimeoutSecsMax)
    problems.error(`the timeout must be at most 24 hours, and is ${step.timeoutSecs} seconds`)
  if (step.when !== null) checkTemplate(step.when, 'when', problems)
  for (const [field, value] of Object.entries(step.input)) if (typeof value === 'string') checkTemplate(value, `input.${field}`, problems)
  checkLoop(step, problems)
  if (step.retry === null) return
  checkRetry(step.retry, problems.inside('retry'))
  const type = lookUp(workspace.actions, step.action)?.type
  if (type === 'approval' || type === 'task') problems.warn(`a retry means nothing for an action of type ${type}`)
}

function checkLoop({ forEach, sequential }: Step, problems: Problems): void {
  if (forEach === null) {
    if (sequential) problems.warn('`sequential` means nothing without `for_each`')
    return
  }
  if (typeof forEach === 'string') return checkTemplate(forEach, 'for_each', problems)
  if (!Array.isArray(forEach)) return problems.inside('for_each').error('expected a template or a list')
  if (forEach.length > loopItemsMax) problems.inside('for_each').error(`a loop may have ${loopItemsMax} items, and has ${forEach.length}`)
}
