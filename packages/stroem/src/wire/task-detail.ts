import type { Json, JsonObject } from '@busbar/kernel'
import {
  type Dictionary,
  type InputField,
  lookUp,
  type RetryPolicy,
  type SchedulerTrigger,
  type Step,
  type TaskDef,
  type Trigger,
  type Workspace,
} from '../definition/types.js'
import { isConnection } from '../connections.js'
import { inputFields } from './action-spec.js'

export interface TaskDetailOptions {
  /** The next moments of a schedule, as RFC 3339; without it `next_runs` is left out. */
  readonly nextRuns?: (trigger: SchedulerTrigger) => readonly string[]
}

/** `GET …/tasks/{name}`; null when the workspace has no such task. */
export function taskDetail(workspace: Workspace, id: string, options: TaskDetailOptions = {}): JsonObject | null {
  const task = lookUp(workspace.tasks, id)
  if (task === null) return null
  const connections = connectionsFor(workspace, task.input)
  return {
    ...heading(id, task),
    input: inputFields(task.input),
    flow: Object.fromEntries(Object.entries(task.flow).map(([name, step]) => [name, flowStep(step)])),
    triggers: triggersOf(workspace, id).map(([name, trigger]) => triggerRow(name, trigger, options)),
    ...(Object.keys(connections).length > 0 ? { connections } : {}),
  }
}

/** A row of `GET /api/tasks` and `GET …/tasks`. */
export function taskRow(workspace: Workspace, id: string, task: TaskDef): JsonObject {
  return { ...heading(id, task), workspace: workspace.name, has_triggers: triggersOf(workspace, id).length > 0 }
}

function heading(id: string, task: TaskDef): JsonObject {
  return {
    id,
    ...(task.name === null ? {} : { name: task.name }),
    ...(task.description === null ? {} : { description: task.description }),
    mode: task.mode,
    ...(task.folder === null ? {} : { folder: task.folder }),
  }
}

function flowStep(step: Step): JsonObject {
  return {
    action: step.action,
    ...(step.name === null ? {} : { name: step.name }),
    ...(step.description === null ? {} : { description: step.description }),
    depends_on: step.dependsOn,
    input: step.input,
    continue_on_failure: step.continueOnFailure,
    sequential: step.sequential,
    ...(step.timeoutSecs === null ? {} : { timeout: step.timeoutSecs }),
    ...(step.when === null ? {} : { when: step.when }),
    ...(step.forEach === null ? {} : { for_each: step.forEach }),
    ...(step.retry === null ? {} : { retry: retryFields(step.retry) }),
  }
}

function retryFields(retry: RetryPolicy): JsonObject {
  return { max_attempts: retry.attemptsMax, delay: retry.delaySecs, backoff: retry.backoff, jitter: retry.jitter }
}

/** For each connection type among the fields: the names one can choose from. */
function connectionsFor(workspace: Workspace, fields: Dictionary<InputField>): Record<string, Json> {
  const types = new Set(
    Object.values(fields)
      .filter(isConnection)
      .map(field => field.type),
  )
  const namesOf = (type: string) => Object.entries(workspace.connections).flatMap(([name, connection]) => (connection.type === type ? [name] : []))
  return Object.fromEntries([...types].map(type => [type, namesOf(type).sort()]))
}

function triggersOf(workspace: Workspace, task: string): [string, Trigger][] {
  return Object.entries(workspace.triggers).filter(([, trigger]) => trigger.task === task)
}

export function triggerRow(name: string, trigger: Trigger, options: TaskDetailOptions): JsonObject {
  const { type, task, enabled, input } = trigger
  if (trigger.type === 'event_source') return { name, type, task, target_task: trigger.targetTask, enabled, input, next_runs: [] }
  if (trigger.type === 'webhook') return { name, type, task, enabled, input, next_runs: [] }
  return {
    name,
    type,
    cron: trigger.cron,
    ...(trigger.timezone === null ? {} : { timezone: trigger.timezone }),
    task,
    enabled,
    input,
    ...(options.nextRuns ? { next_runs: options.nextRuns(trigger) } : {}),
  }
}
