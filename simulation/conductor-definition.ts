/** What random workflows are made of. */
import type { Json } from '@busbar/kernel'

export type Status = 'COMPLETED' | 'FAILED' | 'TERMINATED'

interface Named {
  readonly name: string
  readonly taskReferenceName: string
}

/** A literal, or an expression whose value is known where it stands. */
export type Value = string | number

export interface TaskDefinition {
  readonly name: string
  readonly retryCount: number
  readonly retryDelaySeconds: number
  readonly responseTimeoutSeconds: number
}

/** What every workflow is started with. None of its names is a field of a task: a dynamic fork would read it as that (§10.6). */
export type Input = {
  readonly worker: string
  readonly size: Value
  readonly one: number
  readonly list: readonly number[]
}

interface Cases {
  readonly inputParameters: { readonly value: Value }
  readonly decisionCases: { readonly [value: string]: readonly Task[] }
  readonly defaultCase: readonly Task[]
}

export interface InlineInput {
  readonly evaluatorType: 'javascript' | 'graaljs' | 'value-param'
  readonly expression: string
  readonly value: Value
}

/** How the branches of a dynamic fork are told. */
export type Branches =
  | { readonly tasks: readonly Task[]; readonly inputs: { readonly [ref: string]: { readonly [name: string]: Json } } }
  | { readonly plan: { readonly dynamicTasks: readonly { readonly taskName: string; readonly referenceName: string; readonly type: 'SIMPLE' }[] } }
  | { readonly forkTaskName: string; readonly forkTaskInputs: readonly Json[] }
  | { readonly forkTaskType: 'INLINE'; readonly forkTaskInputs: readonly InlineInput[] }
  | { readonly forkTaskWorkflow: string; readonly forkTaskWorkflowVersion: string; readonly forkTaskInputs: readonly Input[] }

/** A script reads the value. */
interface Scripted {
  readonly optional: boolean
  readonly retryCount: number
}

export type Task =
  /** Without a definition of its own: what is registered under its name holds. */
  | (Named & { readonly type: 'SIMPLE'; readonly optional: boolean; readonly taskDefinition?: TaskDefinition })
  | (Named & {
      readonly type: 'DYNAMIC'
      readonly optional: boolean
      readonly dynamicTaskNameParam: 'target'
      readonly inputParameters: { readonly target: string } | ({ readonly target: 'INLINE' } & InlineInput)
      /** Of the placeholder; it holds for what the placeholder becomes. */
      readonly taskDefinition: TaskDefinition
    })
  | (Named & { readonly type: 'HUMAN'; readonly optional: boolean; readonly retryCount: number })
  | (Named & Cases & { readonly type: 'SWITCH'; readonly evaluatorType: 'value-param' | 'javascript' | 'graaljs'; readonly expression: string })
  | (Named & Cases & { readonly type: 'DECISION'; readonly caseValueParam?: 'value'; readonly caseExpression?: string })
  | (Named & { readonly type: 'FORK_JOIN'; readonly forkTasks: readonly (readonly Task[])[] })
  | (Named & {
      readonly type: 'FORK_JOIN_DYNAMIC'
      readonly optional: boolean
      readonly dynamicForkTasksParam?: 'tasks'
      readonly dynamicForkTasksInputParamName?: 'inputs'
      readonly dynamicForkJoinTasksParam?: 'plan'
      readonly inputParameters: Branches
    })
  | (Named & { readonly type: 'JOIN'; readonly joinOn: readonly string[] })
  | (Named & { readonly type: 'EXCLUSIVE_JOIN'; readonly joinOn: readonly string[]; readonly defaultExclusiveJoinTask: readonly string[] })
  | (Named & {
      readonly type: 'DO_WHILE'
      readonly loopCondition: string
      readonly loopOver: readonly Task[]
      /** A list to walk through: as an expression, or among the inputs. */
      readonly items?: string
      readonly inputParameters: { readonly times?: number; readonly keepLastN?: number; readonly _items?: readonly number[] }
    })
  | (Named & {
      readonly type: 'SUB_WORKFLOW'
      readonly optional: boolean
      readonly retryCount: number
      readonly subWorkflowParam: { readonly name: string; readonly version: number; readonly workflowDefinition?: Workflow }
      readonly inputParameters: Input | Record<never, never>
    })
  | (Named & {
      readonly type: 'START_WORKFLOW'
      readonly inputParameters: { readonly startWorkflow: { readonly name: string; readonly version: number; readonly input: Input } }
    })
  | (Named &
      Scripted & {
        readonly type: 'INLINE'
        readonly inputParameters: InlineInput
      })
  | (Named & Scripted & { readonly type: 'LAMBDA'; readonly inputParameters: { readonly scriptExpression: string; readonly value: Value } })
  | (Named & Scripted & { readonly type: 'JSON_JQ_TRANSFORM'; readonly inputParameters: { readonly queryExpression: string; readonly value: Value } })
  | (Named & { readonly type: 'SET_VARIABLE'; readonly inputParameters: { readonly [variable: string]: Value } })
  | (Named & { readonly type: 'NOOP' })
  | (Named & { readonly type: 'WAIT'; readonly inputParameters: { readonly duration: string } })
  | (Named & { readonly type: 'TERMINATE'; readonly inputParameters: { readonly terminationStatus: Status; readonly workflowOutput: { readonly t: Value } } })

export type TaskOf<Type extends Task['type']> = Extract<Task, { readonly type: Type }>

export interface Workflow {
  readonly name: string
  readonly version: number
  readonly schemaVersion: 2
  readonly ownerEmail: string
  readonly tasks: readonly Task[]
  readonly outputParameters: { readonly [name: string]: string }
}

export interface ConductorDefinition {
  readonly root: Workflow
  readonly input: Input
  /** Registered; started by name. */
  readonly child: Workflow
}

/** The types of worker tasks, which are their queues too. */
export const workerTypes = ['alpha', 'beta'] as const
export const responseTimeoutSeconds = 60

/** Registered, for branches that a dynamic fork names: they bring no definition of their own. */
export const registeredTasks: readonly TaskDefinition[] = workerTypes.map(name => ({
  ...{ name, responseTimeoutSeconds },
  ...{ retryCount: 1, retryDelaySeconds: 1 },
}))

/** The lists that a task holds. */
export function listsIn(task: Task): readonly (readonly Task[])[] {
  switch (task.type) {
    case 'SWITCH':
    case 'DECISION':
      return [...Object.values(task.decisionCases), task.defaultCase]
    case 'FORK_JOIN':
      return task.forkTasks
    case 'DO_WHILE':
      return [task.loopOver]
    default:
      return []
  }
}

/** A list's tasks with all that are nested in them: not those of other workflows. */
export function everyTask(tasks: readonly Task[]): readonly Task[] {
  return tasks.flatMap(task => [task, ...listsIn(task).flatMap(everyTask)])
}

/** What a task can do that not all of its type do: what a coverage check wants to see of each. */
export function operatorOf(task: Task): string {
  switch (task.type) {
    case 'SWITCH':
      return `SWITCH ${task.evaluatorType}`
    case 'DECISION':
      return task.caseExpression === undefined ? 'DECISION' : 'DECISION expression'
    case 'INLINE':
      return `INLINE ${task.inputParameters.evaluatorType}`
    case 'DYNAMIC':
      return 'value' in task.inputParameters ? 'DYNAMIC INLINE' : 'DYNAMIC'
    case 'SUB_WORKFLOW':
      return task.subWorkflowParam.workflowDefinition ? 'SUB_WORKFLOW inline' : 'SUB_WORKFLOW'
    case 'FORK_JOIN_DYNAMIC':
      return `FORK_JOIN_DYNAMIC ${Object.keys(task.inputParameters)[0]}`
    case 'DO_WHILE':
      return `DO_WHILE${isListLoop(task) ? ' items' : ''}${task.inputParameters.keepLastN === undefined ? '' : ' keepLastN'}`
    default:
      return task.type
  }
}

export function isListLoop({ items, inputParameters }: TaskOf<'DO_WHILE'>): boolean {
  return items !== undefined || inputParameters._items !== undefined
}
