/** The compiled task: steps in topological order, who waits for whom, and what each needs to run. */
import { type ActivityKey, type Backoff, invariant, noBackoff, type QueueName, type RetryPolicy } from '@busbar/kernel'
import { isConnection } from './connections.js'
import type { Action, Dictionary, Hooks, Step, TaskDef, RetryPolicy as WrittenRetry } from './definition/types.js'
import { lookUp } from './definition/types.js'
import { abilityOf, queueFor } from './queues.js'
import { topologicalOrder } from './topological-order.js'

/**
 * What a job runs by: its task and all that its steps name, so that a later edit of the workspace changes nothing.
 * `tasks` holds the tasks that its `type: task` steps start, and theirs.
 */
export interface TaskSnapshot {
  readonly task: string
  readonly tasks: Dictionary<TaskDef>
  readonly actions: Dictionary<Action>
  /** Of the actions that belong to other workspaces. Absent: none does. */
  readonly owners?: Dictionary<ActionOwner>
  /** Of the workspace, for tasks without their own. Absent: none. */
  readonly hooks?: Hooks
  /** The job runs the action of a hook: its only step is given the job's input as it is. */
  readonly isHook?: true
}

/** The workspace that an action comes from: its secrets, files and connections are the action's. */
export interface ActionOwner {
  readonly workspace: string
  readonly revision: string | null
  /** How the action is called there. */
  readonly action: string
}

export interface PlannedStep {
  /** In `Plan.steps`. */
  readonly position: number
  readonly name: string
  readonly key: ActivityKey
  readonly step: Step
  readonly action: Action
  /** Null: the job's own workspace. */
  readonly owner: ActionOwner | null
  /** Null: the server runs it. */
  readonly queue: QueueName | null
  readonly retry: RetryPolicy
  /** Positions, without duplicates. */
  readonly needs: readonly number[]
  readonly dependants: readonly number[]
  readonly isLoop: boolean
}

export interface Plan {
  readonly snapshot: TaskSnapshot
  readonly task: TaskDef
  readonly steps: readonly PlannedStep[]
  readonly byName: ReadonlyMap<string, PlannedStep>
  /** By the name that templates use. */
  readonly byVariable: ReadonlyMap<string, PlannedStep>
  /** Input fields of the task whose values may name connections. */
  readonly connectionFields: readonly string[]
}

export function compilePlan(definition: string): Plan {
  // The engine gives back the text that `planStart` made.
  const snapshot = JSON.parse(definition) as TaskSnapshot
  const task = lookUp(snapshot.tasks, snapshot.task)
  invariant(task, `the snapshot has no task '${snapshot.task}'`)
  const order = topologicalOrder(Object.entries(task.flow).map(([name, step]) => ({ name, needs: step.dependsOn })))
  const positions = new Map(order.map((name, position) => [name, position]))
  const needs = order.map(name => positionsOf(lookUp(task.flow, name)?.dependsOn ?? [], positions))
  const dependants = order.map((): number[] => [])
  for (const [position, list] of needs.entries()) for (const need of list) dependants[need]?.push(position)
  const steps = order.map((name, position) => {
    const step = lookUp(task.flow, name)
    const action = step && lookUp(snapshot.actions, step.action)
    invariant(step && action, `the snapshot has no action for step '${name}'`)
    const owner = snapshot.owners === undefined ? null : lookUp(snapshot.owners, step.action)
    return { ...planStep(name, step, action), owner, position, needs: needs[position] ?? [], dependants: dependants[position] ?? [] }
  })
  return {
    snapshot,
    task,
    steps,
    byName: new Map(steps.map(step => [step.name, step])),
    byVariable: new Map(steps.map(step => [variableOf(step.name), step])),
    connectionFields: Object.entries(task.input).flatMap(([name, field]) => (isConnection(field) ? [name] : [])),
  }
}

/** Templates cannot say `a-b`: it would be a subtraction. */
function variableOf(stepName: string): string {
  return stepName.replaceAll('-', '_')
}

function planStep(name: string, step: Step, action: Action): Omit<PlannedStep, 'owner' | 'position' | 'needs' | 'dependants'> {
  const ability = abilityOf(action)
  return {
    name,
    key: name as ActivityKey,
    step,
    action,
    queue: ability && queueFor(ability, action.tags),
    retry: retryOf(step.retry ?? action.retry, action),
    isLoop: step.forEach !== null,
  }
}

function positionsOf(names: readonly string[], positions: ReadonlyMap<string, number>): number[] {
  const found = new Set<number>()
  for (const name of names) {
    const position = positions.get(name)
    if (position !== undefined) found.add(position)
  }
  return [...found]
}

const doublingsMax = 6
const jitterShareMax = 0.25

/** A child job or a person that said no is not asked again. */
function retryOf(written: WrittenRetry | null, action: Action): RetryPolicy {
  if (written === null || action.type === 'task' || action.type === 'approval') return { retriesMax: 0, backoff: noBackoff }
  const backoff: Backoff = {
    ...noBackoff,
    kind: written.backoff,
    delayMs: written.delaySecs * 1000,
    doublingsMax,
    jitterShareMax: written.jitter ? jitterShareMax : 0,
  }
  return { retriesMax: written.attemptsMax, backoff }
}
