/** The rules for workflow definitions and their messages (conductor-api.md §1.4). */
import type { Json } from '@busbar/kernel'
import { everyTask } from './every-task.js'
import type { TaskDef, WorkflowDef, WorkflowTask } from './types.js'
import { missingByType } from './validate-by-type.js'
import { wrongExpressions } from './validate-expressions.js'
import { type Violation, violation } from './violation.js'

export interface WorkflowDefRules {
  /** Whether the server's environment has a variable of that name. */
  readonly environment: (name: string) => boolean
  /** Stored task definitions, whose input templates may supply what a task needs. Asked for `taskNames(def)` only. */
  readonly taskDef?: (name: string) => TaskDef | undefined
  readonly ownerEmailMandatory?: boolean
  readonly nameValidation?: boolean
  /** The JSON it was read from: tells an empty name from none in `invalidValue`. */
  readonly source?: unknown
}

/** All that is wrong with a definition; empty when it is valid, but for the syntax of its scripts (`scriptsToCheck`). */
export function validateWorkflowDef(def: WorkflowDef, rules: WorkflowDefRules): readonly Violation[] {
  return [
    ...fieldViolations(def, rules),
    ...placedTasks(def, rules.source).flatMap(placed => taskViolations(placed, rules)),
    ...duplicateReferences(def),
    ...expressionViolations(def, rules),
  ]
}

const allowedName = /^[A-Za-z0-9_<>{}#\s-]+$/

function* fieldViolations(def: WorkflowDef, rules: WorkflowDefRules): IterableIterator<Violation> {
  if (def.name === '') yield violation('name', 'WorkflowDef name cannot be null or empty', given(rules.source, 'name'))
  else if (rules.nameValidation && !allowedName.test(def.name)) {
    const allowed = 'Allowed characters are alphanumeric, underscores, spaces, hyphens, and special characters like <, >, {, }, #'
    yield violation('name', `Invalid name '${def.name}'. ${allowed}`, def.name)
  }
  if (def.tasks.length === 0) yield violation('tasks', 'WorkflowTask list cannot be empty')
  if (def.schemaVersion !== 2) yield violation('schemaVersion', 'workflowDef schemaVersion: 2 is only supported', def.schemaVersion)
  if (rules.ownerEmailMandatory && (def.ownerEmail ?? '') === '') yield violation('ownerEmail', 'ownerEmail cannot be empty', def.ownerEmail)
}

function taskViolations({ task, path, source }: PlacedTask, rules: WorkflowDefRules): readonly Violation[] {
  const found: Violation[] = []
  if (task.name === '') found.push(violation(`${path}.name`, 'WorkflowTask name cannot be empty or null', given(source, 'name')))
  if (task.taskReferenceName === '') {
    const message = 'WorkflowTask taskReferenceName name cannot be empty or null'
    found.push(violation(`${path}.taskReferenceName`, message, given(source, 'taskReferenceName')))
  }
  if (task.startDelay < 0) found.push(violation(`${path}.startDelay`, 'must be greater than or equal to 0', task.startDelay))
  const definition = task.taskDefinition ?? rules.taskDef?.(task.name)
  for (const message of missingByType(task, definition?.inputTemplate ?? {})) found.push(violation(path, message))
  return found
}

function duplicateReferences(def: WorkflowDef): readonly Violation[] {
  const seen = new Set<string>()
  const found: Violation[] = []
  for (const { taskReferenceName: reference } of everyTask(def.tasks)) {
    if (seen.has(reference))
      found.push(violation('', `taskReferenceName: ${reference} should be unique across tasks for a given workflowDefinition: ${def.name}`))
    seen.add(reference)
  }
  return found
}

const systemNames: ReadonlySet<string> = new Set(['CPEWF_TASK_ID', 'NETFLIX_ENV', 'NETFLIX_STACK'])

function expressionViolations(def: WorkflowDef, rules: WorkflowDefRules): readonly Violation[] {
  const references = new Set(Array.from(everyTask(def.tasks), task => task.taskReferenceName))
  const known = { isReference: (name: string) => references.has(name), isEnvironment: (name: string) => systemNames.has(name) || rules.environment(name) }
  return def.tasks.flatMap(task => wrongExpressions(task.inputParameters, task.name, known)).map(message => violation('', message))
}

// ── Scripts ──

export interface ScriptToCheck {
  readonly task: WorkflowTask
  /** Of the task, as in `Violation`. */
  readonly path: string
  readonly code: string
}

/** The JavaScript whose syntax must be right; only the sandbox can tell. */
export function scriptsToCheck(def: WorkflowDef): readonly ScriptToCheck[] {
  return placedTasks(def, undefined).flatMap(({ task, path }) => {
    const code = scriptOf(task)
    return code === null ? [] : [{ task, path, code }]
  })
}

/** What is wrong when the sandbox says `message` about a script. */
export function scriptViolation(script: ScriptToCheck, message: string): Violation {
  return violation(script.path, `Expression is not well formatted: ${message}, taskType: ${script.task.type} taskName ${script.task.name}`)
}

function scriptOf(task: WorkflowTask): string | null {
  if (task.type === 'DECISION') return task.caseExpression
  return task.type === 'SWITCH' && task.evaluatorType === 'javascript' ? task.expression : null
}

// ── Places ──

interface PlacedTask {
  readonly task: WorkflowTask
  readonly path: string
  /** The JSON it was read from, if that is known. */
  readonly source: Json | undefined
}

/** The tasks that rules apply to: nested ones too, but as in the original not the bodies of loops. */
function placedTasks(def: WorkflowDef, source: unknown): readonly PlacedTask[] {
  const placed: PlacedTask[] = []
  place(def.tasks, 'tasks', given(source, 'tasks'), placed)
  return placed
}

function place(tasks: readonly WorkflowTask[], path: string, sources: Json | undefined, placed: PlacedTask[]): void {
  tasks.forEach((task, index) => {
    const at = `${path}[${index}]`
    const source = given(sources, index)
    placed.push({ task, path: at, source })
    const cases = given(source, 'decisionCases')
    for (const [key, list] of task.decisionCases) place(list, `${at}.decisionCases[${key}].<map value>`, given(cases, key), placed)
    place(task.defaultCase, `${at}.defaultCase`, given(source, 'defaultCase'), placed)
    const branches = given(source, 'forkTasks')
    task.forkTasks.forEach((branch, number) => place(branch, `${at}.forkTasks[${number}].<list element>`, given(branches, number), placed))
  })
}

function given(source: unknown, key: string | number): Json | undefined {
  if (typeof source !== 'object' || source === null || !Object.hasOwn(source, key)) return undefined
  return (source as Readonly<Record<string | number, Json>>)[key]
}
