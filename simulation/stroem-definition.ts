/** Random tasks of Strøm: a graph of steps, some of which start another task. */
import type { JsonObject } from '@busbar/kernel'
import type { Action, Hooks, Step, TaskDef, Workspace } from '@busbar/stroem'
import type { Random } from './random.js'

export interface StroemDefinition {
  readonly workspace: Workspace
  readonly task: string
}

export const heartbeatTimeoutMs = 60_000
/** Longer than any run: a worker that could run a step comes back sooner or later. */
export const unmatchedTimeoutMs = 1_000_000_000

const stepsMax = 8
const noHooks: Hooks = { onSuccess: [], onError: [], onSuspended: [], onCancel: [] }

export function stroemDefinition(random: Random): StroemDefinition {
  return definitionOf({ root: task(random, random.between(1, stepsMax), true), child: task(random, random.between(1, 3), false) })
}

/** One step that is tried again and again. */
export function patientStep(attemptsMax: number): StroemDefinition {
  const retry = { attemptsMax, delaySecs: 1, backoff: 'fixed', jitter: false } as const
  return definitionOf({ root: taskOf({ work: { ...plainStep, retry } }) })
}

function definitionOf(tasks: Workspace['tasks']): StroemDefinition {
  const actions = { work: script(), nest: nest() }
  const workspace = {
    name: 'lab',
    secrets: {},
    connectionTypes: {},
    connections: {},
    actions,
    tasks,
    triggers: {},
    hooks: noHooks,
    mcpServers: {},
    warnings: [],
  }
  return { workspace, task: 'root' }
}

function task(random: Random, steps: number, mayNest: boolean): TaskDef {
  const flow: Record<string, Step> = {}
  for (let i = 0; i < steps; i++) flow[`s${i}`] = step(random, Object.keys(flow), mayNest)
  return taskOf(flow)
}

function taskOf(flow: Record<string, Step>): TaskDef {
  return { name: null, description: null, mode: 'distributed', folder: null, input: {}, flow, timeoutSecs: null, retry: null, hooks: noHooks }
}

const plainStep: Step = {
  ...{ action: 'work', name: null, description: null, dependsOn: [], input: {}, continueOnFailure: false, timeoutSecs: null },
  ...{ when: null, forEach: null, sequential: false, retry: null },
}

function step(random: Random, before: readonly string[], mayNest: boolean): Step {
  const dependsOn = before.filter(() => random.happens(0.35))
  const forEach = random.happens(0.2) ? Array.from({ length: random.below(4) }, (_, index) => index) : null
  const retry = random.happens(0.3)
    ? {
        attemptsMax: random.between(1, 2),
        delaySecs: random.between(1, 5),
        backoff: random.pick(['fixed', 'exponential'] as const),
        jitter: random.happens(0.5),
      }
    : null
  return {
    action: mayNest && random.happens(0.12) ? 'nest' : 'work',
    name: null,
    description: null,
    dependsOn,
    input: inputOf(dependsOn),
    continueOnFailure: random.happens(0.2),
    timeoutSecs: null,
    when: whenOf(random, dependsOn),
    forEach,
    sequential: random.happens(0.5),
    retry,
  }
}

function inputOf(dependsOn: readonly string[]): JsonObject {
  return { seen: dependsOn.length }
}

/** A literal, or the number that a dependency gave; 0 when it gave none. */
function whenOf(random: Random, dependsOn: readonly string[]): string | null {
  if (!random.happens(0.3)) return null
  if (dependsOn.length === 0 || random.happens(0.3)) return random.pick(['true', 'false', '1', ''])
  return `{{ ${random.pick(dependsOn)}.output.v | default(value=0) }}`
}

const common = { name: null, description: null, input: {}, output: null, retry: null, tags: [] }

function script(): Action {
  const rest = { source: null, runner: 'local', language: null, dependencies: [], interpreter: null, args: [], env: null, manifest: null }
  return { ...common, ...rest, type: 'script', script: 'true' }
}

function nest(): Action {
  return { ...common, type: 'task', task: 'child' }
}
