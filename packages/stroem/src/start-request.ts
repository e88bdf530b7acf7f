/** Starting a job: what the edge sends, and what becomes of it. */
import { type Context, type JsonObject, type Parent, type Refusal, refuse, type StartPlan } from '@busbar/kernel'
import { type Hooks, lookUp, type Step, type TaskDef, type Workspace } from './definition/types.js'
import { missingField, withDefaults, withHiddenValues } from './input-fields.js'
import type { TaskSnapshot } from './plan.js'
import { type Definitions, type FindWorkspace, snapshotOf, troubleWith } from './snapshot.js'
import type { Brief, SourceType, StroemTypes } from './types.js'

export interface StartOptions {
  readonly input: JsonObject
  readonly sourceType: SourceType
  readonly sourceId?: string | null
  readonly revision?: string | null
  /** The job that is run again: its hidden values stand in for the masks in `input`. */
  readonly sourceJob?: { readonly id: string; readonly workspace: string; readonly rawInput: JsonObject }
  /** Refuse when a required field without default is missing. Webhooks and triggers send other shapes, so not there. */
  readonly enforceRequired?: boolean
  readonly heartbeatTimeoutMs?: number
  readonly unmatchedTimeoutMs?: number
  /** For actions that are written `<workspace>.<action>`. */
  readonly otherWorkspace?: FindWorkspace
}

/** JSON: it also travels in messages from a parent to its child. */
interface StartRequest {
  readonly snapshot: TaskSnapshot
  readonly workspace: string
  readonly revision: string | null
  readonly input: JsonObject
  readonly sourceType: SourceType
  readonly sourceId: string | null
  readonly sourceJobId: string | null
  readonly depth: number
  readonly heartbeatTimeoutMs: number
  readonly unmatchedTimeoutMs: number
}

export const depthMax = 10
const heartbeatTimeoutMsDefault = 120_000
const unmatchedTimeoutMsDefault = 30_000

export function startRequest(workspace: Workspace, taskName: string, options: StartOptions): JsonObject | Refusal {
  const snapshot = snapshotOf(workspace, taskName, options.otherWorkspace)
  const trouble = troubleWith(snapshot, workspace.name, options.otherWorkspace)
  if (trouble) return trouble
  const { sourceJob } = options
  if (sourceJob && sourceJob.workspace !== workspace.name) return refuse('invalid', 'Source job belongs to a different workspace')
  const fields = lookUp(snapshot.tasks, taskName)?.input ?? {}
  const input = sourceJob ? withHiddenValues(options.input, fields, sourceJob.rawInput) : options.input
  const refusal = options.enforceRequired ? missingField(fields, input) : null
  if (refusal) return refusal
  return toJson({
    snapshot,
    workspace: workspace.name,
    revision: options.revision ?? null,
    input,
    sourceType: options.sourceType,
    sourceId: options.sourceId ?? null,
    sourceJobId: sourceJob?.id ?? null,
    depth: 0,
    heartbeatTimeoutMs: options.heartbeatTimeoutMs ?? heartbeatTimeoutMsDefault,
    unmatchedTimeoutMs: options.unmatchedTimeoutMs ?? unmatchedTimeoutMsDefault,
  })
}

/** Who starts a child, and why: a step, or a hook. */
export interface ChildSource {
  readonly type: 'task' | 'hook'
  readonly id: string
}

/** The request that a step of type `task` or a hook sends: everything comes from the parent's own snapshot. */
export function childRequest(parent: Brief, definitions: Definitions, task: string, input: JsonObject, source: ChildSource): JsonObject {
  return requestOf(parent, snapshotOf(definitions, task), input, source)
}

/** The request of a hook that runs an action: a job of one step. */
export function hookRequest(parent: Brief, definitions: Definitions, action: string, input: JsonObject, source: ChildSource): JsonObject {
  const task = `_hook:${action}`
  const { hooks: _none, ...own } = definitions
  const snapshot = snapshotOf({ ...own, tasks: { ...own.tasks, [task]: hookTask(action) } }, task)
  return requestOf(parent, { ...snapshot, isHook: true }, input, source)
}

function hookTask(action: string): TaskDef {
  const step: Step = {
    ...{ action, name: null, description: null, dependsOn: [], input: {}, continueOnFailure: false },
    ...{ timeoutSecs: null, when: null, forEach: null, sequential: false, retry: null },
  }
  const hooks: Hooks = { onSuccess: [], onError: [], onSuspended: [], onCancel: [] }
  return { name: null, description: null, mode: 'distributed', folder: null, input: {}, flow: { hook: step }, timeoutSecs: null, retry: null, hooks }
}

function requestOf(parent: Brief, snapshot: TaskSnapshot, input: JsonObject, source: ChildSource): JsonObject {
  return toJson({
    snapshot,
    workspace: parent.workspace,
    revision: parent.revision,
    input,
    sourceType: source.type,
    sourceId: source.id,
    sourceJobId: null,
    depth: parent.depth + 1,
    heartbeatTimeoutMs: parent.heartbeatTimeoutMs,
    unmatchedTimeoutMs: parent.unmatchedTimeoutMs,
  })
}

export function planStart(json: JsonObject, parent: Parent | null, context: Context): StartPlan<StroemTypes> {
  const request = fromJson(json)
  if (request === null) return refuse('invalid', 'Expected a start request that startRequest or a parent job made')
  const { task: name, tasks } = request.snapshot
  if (parent !== null && lookUp(tasks, name) === null) return refuse('missing', `Task '${name}' not found in workspace '${request.workspace}'`)
  const trouble = troubleWith(request.snapshot, request.workspace)
  if (trouble) return trouble
  if (request.depth > depthMax) return refuse('invalid', `Task nesting is invalid: more than ${depthMax} jobs above each other`)
  const task = lookUp(request.snapshot.tasks, request.snapshot.task)
  const filled = withDefaults(request.input, task?.input ?? {}, request.workspace, context)
  if ('kind' in filled) return filled
  return {
    kind: 'create',
    label: {
      namespace: request.workspace,
      name: request.snapshot.task,
      version: request.revision ?? '',
      handle: request.sourceId ?? '',
      source: request.sourceType,
    },
    definition: JSON.stringify(request.snapshot),
    brief: {
      workspace: request.workspace,
      revision: request.revision,
      mode: task?.mode ?? 'distributed',
      input: filled.input,
      rawInput: request.snapshot.isHook ? null : request.input,
      secretDefaults: filled.secretDefaults,
      sourceType: request.sourceType,
      sourceId: request.sourceId,
      sourceJobId: request.sourceJobId,
      depth: parent === null ? 0 : request.depth,
      heartbeatTimeoutMs: request.heartbeatTimeoutMs,
      unmatchedTimeoutMs: request.unmatchedTimeoutMs,
    },
    state: { startedAt: null, worker: null, output: null },
  }
}

// ── JSON ──

function toJson(request: StartRequest): JsonObject {
  // Made of JSON only: the definitions are plain JSON by their types.
  return request as unknown as JsonObject
}

/** Requests come from this module only, so the shape is only glanced at. */
function fromJson(json: JsonObject): StartRequest | null {
  const request = json as unknown as StartRequest
  return typeof request.workspace === 'string' && typeof request.snapshot?.task === 'string' && typeof request.input === 'object' ? request : null
}
