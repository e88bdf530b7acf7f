/** Plays a scenario: a definition and events in, what became of it out. */
import { type ExecutionId, isRefusal, type Json, type JsonObject } from '@busbar/kernel'
import type { ConductorCommand, ResultStatus } from '../commands.js'
import type { ConductorView, Task } from '../decide/task.js'
import { outputOf } from '../decide/output.js'
import { taskStatus, workflowStatus } from '../wire/status.js'
import { tasksInOrder } from '../wire/workflow.js'
import { type Evaluate, World } from './world.js'

export interface Scenario {
  readonly title: string
  readonly taskDefs?: readonly JsonObject[]
  /** The first one is started. */
  readonly workflows: readonly JsonObject[]
  readonly start?: JsonObject
  readonly steps: readonly Step[]
}

/** `in` names an execution by the reference names that lead to it, e.g. `child/grandchild`; the root by default. */
export type Step =
  | {
      readonly work: string
      readonly status?: ResultStatus
      readonly output?: JsonObject
      readonly reason?: string
      readonly callback?: number
      readonly in?: string
    }
  | { readonly poll: string; readonly in?: string }
  | { readonly advanceMs: number }
  | { readonly verb: ConductorCommand['kind']; readonly with?: JsonObject; readonly at?: string; readonly in?: string; readonly refused?: string }
  /** The status and the tasks, in order: `RUNNING: a COMPLETED, b SCHEDULED`. */
  | { readonly see: string; readonly in?: string }
  | { readonly output: Json; readonly of?: string; readonly in?: string }
  | { readonly input: Json; readonly of: string; readonly in?: string }
  | { readonly reason: string; readonly of?: string; readonly in?: string }
  | { readonly variables: Json; readonly in?: string }

export interface Seen {
  readonly step: Step
  readonly expected: Json
  readonly found: Json
}

/** What every expectation of the scenario saw. `reloads`: each view is loaded anew after every step. */
export function play(
  scenario: Scenario,
  options: { readonly evaluate?: Evaluate; readonly onCommit?: (view: ConductorView) => void; readonly reloads?: boolean },
): Seen[] {
  const { evaluate, onCommit } = options
  const world = new World({ ...(evaluate && { evaluate }), ...(onCommit && { onCommit }) })
  for (const def of scenario.taskDefs ?? []) world.defineTask(def)
  for (const def of scenario.workflows) world.define(def)
  const root = world.start({ name: scenario.workflows[0]?.['name'], input: {}, ...scenario.start })
  if (isRefusal(root)) throw new Error(root.message)
  const seen: Seen[] = []
  for (const step of scenario.steps) {
    const one = take(world, root, step)
    if (one !== null) seen.push(one)
    if (options.reloads) for (const id of world.views.keys()) world.reload(id)
  }
  return seen
}

function take(world: World, root: ExecutionId, step: Step): Seen | null {
  if ('advanceMs' in step) {
    world.advance(step.advanceMs)
    return null
  }
  const view = find(world, root, step.in)
  if ('work' in step) return work(world, view, step)
  if ('poll' in step) {
    lease(world, view, step.poll)
    return null
  }
  if ('verb' in step) return verb(world, view, step)
  return look(view, step)
}

function look(view: ConductorView, step: Exclude<Step, { work: string } | { poll: string } | { verb: string } | { advanceMs: number }>): Seen {
  if ('see' in step) return { step, expected: step.see, found: summary(view) }
  if ('variables' in step) return { step, expected: step.variables, found: view.state.variables }
  const task = step.of === undefined ? null : newest(view, step.of)
  if ('input' in step) return { step, expected: step.input, found: task?.data.input ?? {} }
  if ('output' in step) return { step, expected: step.output, found: task === null ? (view.state.output ?? {}) : outputOf(view, task) }
  return { step, expected: step.reason, found: hideIds((task === null ? view.state.reason : task.data.reason) ?? null) }
}

/** `RUNNING: a COMPLETED, b#1 SCHEDULED`. */
export function summary(view: ConductorView): string {
  const tasks = tasksInOrder(view).map(task => `${task.key}${task.number > 0 ? `#${task.number}` : ''} ${taskStatus(task)}`)
  return `${workflowStatus(view.status)}: ${tasks.join(', ')}`
}

function hideIds(text: string | null): string | null {
  return text?.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>') ?? null
}

function work(world: World, view: ConductorView, step: Extract<Step, { work: string }>): null {
  const task = lease(world, view, step.work)
  world.send(view.id, {
    kind: 'update',
    attempt: task.id,
    status: step.status ?? (step.reason === undefined ? 'COMPLETED' : 'FAILED'),
    output: step.output ?? {},
    reason: step.reason ?? null,
    worker: 'w',
    callbackAfterSeconds: step.callback ?? 0,
    extendLease: false,
    subWorkflowId: null,
    logs: [],
  })
  return null
}

/** Polls until the task is in hand; tasks of the same type that come first stay leased. */
function lease(world: World, view: ConductorView, ref: string): Task {
  const task = newest(view, ref)
  if (task.state.kind === 'leased') return task
  if (task.queue === null) throw new Error(`${ref} is not for workers`)
  for (;;) {
    const polled = world.poll(task.queue)
    if (polled === null) throw new Error(`${ref} cannot be polled: ${summary(view)}`)
    if (polled.task.id === task.id) return polled.task
  }
}

function verb(world: World, view: ConductorView, step: Extract<Step, { verb: string }>): Seen | null {
  const at = step.at === undefined ? {} : { fromTask: newest(view, step.at).id }
  const command = { kind: step.verb, ...step.with, ...at } as ConductorCommand
  const reply = world.send(view.id, command)
  const message = isRefusal(reply) ? hideIds(reply.message) : null
  return message === null && step.refused === undefined ? null : { step, expected: step.refused ?? null, found: message }
}

function find(world: World, root: ExecutionId, path = ''): ConductorView {
  let view = world.view(root)
  for (const ref of path.split('/').filter(part => part !== '')) {
    const { child } = newest(view, ref).data
    if (child === undefined) throw new Error(`${ref} has no child`)
    view = world.view(child)
  }
  return view
}

function newest(view: ConductorView, ref: string): Task {
  const task = view.newest(ref as Task['key'])
  if (task === undefined) throw new Error(`there is no task ${ref}: ${summary(view)}`)
  return task
}
